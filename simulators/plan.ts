/** Makes the simulator's side of the inventory that the edges read: the same buses, units and profiles, seen from the wire's other end. */
import type { DeviceProfile, RegisterSpec } from '#model/device-profile.ts';
import type { BusConfig, UnitConfig } from '#model/edge-config.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { EdgeUnit } from '#model/registry.ts';
import type { Lint } from '#model/result.ts';
import type { Behaviour } from '#simulators/behaviour.ts';
import type { LineConfig, LineWire, SimulatedUnit, SimulatorConfig } from '#simulators/config.ts';
import type { TimedFault } from '#simulators/fault.ts';
import type { Scenario } from '#simulators/scenario.ts';

type Buses = Pick<EdgeUnit, 'id' | 'buses'>;
export type PlanOptions = {
  /** Folder for the simulator's state and served logs. */
  readonly dataDir?: string;
  /** The bus as the edge will see it, e.g. with its path token resolved. */
  readonly resolveBus?: (bus: BusConfig, edgeId: string) => BusConfig;
};

/** A quiet day, for registers that the scenario says nothing about; what is not listed rests at 0. */
const QUIET: { readonly [quantity in QuantityCode]?: Behaviour } = {
  rain: { kind: 'tipping', perTip: 0.2, intensity: [{ atMs: 0, perHour: 0 }] },
  displacement: { kind: 'constant', value: 2, noise: 0.05 },
  level: { kind: 'constant', value: 10, noise: 0.002 },
  tilt: { kind: 'constant', value: 0, noise: 0.01 },
  smoke: { kind: 'constant', value: 0, noise: 0 },
  smokeDensity: { kind: 'constant', value: 0.02, noise: 0.005 },
  temperature: { kind: 'constant', value: 20, noise: 0.2 },
  battery: { kind: 'constant', value: 100, noise: 0 },
  fault: { kind: 'constant', value: 0, noise: 0 },
  flow: { kind: 'constant', value: 1, noise: 0.01 },
  distance: { kind: 'constant', value: 5, noise: 0.002 },
  pressure: { kind: 'constant', value: 50, noise: 0.1 },
  soilMoisture: { kind: 'constant', value: 20, noise: 0.2 },
  voltage: { kind: 'constant', value: 12.6, noise: 0.02 },
};
const AT_REST: Behaviour = { kind: 'constant', value: 0, noise: 0 };

function wireOf(bus: BusConfig): LineWire {
  switch (bus.kind) {
    case 'modbus-rtu':
      return { kind: 'pty', edgePath: bus.path, baudRate: bus.baudRate };
    case 'modbus-rtu-tcp':
      return { kind: 'rtu-tcp', host: bus.host, port: bus.port };
    case 'modbus-tcp':
      return { kind: 'modbus-tcp', host: bus.host, port: bus.port };
    default:
      return bus satisfies never;
  }
}

function behaviourOf(unit: UnitConfig, spec: RegisterSpec, scenario: Scenario): Behaviour {
  const sensorId = unit.sensors.find((sensor) => sensor.register === spec.key)?.sensorId;
  const own = sensorId === undefined ? undefined : scenario.sensors.get(sensorId);
  return own ?? QUIET[spec.quantity] ?? AT_REST;
}

/** Undefined when the profile is not known; `scenarioLints` names such units. */
function unitOf(
  unit: UnitConfig,
  profiles: ReadonlyMap<string, DeviceProfile>,
  scenario: Scenario,
): SimulatedUnit | undefined {
  const profile = profiles.get(unit.profile);
  if (profile === undefined) return undefined;
  const registers = profile.registers.map((spec) => ({
    register: spec.key,
    behaviour: behaviourOf(unit, spec, scenario),
  }));
  return { unitId: unit.unitId, kind: 'profile', profile, registers };
}

function faultsOf(bus: BusConfig, scenario: Scenario): readonly TimedFault[] {
  return scenario.faults.flatMap(({ sensorId, fault, fromMs, toMs }) =>
    bus.units
      .filter((unit) => unit.sensors.some((sensor) => sensor.sensorId === sensorId))
      .map(({ unitId }) => ({ unitId, fault, fromMs, toMs })),
  );
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
    edge.buses.map(
      (bus): LineConfig => ({
        ...wireOf(resolve(bus, edge.id)),
        id: lineIdOf(edges, edge.id, bus.id),
        units: bus.units.flatMap((unit) => unitOf(unit, profiles, scenario) ?? []),
        faults: faultsOf(bus, scenario),
        pace: null,
      }),
    ),
  );
  return { dataDir: options.dataDir ?? '.', seed: scenario.seed, startAfterMs: scenario.startAfterMs, lines };
}

/** What of a scenario does not fit the inventory: sensors and profiles that nobody has. */
export function scenarioLints(
  file: string,
  edges: readonly Buses[],
  profiles: ReadonlyMap<string, DeviceProfile>,
  scenario: Scenario,
): readonly Lint[] {
  const units = edges.flatMap((edge) => edge.buses.flatMap((bus) => bus.units));
  const known = new Set(units.flatMap((unit) => unit.sensors.map((sensor) => sensor.sensorId)));
  const named = [...scenario.sensors.keys(), ...scenario.faults.map((fault) => fault.sensorId)];
  const place = { file, line: 0, column: 0, severity: 'error' } as const;
  const strangers = [...new Set(named)].filter((sensorId) => !known.has(sensorId));
  const missing = [...new Set(units.map((unit) => unit.profile))].filter((id) => !profiles.has(id));
  return [
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
