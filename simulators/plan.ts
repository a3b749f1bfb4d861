/** Makes the simulator's side of the inventory that the edges read: the same buses, units and profiles, seen from the wire's other end. */
import type { DeviceProfile, RegisterSpec } from '#model/device-profile.ts';
import type { BusConfig, LinkConfig, UnitConfig } from '#model/edge-config.ts';
import type { EdgeUnit } from '#model/registry.ts';
import type { Behaviour } from '#simulators/behaviour.ts';
import type { LineConfig, SimulatedUnit, SimulatorConfig } from '#simulators/config.ts';
import { isValueFault, type TimedFault } from '#simulators/fault.ts';
import { quietOf } from '#simulators/quiet.ts';
import type { Scenario } from '#simulators/scenario.ts';
import { planLink } from '#simulators/stations/plan.ts';
import { paceFor, wireFor } from '#simulators/wire-for.ts';

export type Buses = Pick<EdgeUnit, 'id' | 'buses'> & Partial<Pick<EdgeUnit, 'links'>>;
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
