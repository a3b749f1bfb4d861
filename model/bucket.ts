/** Where buckets of each length begin and end, and how several become one. */
import type { Bucket, Resolution } from '#model/history.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import type { ZoneDays } from '#model/zone-day.ts';

/** Of a day only roughly: it has 23 to 25 hours where clocks are changed. */
export const RESOLUTION_MS = {
  '1m': MINUTE_MS,
  '10m': 10 * MINUTE_MS,
  '1h': HOUR_MS,
  '1d': DAY_MS,
} as const satisfies { readonly [resolution in Resolution]: number };

/** The bucket that an instant lies in: whole minutes and hours of UTC, calendar days of the county. */
export function spanOf(
  atMs: EpochMs,
  resolution: Resolution,
  days: ZoneDays,
): { readonly fromMs: EpochMs; readonly toMs: EpochMs } {
  if (resolution === '1d') return days.of(atMs);
  const length = RESOLUTION_MS[resolution];
  const fromMs = Math.floor(atMs / length) * length;
  return { fromMs, toMs: fromMs + length };
}

/** The first instant at or after `atMs` at which a bucket begins. */
export function nextBucketMs(atMs: EpochMs, resolution: Resolution, days: ZoneDays): EpochMs {
  const { fromMs, toMs } = spanOf(atMs, resolution, days);
  return fromMs === atMs ? atMs : toMs;
}

/**
 * Several buckets, none of which overlap, as one from the first one's beginning to the last one's end: a day of rain
 * that begins at 08:00 from its hours. Undefined of none.
 */
export function mergeBuckets(buckets: readonly Bucket[]): Bucket | undefined {
  const [first] = buckets;
  if (first === undefined) return undefined;
  let merged = first;
  let lastFromMs = first.last === undefined ? Number.NEGATIVE_INFINITY : first.fromMs;
  for (const one of buckets.slice(1)) {
    const isNewer = one.last !== undefined && one.fromMs >= lastFromMs;
    if (isNewer) lastFromMs = one.fromMs;
    merged = {
      fromMs: Math.min(merged.fromMs, one.fromMs),
      toMs: Math.max(merged.toMs, one.toMs),
      n: merged.n + one.n,
      min: lesser(merged.min, one.min),
      max: greater(merged.max, one.max),
      sum: merged.sum + one.sum,
      last: isNewer ? one.last : merged.last,
      suspect: merged.suspect + one.suspect,
      bad: merged.bad + one.bad,
    };
  }
  return merged;
}

const lesser = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);
const greater = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.max(a, b);
