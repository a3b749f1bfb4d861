/** The largest rain of each duration in a year, from clock hours, and whether enough of the year is known to count it. */
import { amountOf, type Stretch } from './stretch.ts';

export const DURATIONS_H = [1, 3, 6, 12, 24, 72] as const;
/** Hours before a window's year that its first windows reach back into. */
export const LEAD_H = 72;

export type YearMaxima = {
  readonly year: number;
  readonly hours: number;
  readonly knownHours: number;
  readonly longestGapH: number;
  /** By duration, in steps; 0 where nothing fell. */
  readonly largest: readonly number[];
};

export type Largest = { readonly sum: number; readonly end: number; readonly missing: number };

/** The largest sum of `width` places that ends in from < end ≤ to; what is missing in it makes it a lower bound. */
export function largestWindow(stretch: Stretch, width: number, from: number, to: number): Largest {
  let { sum, missing } = amountOf(stretch, from - width, from);
  let best: Largest = { sum: -1, end: from, missing: width };
  for (let end = from + 1; end <= to; end++) {
    sum += (stretch.sum[end - 1] ?? 0) - (stretch.sum[end - 1 - width] ?? 0);
    missing += (stretch.whole[end - 1] === 1 ? 0 : 1) - (stretch.whole[end - 1 - width] === 1 ? 0 : 1);
    if (sum > best.sum + 1e-6) best = { sum, end, missing };
  }
  return best.sum < 0 ? { ...best, sum: 0 } : best;
}

/** `hours` begins LEAD_H before the year. */
export function yearMaxima(hours: Stretch, year: number): YearMaxima {
  let known = 0;
  let gap = 0;
  let longest = 0;
  for (let at = LEAD_H; at < hours.length; at++) {
    const whole = hours.whole[at] === 1;
    if (whole) known++;
    gap = whole ? 0 : gap + 1;
    longest = Math.max(longest, gap);
  }
  return {
    year,
    hours: hours.length - LEAD_H,
    knownHours: known,
    longestGapH: longest,
    largest: DURATIONS_H.map((width) => largestWindow(hours, width, LEAD_H, hours.length).sum),
  };
}

/** Four fifths of the hours, and nowhere six and a half weeks without any: its largest rain is likely to be among them. */
export const COMPLETE_SHARE = 0.8;
export const LONGEST_GAP_H = 45 * 24;
export const isComplete = ({ hours, knownHours, longestGapH }: YearMaxima): boolean =>
  knownHours >= COMPLETE_SHARE * hours && longestGapH <= LONGEST_GAP_H;
