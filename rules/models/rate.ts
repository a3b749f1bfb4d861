/**
 * Rate of change: the least-squares slope over a trailing window, never the difference of two points. The window is 60
 * slots, each with the five sums that the slope is made of; so late samples count in their place, the order of arrival
 * does not matter, and memory does not grow with the sampling rate.
 */
import { HOUR_MS } from '#model/time.ts';
import { type EngineState, SLOPE_SLOTS, SLOPE_STRIDE, SLOPE_SUMS } from '../state.ts';

// A slot's sums: number, times, values, times squared, times by values; times in seconds from the slot's start.
const N = 0;
const T = 1;
const V = 2;
const TT = 3;
const TV = 4;

export const slotMsOf = (windowMs: number): number => windowMs / SLOPE_SLOTS;

/** Adds a sample to a window; false when it is older than the window. */
export function addSample(state: EngineState, row: number, windowMs: number, atMs: number, value: number): boolean {
  const { slopes } = state;
  const base = row * SLOPE_STRIDE;
  const slotMs = slotMsOf(windowMs);
  const number = Math.ceil(atMs / slotMs);
  const head = slopes[base] as number;
  if (number <= head - SLOPE_SLOTS) return false;
  if (number > head) {
    for (let fresh = Math.max(head + 1, number - SLOPE_SLOTS + 1); fresh <= number; fresh++) {
      const at = base + 1 + (fresh % SLOPE_SLOTS) * SLOPE_SUMS;
      slopes.fill(0, at, at + SLOPE_SUMS);
    }
    slopes[base] = number;
  }
  const at = base + 1 + (number % SLOPE_SLOTS) * SLOPE_SUMS;
  const t = (atMs - (number - 1) * slotMs) / 1_000;
  slopes[at + N] = (slopes[at + N] as number) + 1;
  slopes[at + T] = (slopes[at + T] as number) + t;
  slopes[at + V] = (slopes[at + V] as number) + value;
  slopes[at + TT] = (slopes[at + TT] as number) + t * t;
  slopes[at + TV] = (slopes[at + TV] as number) + t * value;
  return true;
}

export type Slope = { readonly perHour: number; readonly samples: number; readonly coverage: number };

/** The slope per hour; undefined when the samples are too few or all of one instant. */
export function slopeOf(state: EngineState, row: number, windowMs: number, minSamples: number): Slope | undefined {
  const { slopes } = state;
  const base = row * SLOPE_STRIDE;
  const head = slopes[base] as number;
  const slotS = slotMsOf(windowMs) / 1_000;
  let n = 0;
  let t = 0;
  let v = 0;
  let tt = 0;
  let tv = 0;
  let oldest = 0;
  for (let back = 0; back < SLOPE_SLOTS; back++) {
    const at = base + 1 + ((head - back + SLOPE_SLOTS) % SLOPE_SLOTS) * SLOPE_SUMS;
    const count = slopes[at + N] as number;
    if (count === 0) continue;
    oldest = back;
    const shift = -back * slotS;
    const times = slopes[at + T] as number;
    const values = slopes[at + V] as number;
    n += count;
    t += times + count * shift;
    v += values;
    tt += (slopes[at + TT] as number) + 2 * shift * times + count * shift * shift;
    tv += (slopes[at + TV] as number) + shift * values;
  }
  const spread = n * tt - t * t;
  if (n < minSamples || n < 2 || spread <= 1e-9 * n * tt) return undefined;
  return {
    perHour: ((n * tv - t * v) / spread) * (HOUR_MS / 1_000),
    samples: n,
    coverage: (oldest + 1) / SLOPE_SLOTS,
  };
}
