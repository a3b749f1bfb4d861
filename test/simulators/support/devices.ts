/** Profiles and lines for the tests of the wire. */
import type { DeviceProfile, RegisterSpec } from '#model/device-profile.ts';
import type { LineConfig, LineWire, SimulatorConfig } from '#simulators/config.ts';

const register = (fields: Partial<RegisterSpec> & Pick<RegisterSpec, 'key' | 'quantity'>): RegisterSpec => ({
  name: fields.key,
  functionCode: 3,
  address: 0,
  type: 'uint32',
  order: 'ABCD',
  scale: 0.1,
  offset: 0,
  sentinels: [],
  counter: null,
  plausible: { min: -1e6, max: 1e6, maxPerMinute: null },
  ...fields,
});

const profile = (id: string, ...registers: RegisterSpec[]): DeviceProfile => ({
  id,
  maker: 'test',
  model: id,
  name: { zh: id, en: id },
  source: 'test',
  baudRate: 9600,
  parity: 'none',
  maxRegistersPerRead: 16,
  timeoutMs: 300,
  gapMs: 0,
  registers,
});

export const rainGauge = profile(
  'rain',
  register({ key: 'accumulated', quantity: 'rain', counter: { modulus: 2 ** 32 } }),
);
export const crackMeter = profile(
  'crack',
  register({ key: 'displacement', quantity: 'displacement', type: 'float32', scale: 1 }),
);

/** A board with two coils (a siren, a light), a push button, and a holding register for the volume. */
export const sirenBoard = profile(
  'siren',
  register({
    key: 'siren',
    quantity: 'fault',
    functionCode: 1,
    type: 'uint16',
    scale: 1,
    write: { functionCode: 5, on: 1, off: 0 },
  }),
  register({
    key: 'light',
    quantity: 'fault',
    functionCode: 1,
    address: 1,
    type: 'uint16',
    scale: 1,
    write: { functionCode: 15, on: 1, off: 0 },
  }),
  register({ key: 'button', quantity: 'fault', functionCode: 2, address: 4, type: 'uint16', scale: 1 }),
  register({
    key: 'volume',
    quantity: 'fault',
    address: 16,
    type: 'uint32',
    scale: 1,
    write: { functionCode: 16, on: 30, off: 0 },
  }),
);

/** Unit 1 a rain gauge at 1234.5 mm, unit 2 a crack meter at 12.5 mm, unit 3 an echo. */
export const line = (
  id: string,
  wire: LineWire,
  more: Partial<Pick<LineConfig, 'pace' | 'faults' | 'units'>> = {},
): LineConfig => ({
  ...wire,
  id,
  pace: null,
  faults: [],
  units: [
    {
      unitId: 1,
      kind: 'profile',
      profile: rainGauge,
      registers: [{ register: 'accumulated', behaviour: { kind: 'constant', value: 1234.5, noise: 0 } }],
    },
    {
      unitId: 2,
      kind: 'profile',
      profile: crackMeter,
      registers: [{ register: 'displacement', behaviour: { kind: 'constant', value: 12.5, noise: 0 } }],
    },
    { unitId: 3, kind: 'echo' },
  ],
  ...more,
});

export const config = (dataDir: string, lines: readonly LineConfig[]): SimulatorConfig => ({
  dataDir,
  seed: 1,
  startAfterMs: null,
  lines,
});
