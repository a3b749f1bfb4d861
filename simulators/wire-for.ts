/** Decides on what wire a bus of the inventory is served, and how fast. */
import type { BusConfig } from '#model/edge-config.ts';
import type { LineConfig, LineWire } from '#simulators/config.ts';
import type { ScenarioLine } from '#simulators/scenario.ts';

/** How often a simulated DTU shows that it lives. */
const HEARTBEAT_MS = 30_000;

/** How long a unit thinks before it answers. */
const TURNAROUND_MS = 5;

function wireOf(bus: BusConfig): LineWire {
  switch (bus.kind) {
    case 'modbus-rtu':
      return { kind: 'pty', edgePath: bus.path, baudRate: bus.baudRate };
    case 'modbus-rtu-tcp':
      return { kind: 'rtu-tcp', host: bus.host, port: bus.port };
    case 'modbus-tcp':
      return { kind: 'modbus-tcp', host: bus.host, port: bus.port };
    case 'modbus-dtu': {
      const { host, port, registration, heartbeat } = bus;
      return { kind: 'dtu', host, port, registration, heartbeat, heartbeatMs: HEARTBEAT_MS };
    }
    default:
      return bus satisfies never;
  }
}

const usualSpeed = { baudRate: 9600, parity: 'none' } as const;
const speedOf = (bus: BusConfig): Pick<Extract<BusConfig, { kind: 'modbus-rtu' }>, 'baudRate' | 'parity'> =>
  bus.kind === 'modbus-rtu' ? bus : usualSpeed;

/** The bus's own wire, or the one that the scenario wants instead, for real boxes on a bench. */
export function wireFor(bus: BusConfig, line: ScenarioLine | undefined): LineWire {
  const own = wireOf(bus);
  if (line === undefined) return own;
  const { baudRate, parity } = speedOf(bus);
  if (line.serial !== null) return { kind: 'serial', simPath: line.serial, baudRate, parity };
  if (line.listen !== null) return { kind: own.kind === 'modbus-tcp' ? 'modbus-tcp' : 'rtu-tcp', ...line.listen };
  if (line.dial !== null && own.kind === 'dtu') return { ...own, ...line.dial };
  return own;
}

/** As on RS-485 at the bus's speed, when the scenario wants it. */
export const paceFor = (bus: BusConfig, line: ScenarioLine | undefined): LineConfig['pace'] =>
  line?.isPaced === true ? { baudRate: speedOf(bus).baudRate, turnaroundMs: TURNAROUND_MS } : null;
