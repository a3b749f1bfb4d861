/** What the centre compiles for one edge: self-contained JSON, so that an edge needs neither YAML nor the county's files. */
import type { DeviceProfile } from '#model/device-profile.ts';
import type { SensorId } from '#model/reading.ts';

export type BusConfig = { readonly id: string; readonly pollMs: number; readonly units: readonly UnitConfig[] } & (
  | {
      readonly kind: 'modbus-rtu';
      readonly path: string;
      readonly baudRate: number;
      readonly parity: 'none' | 'even' | 'odd';
    }
  /** RTU frames inside a TCP stream, as serial servers do; also where the machine has no pseudo-terminals. */
  | { readonly kind: 'modbus-rtu-tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'modbus-tcp'; readonly host: string; readonly port: number }
);

export type UnitConfig = {
  readonly unitId: number;
  /** Key into `profiles`. */
  readonly profile: string;
  /** Which register of the profile feeds which sensor. */
  readonly sensors: readonly { readonly sensorId: SensorId; readonly register: string }[];
};

export type EdgeConfig = {
  readonly edgeId: string;
  readonly township: string;
  /** Hash of this file's meaning; travels in every batch. */
  readonly inventoryVersion: string;
  readonly profiles: { readonly [id: string]: DeviceProfile };
  readonly buses: readonly BusConfig[];
  /** `mqtt://127.0.0.1:1883`; user name is the edge id, the password comes from the credential file. */
  readonly mqttUrl: string;
  readonly credentialFile: string;
  /** Folder for outbox files. */
  readonly dataDir: string;
};
