/**
 * Makes a county of a recording: each sensor at a point of its own, or where the inventory or the given county has it,
 * all judged in one partition. What rules name and the recording does not have is there by name only, so that a rule
 * for another place is one that does not apply and no mistake.
 */
import { QUANTITIES } from '#model/quantity.ts';
import type { Origin } from '#model/reading.ts';
import type { EdgeUnit, Grid, HazardPoint, Registry, Sensor } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { MINUTE_MS } from '#model/time.ts';
import type { Names } from './names.ts';
import type { RecordedSensor, Recording, RecordingSeries } from './recording.ts';

const TOWNSHIP = 'recorded';
const COUNTY = '000000';
const same = (name: string): Text => ({ zh: name, en: name });

/** Median distance of the stamps, looked at where the recording begins. */
export function stepOf({ sensor, columns }: RecordingSeries): number {
  if (sensor.stepMs !== undefined) return sensor.stepMs;
  const steps: number[] = [];
  for (let i = 1; i < columns.count && steps.length < 1_001; i++) {
    const step = (columns.atMs[i] as number) - (columns.atMs[i - 1] as number);
    if (step > 0) steps.push(step);
  }
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? MINUTE_MS;
}

/**
 * An amount that a row of a recording does not tell is lost, where a live counter would tell it with the next poll:
 * so an increment's window has a hole after one missing row. A gauge may leave out two.
 */
export function staleAfterOf(series: RecordingSeries): number {
  if (series.sensor.staleAfterMs !== undefined) return series.sensor.staleAfterMs;
  const stepMs = stepOf(series);
  if (QUANTITIES[series.sensor.quantity].kind === 'increment') return Math.round(stepMs * 1.5);
  return Math.max(stepMs * 3, MINUTE_MS);
}

const edgeOf = (id: string, origin: Origin): EdgeUnit => ({
  ...{ id, township: TOWNSHIP, origin, name: same(id) },
  ...{ buses: [], links: [], outputs: [], mutes: [] },
});

/** Sensors whose rows begin at one instant came on one line: a station that began later was not silent before. */
const edgeIdOf = ({ columns }: RecordingSeries): string =>
  columns.count === 0 ? 'never' : `from-${columns.atMs[0] as number}`;

function pointOf(sensor: RecordedSensor, kind: HazardPoint['kind'], gridCode: string): HazardPoint {
  const id = sensor.pointId ?? sensor.sensorId;
  return {
    ...{ id, name: same(id), kind: sensor.kind ?? kind, riskGrade: 'general' },
    ...{ lon: sensor.lon ?? 0, lat: sensor.lat ?? 0, gridCode, households: [] },
  };
}

function phantomGrid(code: string): Grid {
  return { code, tier: 4, kind: 'group', name: same(code), parent: null, boundary: [] };
}

type Parts = {
  readonly points: Map<string, HazardPoint>;
  readonly sensors: Map<string, Sensor>;
  readonly edges: Map<string, EdgeUnit>;
};

function addSeries(
  parts: Parts,
  series: RecordingSeries,
  kind: HazardPoint['kind'],
  { county, origin }: { readonly county: Registry | undefined; readonly origin: Origin },
): void {
  const { sensor } = series;
  const known = county?.sensors.get(sensor.sensorId);
  const pointId = sensor.pointId ?? known?.pointId ?? sensor.sensorId;
  const point = county?.points.get(pointId) ?? parts.points.get(pointId);
  parts.points.set(pointId, point ?? pointOf({ ...sensor, pointId }, kind, county?.county.code ?? COUNTY));
  const edgeId = edgeIdOf(series);
  parts.edges.set(edgeId, edgeOf(edgeId, origin));
  parts.sensors.set(sensor.sensorId, {
    ...(known ?? { name: same(sensor.sensorId) }),
    ...{ id: sensor.sensorId, pointId, edgeId, quantity: sensor.quantity },
    staleAfterMs: staleAfterOf(series),
    ...(sensor.zone === undefined ? {} : { zone: sensor.zone }),
  });
}

/** `kind`: what points are whose kind nobody said. */
export function countyOf(
  recording: Recording,
  kind: HazardPoint['kind'],
  names: Names,
  given: { readonly county?: Registry; readonly zone?: string },
): Registry {
  const { county } = given;
  const parts: Parts = { points: new Map(), sensors: new Map(), edges: new Map() };
  const { origin = 'replay' } = recording;
  for (const series of recording.series) addSeries(parts, series, kind, { county, origin });
  for (const id of names.points)
    if (!parts.points.has(id)) {
      const phantom = county?.points.get(id) ?? pointOf({ sensorId: id, quantity: 'fault' }, kind, COUNTY);
      parts.points.set(id, phantom);
    }
  for (const id of names.sensors)
    if (!parts.sensors.has(id))
      parts.sensors.set(id, {
        ...{ id, pointId: `${id}?`, edgeId: '?', quantity: 'fault', name: same(id), staleAfterMs: MINUTE_MS },
      });
  const grids = new Map(county?.grids ?? []);
  for (const code of names.grids) if (!grids.has(code)) grids.set(code, phantomGrid(code));
  return {
    version: county?.version ?? 'recording',
    county: { code: COUNTY, name: same('recording'), ...county?.county, zone: given.zone ?? recording.zone },
    ...{ grids, people: new Map(), duty: [], channels: [], ...parts },
  };
}

/** Names that rules use and neither the recording nor the county has. */
export function missingNames(recording: Recording, names: Names, county: Registry | undefined): Names {
  const sensors = new Set(recording.series.map(({ sensor }) => sensor.sensorId));
  const points = new Set(
    recording.series.map(
      ({ sensor }) => sensor.pointId ?? county?.sensors.get(sensor.sensorId)?.pointId ?? sensor.sensorId,
    ),
  );
  return {
    points: names.points.filter((id) => !points.has(id)),
    sensors: names.sensors.filter((id) => !sensors.has(id)),
    grids: names.grids.filter((code) => county?.grids.has(code) !== true),
    kinds: names.kinds,
    rules: names.rules,
  };
}
