/** Which series a person means by `--sensor`, `--point` and `--grid`. */
import { ORIGINS, type Origin, type SensorId } from '#model/reading.ts';
import { inSubtree, type Registry } from '#model/registry.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { ExportSeries } from './export-form.ts';

export type SeriesWish = {
  readonly sensors: readonly string[];
  readonly points: readonly string[];
  readonly grids: readonly string[];
  readonly origins: readonly string[];
};

export function parseOrigins(raw: readonly string[]): Result<readonly Origin[], string> {
  if (raw.includes('all')) return ok(ORIGINS);
  const unknown = raw.find((one) => !(ORIGINS as readonly string[]).includes(one));
  if (unknown !== undefined) return err(`"${unknown}" is no origin: ${ORIGINS.join(', ')}, or all.`);
  return ok(raw.length === 0 ? ['live'] : (raw as readonly Origin[]));
}

const unknown = (what: string, id: string) =>
  err(`There is no ${what} ${id} in this county: look at the county's files.`);

export function wantedSeries(registry: Registry, wish: SeriesWish): Result<readonly ExportSeries[], string> {
  const origins = parseOrigins(wish.origins);
  if (!origins.ok) return origins;
  for (const id of wish.sensors) if (!registry.sensors.has(id)) return unknown('sensor', id);
  for (const id of wish.points) if (!registry.points.has(id)) return unknown('point', id);
  for (const id of wish.grids) if (!registry.grids.has(id)) return unknown('grid', id);
  const isAll = wish.sensors.length + wish.points.length + wish.grids.length === 0;
  const gridOf = (id: SensorId): string => {
    const sensor = registry.sensors.get(id);
    return sensor === undefined ? '' : (registry.points.get(sensor.pointId)?.gridCode ?? '');
  };
  const chosen = [...registry.sensors.values()].filter(
    ({ id, pointId }) =>
      isAll ||
      wish.sensors.includes(id) ||
      wish.points.includes(pointId) ||
      wish.grids.some((grid) => gridOf(id) !== '' && inSubtree(registry, gridOf(id), grid)),
  );
  const series = chosen
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap(({ id, quantity, pointId }) =>
      origins.value.map((origin) => ({
        ...{ sensorId: id, origin, quantity, pointId },
        pointName: registry.points.get(pointId)?.name.zh ?? '',
        gridCode: gridOf(id),
      })),
    );
  return ok(series);
}
