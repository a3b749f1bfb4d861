/** Makes the simulator's side of the inventory that the edges read: the same buses, units and profiles, seen from the wire's other end. */
import type { DeviceProfile, RegisterSpec } from '#model/device-profile.ts';
import type { BusConfig, LinkConfig, UnitConfig } from '#model/edge-config.ts';
import type { EdgeUnit } from '#model/registry.ts';
import type { Lint } from '#model/result.ts';
import type { Behaviour } from '#simulators/behaviour.ts';
import type { LineConfig, SimulatedUnit, SimulatorConfig } from '#simulators/config.ts';
import { isValueFault, type TimedFault } from '#simulators/fault.ts';
import { quietOf } from '#simulators/quiet.ts';
import type { Scenario } from '#simulators/scenario.ts';
import { planLink } from '#simulators/stations/plan.ts';
import { paceFor, wireFor } from '#simulators/wire-for.ts';

type Buses = Pick<EdgeUnit, 'id' | 'buses'> & Partial<Pick<EdgeUnit, 'links'>>;
export type PlanOptions = {
  /** Folder for the simulator's state and served logs. */
  readonly dataDir?: string;
  /** The bus as the edge will see it, e.g. with its path token resolved. */
  readonly resolveBus?: (bus: BusConfig, edgeId: string) => BusConfig;
  /** The same for a link on which stations report. */
  readonly resolveLink?: (link: LinkConfig, edgeId: string) => LinkConfig;
};

function behaviourOf(busId: string, unit: UnitConfig, spec: RegisterSpec, scenario: Scenario): Behaviour {
  const placed = scenario.registers.find(
    (entry) => entry.busId === busId && entry.unitId === unit.unitId && entry.register === spec.key,
  );
  if (placed !== undefined) return placed.behaviour;
  const sensorId = unit.sensors.find((sensor) => sensor.register === spec.key)?.sensorId;
  const own = sensorId === undefined ? undefined : scenario.sensors.get(sensorId);
  return own ?? quietOf(spec);
}

/** Undefined when the profile is not known; `scenarioLints` names such units. */
function unitOf(
  busId: string,
  unit: UnitConfig,
  profiles: ReadonlyMap<string, DeviceProfile>,
  scenario: Scenario,
): SimulatedUnit | undefined {
  const profile = profiles.get(unit.profile);
  if (profile === undefined) return undefined;
  const registers = profile.registers.map((spec) => ({
    register: spec.key,
    behaviour: behaviourOf(busId, unit, spec, scenario),
  }));
  return { unitId: unit.unitId, kind: 'profile', profile, registers };
}

/** A sensor's fault of values strikes its register; any other one strikes its unit whole. */
function faultsOf(bus: BusConfig, lineId: string, scenario: Scenario): readonly TimedFault[] {
  return scenario.faults.flatMap(({ target, timed }): readonly TimedFault[] => {
    if (target.kind === 'bus') return target.busId === bus.id || target.busId === lineId ? [timed] : [];
    return bus.units.flatMap((unit) => {
      const register = unit.sensors.find((sensor) => sensor.sensorId === target.sensorId)?.register;
      if (register === undefined) return [];
      return [{ ...timed, unitId: unit.unitId, register: isValueFault(timed.fault) ? register : null }];
    });
  });
}

/** A line bears its bus's id; where two edges use the same id, the edge's id goes before it. */
export function lineIdOf(edges: readonly Buses[], edgeId: string, busId: string): string {
  const same = edges.flatMap((edge) => edge.buses).filter((bus) => bus.id === busId).length;
  return same > 1 ? `${edgeId}-${busId}` : busId;
}

