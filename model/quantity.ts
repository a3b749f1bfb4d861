/**
 * The one table of quantities. A travelling value is an integer count of `10^-decimals` units, so that windows and
 * thresholds never meet a binary fraction. Adding a quantity is adding a row.
 */
import type { Text } from '#model/text.ts';

/** How a value behaves in time: an instant's level, an amount since the previous reading, or a code. */
export type QuantityKind = 'gauge' | 'increment' | 'state';

export type Quantity = {
  readonly code: string;
  readonly name: Text;
  readonly kind: QuantityKind;
  /** UCUM code; `1` for a pure number or a code. */
  readonly unit: string;
  /** Decimals of the unit that one integer step stands for: 3 and `mm` means 0.001 mm. */
  readonly decimals: number;
  /** Which direction is up. */
  readonly sign: string;
};

const row = (
  code: string,
  kind: QuantityKind,
  unit: string,
  decimals: number,
  zh: string,
  en: string,
  sign: string,
): Quantity => ({ code, kind, unit, decimals, name: { zh, en }, sign });

export const QUANTITIES = {
  // 0.001 mm, so that tips of 0.1, 0.2, 0.254 and 0.28 mm are whole numbers (docs/decisions/rain-resolution.md).
  rain: row('rain', 'increment', 'mm', 3, '降雨量', 'rainfall', 'fallen since the previous reading'),
  displacement: row('displacement', 'gauge', 'mm', 2, '位移', 'displacement', 'opening of the crack is positive'),
  level: row('level', 'gauge', 'm', 3, '水位', 'water level', 'above the station datum, upward'),
  tilt: row('tilt', 'gauge', 'deg', 3, '倾角', 'tilt', 'away from the position at installation'),
  smoke: row('smoke', 'state', '1', 0, '烟雾报警', 'smoke alarm', '0 normal, 1 pre-alarm, 2 alarm'),
  smokeDensity: row('smokeDensity', 'gauge', 'dB/m', 3, '烟雾浓度', 'smoke density', 'obscuration'),
  temperature: row('temperature', 'gauge', 'Cel', 1, '温度', 'temperature', 'warmer is positive'),
  battery: row('battery', 'gauge', '%', 0, '电池电量', 'battery charge', 'full is 100'),
  fault: row('fault', 'state', '1', 0, '设备故障', 'device fault', '0 in order, otherwise the device code'),
  // What a detector says of itself, each by its own: a removed one is no faulty one.
  tamper: row('tamper', 'state', '1', 0, '拆除', 'removal', '0 mounted, 1 taken down or shaken'),
  contamination: row('contamination', 'state', '1', 0, '迷宫污染', 'chamber contamination', '0 clean, 1 fouled'),
  lowBattery: row('lowBattery', 'state', '1', 0, '电池低电量', 'low battery', '0 enough, 1 low'),
  obstruction: row('obstruction', 'state', '1', 0, '遮挡', 'obstruction', '0 free, 1 covered or something before it'),
  selfTest: row('selfTest', 'state', '1', 0, '自检', 'self-test', '0 none, 1 being tested'),
  smokeConcentration: row(
    'smokeConcentration',
    'gauge',
    '%',
    0,
    '烟雾浓度比',
    'smoke concentration',
    "the maker's own scale",
  ),
  flow: row('flow', 'gauge', 'm3/s', 3, '流量', 'discharge', 'downstream'),
  // What the field wires bring beyond the first ones (docs/protocols/devices.md).
  distance: row('distance', 'gauge', 'm', 3, '空高', 'distance', 'from the radar or probe downward'),
  pressure: row('pressure', 'gauge', 'kPa', 2, '压力', 'pressure', 'above the atmosphere'),
  velocity: row('velocity', 'gauge', 'm/s', 3, '流速', 'velocity', 'downstream'),
  rainIntensity: row('rainIntensity', 'gauge', 'mm/h', 1, '雨强', 'rain intensity', 'more is positive'),
  soilMoisture: row('soilMoisture', 'gauge', '%', 1, '土壤含水率', 'soil moisture', 'wetter is positive'),
  displacementX: row(
    'displacementX',
    'gauge',
    'mm',
    2,
    'X 向位移',
    'displacement x',
    'north unless surveyed otherwise',
  ),
  displacementY: row('displacementY', 'gauge', 'mm', 2, 'Y 向位移', 'displacement y', 'east unless surveyed otherwise'),
  displacementZ: row('displacementZ', 'gauge', 'mm', 2, '垂直位移', 'displacement z', 'upward'),
  voltage: row('voltage', 'gauge', 'V', 2, '电压', 'voltage', 'supply of the device'),
  contact: row('contact', 'state', '1', 0, '触点', 'contact', '0 at rest, 1 fence, door or button set it off'),
  callPoint: row('callPoint', 'state', '1', 0, '手动报警按钮', 'manual call point', '0 at rest, 1 pressed'),
  output: row('output', 'state', '1', 0, '输出', 'output', '0 off, 1 siren, light or relay is on'),
} as const satisfies { readonly [code: string]: Quantity };

export type QuantityCode = keyof typeof QUANTITIES;

export const isQuantityCode = (raw: string): raw is QuantityCode => Object.hasOwn(QUANTITIES, raw);

const POWERS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] as const;

/** Integer steps of the quantity nearest to a value in its unit (halves away from zero). */
export function toSteps(quantity: QuantityCode, inUnit: number): number {
  const scaled = inUnit * (POWERS[QUANTITIES[quantity].decimals] ?? 1);
  // One part in 10^12 absorbs the binary error of decimals such as 1.005 before rounding.
  return Math.sign(scaled) * Math.round(Math.abs(scaled) * (1 + 1e-12));
}

/** The value in the quantity's unit; for display and formulas only, never for windows. */
export const fromSteps = (quantity: QuantityCode, steps: number): number =>
  steps / (POWERS[QUANTITIES[quantity].decimals] ?? 1);

/** The exact decimal text of a value in steps, e.g. `14.420` for 14420 steps of `level`. */
export function formatSteps(quantity: QuantityCode, steps: number): string {
  const { decimals } = QUANTITIES[quantity];
  if (decimals === 0) return String(steps);
  const digits = String(Math.abs(steps)).padStart(decimals + 1, '0');
  return `${steps < 0 ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

export const UNIT_TEXT: { readonly [unit: string]: string } = {
  '1': '',
  mm: 'mm',
  m: 'm',
  deg: '°',
  'dB/m': 'dB/m',
  Cel: '°C',
  '%': '%',
  'm3/s': 'm³/s',
  'm/s': 'm/s',
  'mm/h': 'mm/h',
  kPa: 'kPa',
  V: 'V',
};
