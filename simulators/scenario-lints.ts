/** What of a scenario does not fit the inventory: sensors, buses, units, registers and profiles that nobody has. */
import type { DeviceProfile } from '#model/device-profile.ts';
import type { Lint } from '#model/result.ts';
import { type Buses, lineIdOf } from '#simulators/plan.ts';
import type { Scenario } from '#simulators/scenario.ts';
import { stationLints } from '#simulators/stations/plan.ts';

type Objection = { readonly path: string; readonly message: string; readonly mend: string };
type Profiles = ReadonlyMap<string, DeviceProfile>;
type Place = { readonly busId: string; readonly unitId: number | null; readonly register: string | null };

/** Undefined when somebody has it. */
function objectionTo(
  { busId, unitId, register }: Place,
  edges: readonly Buses[],
  profiles: Profiles,
): string | undefined {
  const link = edges.flatMap((edge) => edge.links ?? []).find(({ id }) => id === busId);
  if (link !== undefined)
    return unitId === null || unitId <= link.stations.length ? undefined : `link ${busId} has no station ${unitId}`;
  const buses = edges.flatMap((edge) =>
    edge.buses.filter((bus) => bus.id === busId || lineIdOf(edges, edge.id, bus.id) === busId),
  );
  if (buses.length === 0) return `no edge has a bus ${busId}`;
  if (unitId === null) return undefined;
  const units = buses.flatMap((bus) => bus.units.filter((unit) => unit.unitId === unitId));
  if (units.length === 0) return `bus ${busId} has no unit ${unitId}`;
  const isKnown = units.some((unit) => profiles.get(unit.profile)?.registers.some(({ key }) => key === register));
  return register === null || isKnown ? undefined : `unit ${unitId} of ${busId} has no register ${register}`;
}

function placeObjections(edges: readonly Buses[], profiles: Profiles, scenario: Scenario): readonly Objection[] {
  const object = (path: string, place: Place): readonly Objection[] => {
    const message = objectionTo(place, edges, profiles);
    return message === undefined ? [] : [{ path, message, mend: 'use the ids of edges.yaml and of its profiles' }];
  };
  return [
    ...scenario.registers.flatMap(({ busId, unitId, register }) =>
      object(`sensors.${busId}/${unitId}/${register}`, { busId, unitId, register }),
    ),
    ...scenario.lines.flatMap(({ busId }, index) => object(`lines[${index}]`, { busId, unitId: null, register: null })),
    ...scenario.faults.flatMap(({ target, timed }, index) => {
      if (target.kind === 'sensor') return [];
      const { busId, unitId } = target;
      return object(`faults[${index}]`, { busId, unitId, register: timed.register });
    }),
  ];
}

function sensorObjections(edges: readonly Buses[], scenario: Scenario): readonly Objection[] {
  const units = edges.flatMap((edge) => edge.buses.flatMap((bus) => bus.units));
  const stations = edges.flatMap((edge) => (edge.links ?? []).flatMap((link) => link.stations));
  const known = new Set([...units, ...stations].flatMap(({ sensors }) => sensors.map(({ sensorId }) => sensorId)));
  const named: readonly (readonly [path: string, sensorId: string])[] = [
    ...[...scenario.sensors.keys()].map((sensorId) => [`sensors.${sensorId}`, sensorId] as const),
    ...scenario.faults.flatMap(({ target }, index) =>
      target.kind === 'sensor' ? [[`faults[${index}]`, target.sensorId] as const] : [],
    ),
  ];
  return named
    .filter(([, sensorId]) => !known.has(sensorId))
    .map(([path, sensorId]) => ({
      path,
      message: `no edge has a sensor ${sensorId}`,
      mend: 'use the sensor ids of points.yaml',
    }));
}

/** All findings, each at its place in the file; `edges` are those that are simulated. */
export function scenarioLints(
  file: string,
  edges: readonly Buses[],
  profiles: Profiles,
  scenario: Scenario,
): readonly Lint[] {
  const units = edges.flatMap((edge) => edge.buses.flatMap((bus) => bus.units));
  const missing = [...new Set(units.map((unit) => unit.profile))].filter((id) => !profiles.has(id));
  const objections: readonly Objection[] = [
    ...sensorObjections(edges, scenario),
    ...placeObjections(edges, profiles, scenario),
    ...missing.map((id) => ({
      path: `profiles.${id}`,
      message: `no device profile ${id}`,
      mend: 'add its file under devices/',
    })),
  ];
  const findings = objections.map(({ path, message, mend }): Lint => {
    const { line, column } = scenario.places.get(path) ?? { line: 0, column: 0 };
    return { file, line, column, path, kind: 'scenario', message, mend, severity: 'error' };
  });
  return [
    ...findings,
    ...stationLints(
      file,
      edges.flatMap((edge) => edge.links ?? []),
    ),
  ];
}