export function planSimulation(
  edges: readonly Buses[],
  profiles: ReadonlyMap<string, DeviceProfile>,
  scenario: Scenario,
  options: PlanOptions = {},
): SimulatorConfig {
  const resolve = options.resolveBus ?? ((bus: BusConfig) => bus);
  const lines = edges.flatMap((edge) =>
    edge.buses.map((bus): LineConfig => {
      const id = lineIdOf(edges, edge.id, bus.id);
      const line = scenario.lines.find(({ busId }) => busId === bus.id || busId === id);
      return {
        ...wireFor(resolve(bus, edge.id), line),
        id,
        units: bus.units.flatMap((unit) => unitOf(bus.id, unit, profiles, scenario) ?? []),
        faults: faultsOf(bus, id, scenario),
        pace: paceFor(bus, line),
      };
    }),
  );
  const resolveLink = options.resolveLink ?? ((link: LinkConfig) => link);
  const links = edges.flatMap((edge) =>
    (edge.links ?? []).flatMap((link) => planLink(resolveLink(link, edge.id), scenario) ?? []),
  );
  const { seed, startAfterMs } = scenario;
  return { dataDir: options.dataDir ?? '.', seed, startAfterMs, lines, links };
}

/** Buses, units and registers that a scenario names and nobody has. */
function placeObjections(
  edges: readonly Buses[],
  profiles: ReadonlyMap<string, DeviceProfile>,
  scenario: Scenario,
): readonly { readonly path: string; readonly message: string }[] {
  const object = (path: string, busId: string, unitId: number | null, register: string | null) => {
    const buses = edges.flatMap((edge) =>
      edge.buses.filter((bus) => bus.id === busId || lineIdOf(edges, edge.id, bus.id) === busId),
    );
    const link = edges.flatMap((edge) => edge.links ?? []).find(({ id }) => id === busId);
    if (link !== undefined && (unitId === null || unitId <= link.stations.length)) return [];
    if (buses.length === 0) return [{ path, message: `no edge has a bus ${busId}` }];
    if (unitId === null) return [];
    const units = buses.flatMap((bus) => bus.units.filter((unit) => unit.unitId === unitId));
    if (units.length === 0) return [{ path, message: `bus ${busId} has no unit ${unitId}` }];
    const isKnown = units.some((unit) => profiles.get(unit.profile)?.registers.some(({ key }) => key === register));
    return register === null || isKnown ? [] : [{ path, message: `unit ${unitId} of ${busId} has no ${register}` }];
  };
  return [
    ...scenario.registers.flatMap(({ busId, unitId, register }) => object('sensors', busId, unitId, register)),
    ...scenario.lines.flatMap(({ busId }) => object('lines', busId, null, null)),
    ...scenario.faults.flatMap(({ target, timed }) =>
      target.kind === 'bus' ? object('faults', target.busId, target.unitId, timed.register) : [],
    ),
  ];
}

/** What of a scenario does not fit the inventory: sensors and profiles that nobody has. */
export function scenarioLints(
  file: string,
  edges: readonly Buses[],
  profiles: ReadonlyMap<string, DeviceProfile>,
  scenario: Scenario,
): readonly Lint[] {
  const units = edges.flatMap((edge) => edge.buses.flatMap((bus) => bus.units));
  const stations = edges.flatMap((edge) => (edge.links ?? []).flatMap((link) => link.stations));
  const known = new Set([...units, ...stations].flatMap(({ sensors }) => sensors.map(({ sensorId }) => sensorId)));
  const named = [
    ...scenario.sensors.keys(),
    ...scenario.faults.flatMap(({ target }) => (target.kind === 'sensor' ? [target.sensorId] : [])),
  ];
  const place = { file, line: 0, column: 0, severity: 'error' } as const;
  const strangers = [...new Set(named)].filter((sensorId) => !known.has(sensorId));
  const missing = [...new Set(units.map((unit) => unit.profile))].filter((id) => !profiles.has(id));
  return [
    ...placeObjections(edges, profiles, scenario).map(
      ({ path, message }): Lint => ({ ...place, path, kind: 'unknown-place', message, mend: 'see edges.yaml' }),
    ),
    ...strangers.map(
      (sensorId): Lint => ({
        ...place,
        path: `sensors.${sensorId}`,
        kind: 'unknown-sensor',
        message: `no edge has a sensor ${sensorId}`,
        mend: 'use the sensor ids of edges.yaml',
      }),
    ),
    ...missing.map(
      (id): Lint => ({
        ...place,
        path: `profiles.${id}`,
        kind: 'unknown-profile',
        message: `no device profile ${id}`,
        mend: 'add its file under devices/',
      }),
    ),
  ];
}
