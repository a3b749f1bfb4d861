/** What a simulator process serves: plain JSON, made by `planSimulation` from the inventory that the edges read. */
import type { DeviceProfile } from '#model/device-profile.ts';
import type { Service } from '#model/ports.ts';
import type { Behaviour } from '#simulators/behaviour.ts';
import type { Fault, TimedFault } from '#simulators/fault.ts';
import type { StationLink } from '#simulators/stations/config.ts';

export type SimulatedRegister = {
  /** Key of the register in the profile. */
  readonly register: string;
  readonly behaviour: Behaviour;
};

export type SimulatedUnit = { readonly unitId: number } & (
  | { readonly kind: 'profile'; readonly profile: DeviceProfile; readonly registers: readonly SimulatedRegister[] }
  /** Every register holds unit × 1000 + address. */
  | { readonly kind: 'echo' }
);

export type LineWire =
  /** A pseudo-terminal that appears at `edgePath`; RTU over TCP on loopback where the machine cannot make one. */
  | { readonly kind: 'pty'; readonly edgePath: string; readonly baudRate: number }
  /** A port that exists, e.g. a USB adapter: units simulated for a real edge box. */
  | {
      readonly kind: 'serial';
      readonly simPath: string;
      readonly baudRate: number;
      readonly parity: 'none' | 'even' | 'odd';
    }
  /** Port 0: any free one, the same again after a restart when it is still free. */
  | { readonly kind: 'rtu-tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'modbus-tcp'; readonly host: string; readonly port: number }
  /** A 4G DTU that dials in to the edge at `host:port`; `registration` and `heartbeat` in hexadecimal. */
  | {
      readonly kind: 'dtu';
      readonly host: string;
      readonly port: number;
      readonly registration: string;
      readonly heartbeat: string | null;
      readonly heartbeatMs: number;
    };

export type LineConfig = LineWire & {
  /** The bus id of the inventory; names the served log. */
  readonly id: string;
  readonly units: readonly SimulatedUnit[];
  readonly faults: readonly TimedFault[];
  /** Answers take the time that they would take on a line of this speed, plus the turnaround; null: at once. */
  readonly pace: { readonly baudRate: number; readonly turnaroundMs: number } | null;
};

export type SimulatorConfig = {
  /** Folder for the state file and the served logs. */
  readonly dataDir: string;
  readonly seed: number;
  /** The scenario begins by itself after this time; null: when it is told to. */
  readonly startAfterMs: number | null;
  readonly lines: readonly LineConfig[];
  /** Stations that report by themselves, by the edges' links. */
  readonly links?: readonly StationLink[];
};

/** How an edge reaches a line: these fields of its bus configuration. */
export type LineAddress =
  | { readonly id: string; readonly kind: 'modbus-rtu'; readonly path: string }
  | {
      readonly id: string;
      /** `modbus-dtu`: where the DTU dials, that is where the edge listens. */
      readonly kind: 'modbus-rtu-tcp' | 'modbus-tcp' | 'modbus-dtu';
      readonly host: string;
      readonly port: number;
    };

export type SimulatorService = Service & {
  readonly lines: readonly LineAddress[];
  /** Begins the scenario; one that has begun goes on, unless it is asked to begin again. */
  readonly begin: (how?: { readonly again: boolean }) => void;
  /** Chain time of the begin; null before it. */
  readonly beganAtMs: () => number | null;
  /** In force at once and instead of what the scenario has for this unit (null: for the line); null gives it back. */
  readonly setFault: (lineId: string, unitId: number | null, fault: Fault | null) => void;
  /** Adds a fault to those of the scenario; its times count from now. */
  readonly addFault: (lineId: string, fault: TimedFault) => void;
  /** Ends what was added and what replaces, for one unit or (null) for the line and all its units. */
  readonly heal: (lineId: string, unitId: number | null) => void;
  /** A register shows this for so long; a button is pressed by 1. */
  readonly force: (at: RegisterPlace, value: number, forMs: number | null) => void;
};

export type RegisterPlace = { readonly lineId: string; readonly unitId: number; readonly register: string };

/** Where the served values of a line are written, within the simulator's data folder. */
export const servedLogName = (lineId: string): string => `served-${lineId}.jsonl`;
