/** What an element of a reporting station becomes here: its quantity, and how its values turn into readings. */
import type { RegisterSpec } from '../../model/device-profile.ts';
import type { LinkConfig } from '../../model/edge-config.ts';
import type { QuantityCode } from '../../model/quantity.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../model/time.ts';
import { SL651_ELEMENTS, STATUS_BITS } from '../sl651/elements.ts';

export type LinkElement = {
  readonly quantity: QuantityCode;
  /** Decimals of the station's own numbers; a counter is kept in these steps. */
  readonly decimals: number;
  readonly plausible: RegisterSpec['plausible'];
} & (
  | { readonly how: 'gauge' }
  /** Grows; `modulus` in its steps, null when it only ever begins again from 0. */
  | { readonly how: 'counter'; readonly modulus: number | null }
  /** The sum of the time before its stamp. */
  | { readonly how: 'window'; readonly windowMs: number }
  /** Twelve increments of five minutes, each at its own stamp. */
  | { readonly how: 'hour' }
  /** One bit of a status word; the reading is 1 when it is not at rest. */
  | { readonly how: 'bit'; readonly bit: number; readonly rest: 0 | 1 }
);

/** The most that the standard's gauges measure (4 mm a minute); more is doubted. */
const MAX_RAIN_PER_MINUTE = 4;

const PLAUSIBLE: { readonly [quantity in QuantityCode]?: readonly [min: number, max: number] } = {
  temperature: [-60, 80],
  soilMoisture: [0, 100],
  flow: [-100_000, 500_000],
  velocity: [-20, 20],
  voltage: [0, 500],
  pressure: [0, 10_000],
  level: [-200, 9_000],
};

const RAIN_WINDOWS_MS: { readonly [id: string]: number } = {
  '1A': HOUR_MS,
  '1B': 2 * HOUR_MS,
  '1C': 3 * HOUR_MS,
  '1D': 6 * HOUR_MS,
  '1E': 12 * HOUR_MS,
  '1F': DAY_MS,
  '21': MINUTE_MS,
  '22': 5 * MINUTE_MS,
  '23': 10 * MINUTE_MS,
  '24': 30 * MINUTE_MS,
};
/** PJ begins again with its day, PR with its storm; PT wraps after 99999.9 mm and may begin again with the year. */
const RAIN_COUNTERS: { readonly [id: string]: number | null } = { '20': null, '25': null, '26': 1_000_000 };

/** Bits that say how a thing stands, not that something is wrong. */
const CONTACT_BITS: readonly number[] = [7, 10];

function rain(id: string): LinkElement {
  const base = { quantity: 'rain', decimals: 1 } as const;
  const perMinute = { min: 0, max: 100_000, maxPerMinute: MAX_RAIN_PER_MINUTE };
  const most = (windowMs: number) => ({
    ...{ min: 0, max: (MAX_RAIN_PER_MINUTE * windowMs) / MINUTE_MS, maxPerMinute: null },
  });
  if (id === 'F4') return { ...base, how: 'hour', plausible: most(5 * MINUTE_MS) };
  const windowMs = RAIN_WINDOWS_MS[id];
  if (windowMs !== undefined) return { ...base, how: 'window', windowMs, plausible: most(windowMs) };
  return { ...base, how: 'counter', modulus: RAIN_COUNTERS[id] ?? null, plausible: perMinute };
}

function gauge(quantity: QuantityCode, decimals: number): LinkElement {
  const [min, max] = PLAUSIBLE[quantity] ?? [-1e9, 1e9];
  return { quantity, decimals, how: 'gauge', plausible: { min, max, maxPerMinute: null } };
}

function sl651Element(element: string): LinkElement | undefined {
  const bit = /^45-(\d{1,2})$/.exec(element);
  if (bit !== null) {
    const known = STATUS_BITS.find((row) => row.bit === Number(bit[1]));
    if (known === undefined) return undefined;
    const quantity = CONTACT_BITS.includes(known.bit) ? 'contact' : 'fault';
    const plausible = { min: 0, max: 1, maxPerMinute: null };
    return { quantity, decimals: 0, how: 'bit', bit: known.bit, rest: known.rest, plausible };
  }
  const row = SL651_ELEMENTS.get(element);
  if (row === undefined || row.quantity === null) return undefined;
  return row.quantity === 'rain' ? rain(row.id) : gauge(row.quantity, row.decimals);
}

function sl427Element(element: string): LinkElement | undefined {
  if (element === 'rain-total') return rain('26');
  if (element === 'voltage') return gauge('voltage', 2);
  const match = /^(level|flow|velocity)-([1-9]|[1-5]\d)$/.exec(element);
  return match === null ? undefined : gauge(match[1] as 'level' | 'flow' | 'velocity', 3);
}

/** Undefined when a sensor cannot be fed by it. Elements as in docs/protocols: `26`, `F4`, `45-7`; `rain-total`, `level-1`. */
export const linkElement = (protocol: LinkConfig['protocol'], element: string): LinkElement | undefined =>
  protocol === 'sl651' ? sl651Element(element) : sl427Element(element);

/** The quantity that a sensor on this element must have; null when nothing can be read from it. */
export const elementQuantity = (protocol: LinkConfig['protocol'], element: string): QuantityCode | null =>
  linkElement(protocol, element)?.quantity ?? null;
