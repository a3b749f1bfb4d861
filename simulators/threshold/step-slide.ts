/**
 * Displacement of a slope that moves by steps and comes to rest after each: what a fast look takes for the end and is
 * none. Steps are written with their time, or driven by a storm's rain or by the fall of a reservoir's level below it.
 */
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import type { Intensity } from './hyetograph.ts';
import { type Table, tableAt } from './table.ts';

/** `mm` in all, of which 63 % in the first `settleMs`. */
export type SlideStep = { readonly atMs: number; readonly mm: number; readonly settleMs: number };

export type StepSlide = {
  readonly kind: 'stepSlide';
  readonly from: number;
  /** Creep between the steps. */
  readonly mmPerDay: number;
  readonly steps: readonly SlideStep[];
  /** What rain and drawdown add, in mm. */
  readonly driven: Table | null;
};

/** How a slope answers what drives it: so many mm for each mm of rain or metre of fall, later, over a time. */
export type SlideResponse = { readonly gain: number; readonly lagMs: number; readonly settleMs: number };

export function stepSlideAt({ from, mmPerDay, steps, driven }: StepSlide, tMs: number): number {
  const slow = (mmPerDay * tMs) / DAY_MS;
  const fast = steps.reduce(
    (sum, { atMs, mm, settleMs }) => sum + (tMs <= atMs ? 0 : mm * (1 - Math.exp(-(tMs - atMs) / settleMs))),
    0,
  );
  return from + slow + fast + (driven === null ? 0 : tableAt(driven, tMs));
}

/** What the slope makes of a drive: each step's share waits for the lag, then moves as it settles. */
export function drivenBy(
  amountBetween: (fromMs: number, toMs: number) => number,
  { gain, lagMs, settleMs }: SlideResponse,
  stepMs: number,
  untilMs: number,
): Table {
  const kept = Math.exp(-stepMs / settleMs);
  const values = [0];
  let waiting = 0;
  let moved = 0;
  for (let atMs = 0; atMs < untilMs; atMs += stepMs) {
    waiting += gain * amountBetween(atMs - lagMs, atMs + stepMs - lagMs);
    moved += waiting * (1 - kept);
    waiting *= kept;
    values.push(moved);
  }
  return { stepMs, values };
}

/** Rain between two instants, mm. */
export function rainBetween(rain: readonly Intensity[], fromMs: number, toMs: number): number {
  let sum = 0;
  for (const [index, { atMs, perHour }] of rain.entries()) {
    const overlapMs = Math.min(rain[index + 1]?.atMs ?? Number.POSITIVE_INFINITY, toMs) - Math.max(atMs, fromMs);
    if (overlapMs > 0) sum += (perHour * overlapMs) / HOUR_MS;
  }
  return sum;
}

/** By how much the water has fallen between two instants, m; a rise drives nothing. */
export function fallBetween(level: Table, fromMs: number, toMs: number): number {
  return Math.max(0, tableAt(level, fromMs) - tableAt(level, toMs));
}
