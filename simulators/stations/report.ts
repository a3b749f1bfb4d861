/** What a station's timed report says, from the values of its elements (SL 651-2014, annex C: bytes and decimals of each). */
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import type { SimulatedElement, SimulatedGroup } from '#simulators/sl651/encode.ts';

type Form = { readonly bytes: number; readonly decimals: number };
const RAIN: Form = { bytes: 3, decimals: 1 };
const LEVEL: Form = { bytes: 4, decimals: 3 };
const MOISTURE: Form = { bytes: 2, decimals: 1 };
const range = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => (from + index).toString(16).toUpperCase().padStart(2, '0'));

const FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  ...['02', '03', '0D', '18'].map((id) => [id, { bytes: 2, decimals: 1 }] as const),
  ...[...range(0x10, 0x17)].map((id) => [id, MOISTURE] as const),
  ...[...range(0x1a, 0x1f), ...range(0x20, 0x26)].map((id) => [id, RAIN] as const),
  ...['27', '30'].map((id) => [id, { bytes: 5, decimals: 3 }] as const),
  ...['36', '37'].map((id) => [id, { bytes: 3, decimals: 3 }] as const),
  ['38', { bytes: 2, decimals: 2 }],
  ...[...range(0x39, 0x43)].map((id) => [id, LEVEL] as const),
]);
const STATUS = /^45-(\d{1,2})$/;
/** Bits that are 1 at rest: the door is closed, the pump stands (domain of element 45H). */
const RESTS_AT_1: readonly number[] = [7, 10];
const FIVE_MINUTES_MS = 5 * MINUTE_MS;
/** Accumulated rain wraps after 99999.9 mm. */
const RAIN_MODULUS_MM = 100_000;

/** Whether a station of the simulator can send this element. */
export const canSend = (element: string): boolean => FORMS.has(element) || element === 'F4' || STATUS.test(element);

export type Measured = { readonly element: string; readonly value: number | null };

function statusOf(measured: readonly Measured[]): SimulatedElement | undefined {
  const bits = measured.flatMap(({ element, value }) => {
    const bit = STATUS.exec(element)?.[1];
    return bit === undefined ? [] : [{ bit: Number(bit), isOn: value !== null && value !== 0 }];
  });
  if (bits.length === 0) return undefined;
  let word = RESTS_AT_1.reduce((sum, bit) => sum | (1 << bit), 0);
  for (const { bit, isOn } of bits) word = isOn === RESTS_AT_1.includes(bit) ? word & ~(1 << bit) : word | (1 << bit);
  return { id: '45', value: (word >>> 0).toString(16).toUpperCase().padStart(8, '0'), bytes: 4 };
}

function elementOf({ element, value }: Measured): readonly SimulatedElement[] {
  const form = FORMS.get(element);
  if (form === undefined) return [];
  const shown = value !== null && element === '26' ? value % RAIN_MODULUS_MM : value;
  // Truncated, not rounded: a counter must not show a tip that has not fallen.
  const text =
    shown === null
      ? null
      : (Math.trunc(shown * 10 ** form.decimals + 1e-6 * Math.sign(shown)) / 10 ** form.decimals).toFixed(
          form.decimals,
        );
  return [{ id: element, value: text, bytes: form.bytes }];
}

/** `rainBetween`: mm that fell between two instants, for the five-minute rain of the hour. */
export function groupsOf(
  measured: readonly Measured[],
  observedAtMs: number,
  rainBetween: (fromMs: number, toMs: number) => number,
): readonly SimulatedGroup[] {
  const status = statusOf(measured);
  const elements = [...measured.flatMap(elementOf), ...(status === undefined ? [] : [status])];
  const now: SimulatedGroup = { observedAtMs, elements };
  if (!measured.some(({ element }) => element === 'F4')) return [now];
  const hourMs = Math.floor(observedAtMs / HOUR_MS) * HOUR_MS;
  const rainHour = Array.from({ length: 12 }, (_, index) => {
    const fromMs = hourMs - HOUR_MS + index * FIVE_MINUTES_MS;
    return Math.min(254, Math.round(rainBetween(fromMs, fromMs + FIVE_MINUTES_MS) * 10));
  });
  return [{ observedAtMs: hourMs, elements: [], rainHour }, ...(elements.length === 0 ? [] : [now])];
}

/** Whether what was heard holds a confirmation of this report: a frame of the centre that repeats its function and serial. */
export function isConfirmed(heard: Uint8Array, station: string, func: string, serial: number): boolean {
  const text = Array.from(heard, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
  const number = serial.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`7E7E${station}[0-9A-F]{6}${func}8[0-9A-F]{3}02${number}`).test(text);
}
