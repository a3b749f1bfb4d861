/**
 * The place in which a scenario plays: the county's points with those edges whose sensors it moves, or points of its own
 * with one virtual station for each sensor. Both are inventories with buses and units, so that both can go on wires.
 */
import type { DeviceProfile } from '#model/device-profile.ts';
import type { BusConfig } from '#model/edge-config.ts';
import { isQuantityCode } from '#model/quantity.ts';
import type { EdgeUnit, Registry, Sensor } from '#model/registry.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import type { RuleText } from '#rules/compile.ts';
import { readSource } from '#rules/source.ts';
import { placeOfTests } from '#rules/test/place.ts';
import type { TestSensor } from '#rules/test/schema.ts';
import type { Scenario } from '#simulators/scenario.ts';
import { stationProfile, stationUnit } from '#simulators/station.ts';
import type { Story } from './story.ts';

export type Profiles = ReadonlyMap<string, DeviceProfile>;
export type County = { readonly registry: Registry; readonly profiles: Profiles };
export type Place = County;

/** A unit id is at most 247. */
const MAX_STATIONS = 247;
/** A sensor that misses so many polls is stale: its silence is no matter of the scenario. */
const STALE_POLLS = 10;

export const problem = (file: string, message: string, mend: string): Lint => ({
  ...{ file, line: 0, column: 0, path: '', kind: 'scenario', severity: 'error', message, mend },
});

const staleAfter = (sensor: Sensor, pollMs: number): number => Math.max(sensor.staleAfterMs, pollMs * STALE_POLLS);

const asSimulated = (edge: EdgeUnit, buses: readonly BusConfig[]): EdgeUnit => ({
  ...edge,
  ...{ buses, origin: 'simulated', links: [], outputs: [], mutes: [] },
});

function countyPlace(file: string, scenario: Scenario, county: County): Result<Place, readonly Lint[]> {
  const { registry, profiles } = county;
  const moved = new Set<string>();
  for (const edge of registry.edges.values()) {
    const sensorIds = new Set(
      edge.buses.flatMap(({ units }) => units.flatMap(({ sensors }) => sensors.map((one) => one.sensorId))),
    );
    const busIds = new Set(edge.buses.map(({ id }) => id));
    if ([...scenario.sensors.keys()].some((id) => sensorIds.has(id))) moved.add(edge.id);
    if (scenario.registers.some(({ busId }) => busIds.has(busId))) moved.add(edge.id);
  }
  if (moved.size === 0)
    return err([
      problem(
        file,
        'no sensor of the scenario is on a bus of this county',
        'use the sensor ids of points.yaml, or declare points',
      ),
    ]);
  const edges = [...registry.edges.values()].filter(({ id }) => moved.has(id));
  const { pollMs } = scenario.story;
  const sensors = [...registry.sensors.values()]
    .filter(({ edgeId }) => moved.has(edgeId))
    .map((sensor) => ({ ...sensor, staleAfterMs: staleAfter(sensor, pollMs) }));
  return ok({
    profiles,
    registry: {
      ...registry,
      edges: new Map(edges.map((edge) => [edge.id, asSimulated(edge, edge.buses)])),
      sensors: new Map(sensors.map((sensor) => [sensor.id, sensor])),
    },
  });
}

function stationsOf(story: Story): readonly TestSensor[] {
  return story.sensors.flatMap(({ sensorId, quantity, point, zone }): readonly TestSensor[] =>
    quantity === undefined || point === undefined || !isQuantityCode(quantity)
      ? []
      : [
          {
            id: sensorId,
            quantity,
            point,
            staleAfter: story.pollMs * STALE_POLLS,
            ...(zone === undefined ? {} : { zone }),
          },
        ],
  );
}

/** One bus for each edge of the place; every sensor is a unit of its own. */
function stationBus(edge: EdgeUnit, sensors: readonly Sensor[], pollMs: number): BusConfig {
  const units = sensors.map((sensor, index) => stationUnit(index + 1, sensor.id, sensor.quantity));
  return { id: `stations-${edge.id}`, kind: 'modbus-tcp', host: '127.0.0.1', port: 0, pollMs, units };
}

function ownPlace(
  file: string,
  { story }: Scenario,
  rules: readonly RuleText[],
  zone: string,
): Result<Place, readonly Lint[]> {
  if (story.sensors.length > MAX_STATIONS)
    return err([problem(file, `${story.sensors.length} sensors are too many for one bus`, `at most ${MAX_STATIONS}`)]);
  const contents = rules.flatMap((one) => readSource(one.file, one.text, []).content ?? []);
  const { start, pollMs, points } = story;
  const declared = {
    rules: [],
    zone,
    start,
    interval: pollMs,
    evaluationInterval: pollMs,
    points: [...points],
    tests: [],
  };
  const registry = placeOfTests({ ...declared, sensors: [...stationsOf(story)] }, contents, undefined);
  const own = new Set(story.sensors.map(({ sensorId }) => sensorId));
  const edges = [...registry.edges.values()].map((edge) => {
    const sensors = [...registry.sensors.values()].filter(({ id, edgeId }) => edgeId === edge.id && own.has(id));
    return asSimulated(edge, sensors.length === 0 ? [] : [stationBus(edge, sensors, pollMs)]);
  });
  const used = [...registry.sensors.values()]
    .filter(({ id }) => own.has(id))
    .map(({ quantity }) => stationProfile(quantity));
  return ok({
    profiles: new Map(used.map((profile) => [profile.id, profile])),
    registry: {
      ...registry,
      edges: new Map(edges.map((edge) => [edge.id, edge])),
      // Sensors that rules name and nobody plays would only be silent.
      sensors: new Map([...registry.sensors].filter(([id]) => own.has(id))),
    },
  });
}

const DEFAULT_ZONE = 'Asia/Shanghai';

/** A scenario with points of its own needs no county; another one needs the county whose sensors it moves. */
export function placeOfScenario(
  file: string,
  scenario: Scenario,
  rules: readonly RuleText[],
  county: County | undefined,
): Result<Place, readonly Lint[]> {
  if (scenario.story.points.length > 0)
    return ownPlace(file, scenario, rules, county?.registry.county.zone ?? DEFAULT_ZONE);
  return county === undefined
    ? err([
        problem(file, 'the scenario declares no points, and there is no county', 'name a county, or declare points'),
      ])
    : countyPlace(file, scenario, county);
}
