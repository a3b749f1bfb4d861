/** What the centre compiles for one edge: self-contained JSON, so that an edge needs neither YAML nor the county's files. */
import type { DeviceProfile } from '#model/device-profile.ts';
import type { Level } from '#model/level.ts';
import type { SensorId } from '#model/reading.ts';
import type { PointId } from '#model/registry.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';

export type Parity = 'none' | 'even' | 'odd';

/** A line whose units are asked, one after another. */
export type BusConfig = { readonly id: string; readonly pollMs: number; readonly units: readonly UnitConfig[] } & (
  | {
      readonly kind: 'modbus-rtu';
      readonly path: string;
      readonly baudRate: number;
      readonly parity: Parity;
    }
  /** RTU frames inside a TCP stream, as serial servers do; also where the machine has no pseudo-terminals. */
  | { readonly kind: 'modbus-rtu-tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'modbus-tcp'; readonly host: string; readonly port: number }
  /**
   * A 4G DTU dials in to `host:port` (we listen; several buses may share the address), says who it is by its
   * registration packet, then tunnels RTU frames. `registration` and `heartbeat` are bytes in hexadecimal.
   */
  | {
      readonly kind: 'modbus-dtu';
      readonly host: string;
      readonly port: number;
      readonly registration: string;
      readonly heartbeat: string | null;
    }
);

export type UnitConfig = {
  readonly unitId: number;
  /** Key into `profiles`. */
  readonly profile: string;
  /** Which register of the profile feeds which sensor. */
  readonly sensors: readonly { readonly sensorId: SensorId; readonly register: string }[];
};

/** A line on which stations report by themselves. */
export type LinkConfig = {
  readonly id: string;
  readonly protocol: 'sl651' | 'sl427';
  readonly stations: readonly StationConfig[];
} & (
  | { readonly kind: 'tcp-listen'; readonly host: string; readonly port: number }
  | { readonly kind: 'serial'; readonly path: string; readonly baudRate: number; readonly parity: Parity }
);

export type StationConfig = {
  /** Ten digits, as the station's address stands in a frame. */
  readonly station: string;
  /** SL 651: the centre's number, 1 to 255, that we are to this station. */
  readonly centre: number;
  /** Four hexadecimal digits; what a station that has none configured sends is the maker's. */
  readonly password: string;
  /** Longest time between two reports, in ms; silence beyond it is the centre's to judge, by `staleAfterMs`. */
  readonly reportMs: number;
  /** Which element (SL 651 identifier, e.g. `26`, `39`, `F4`; SL/T 427 `rain-total`, `level-1`) feeds which sensor. */
  readonly sensors: readonly { readonly sensorId: SensorId; readonly element: string }[];
};

/** What an edge can set off by itself. A siren, light or relay is a register of a unit whose profile says how it is written. */
export type OutputConfig = {
  readonly id: string;
  readonly name: Text;
  /** It sounds for these points from this level on. */
  readonly points: readonly PointId[];
  readonly minLevel: Level;
  /** It ends by itself after this time and begins again only when the level rises or a new episode begins. */
  readonly maxOnMs: number;
} & (
  | { readonly kind: 'relay'; readonly busId: string; readonly unitId: number; readonly register: string }
  /** A speech module on a serial port or a serial server (docs/protocols/speaker.md). */
  | {
      readonly kind: 'speaker';
      readonly line:
        | { readonly path: string; readonly baudRate: number }
        | { readonly host: string; readonly port: number };
      readonly repeatMs: number;
    }
);

/** A push button (discrete input or coil) that mutes outputs on the spot. */
export type MuteConfig = {
  readonly id: string;
  readonly busId: string;
  readonly unitId: number;
  readonly register: string;
  readonly outputs: readonly string[];
  readonly muteMs: number;
};

/** What the edge needs to judge and act with the uplink cut. */
export type LocalConfig = {
  /** The rules of this edge's sensors only; null when it has none. */
  readonly ruleSet: CompiledRuleSet | null;
  /** Names for texts that people hear on the spot. */
  readonly pointNames: { readonly [pointId: PointId]: Text };
  readonly outputs: readonly OutputConfig[];
  readonly mutes: readonly MuteConfig[];
};

/** An edge that judges and moves nothing by itself. */
export const NOTHING_LOCAL: LocalConfig = { ruleSet: null, pointNames: {}, outputs: [], mutes: [] };

export type EdgeConfig = {
  readonly edgeId: string;
  readonly township: string;
  /** Hash of this file's meaning; travels in every batch. */
  readonly inventoryVersion: string;
  readonly profiles: { readonly [id: string]: DeviceProfile };
  readonly buses: readonly BusConfig[];
  readonly links: readonly LinkConfig[];
  readonly local: LocalConfig;
  /** `mqtt://127.0.0.1:1883`; user name is the edge id, the password comes from the credential file. */
  readonly mqttUrl: string;
  readonly credentialFile: string;
  /** Folder for outbox files. */
  readonly dataDir: string;
  /** Where this box finds a serial line that is written otherwise in what the centre pushes: by the path as written. */
  readonly lines?: { readonly [path: string]: string | { readonly host: string; readonly port: number } };
};

/** What the centre pushes: everything but where this box finds its centre, its password and its disk. */
export type EdgeConfigPush = Omit<EdgeConfig, 'mqttUrl' | 'credentialFile' | 'dataDir' | 'lines'>;
