/**
 * Buckets made from readings one by one. Slow and plain: it serves where there are only readings, and stands for good as
 * the oracle that stored summaries are held against.
 */
import { spanOf } from '#model/bucket.ts';
import type { Bucket, HistoryPoint, Resolution } from '#model/history.ts';
import type { EpochMs } from '#model/time.ts';
import type { ZoneDays } from '#model/zone-day.ts';

type Growing = { -readonly [key in keyof Bucket]: Bucket[key] } & { lastAtMs: EpochMs };

/**
 * Buckets that begin in from ≤ t < to, ascending. `last` is the good value of the newest instant; of several at the same
 * instant the greatest, so that it does not depend on the order in which they came.
 */
export function bucketsOf(
  points: Iterable<HistoryPoint>,
  { resolution, days, fromMs, toMs }: { resolution: Resolution; days: ZoneDays; fromMs: EpochMs; toMs: EpochMs },
): readonly Bucket[] {
  const found = new Map<EpochMs, Growing>();
  for (const point of points) {
    const span = spanOf(point.atMs, resolution, days);
    if (span.fromMs < fromMs || span.fromMs >= toMs) continue;
    let bucket = found.get(span.fromMs);
    if (bucket === undefined) {
      const none = { n: 0, min: undefined, max: undefined, sum: 0, last: undefined, suspect: 0, bad: 0 };
      bucket = { fromMs: span.fromMs, toMs: span.toMs, ...none, lastAtMs: Number.NEGATIVE_INFINITY };
      found.set(span.fromMs, bucket);
    }
    addPoint(bucket, point);
  }
  return [...found.values()].sort((a, b) => a.fromMs - b.fromMs).map(({ lastAtMs: _at, ...bucket }) => bucket);
}

function addPoint(bucket: Growing, { atMs, value, quality }: HistoryPoint): void {
  if (quality === 'bad' || value === undefined) {
    bucket.bad++;
    return;
  }
  if (quality === 'suspect') {
    bucket.suspect++;
    return;
  }
  bucket.n++;
  bucket.sum += value;
  bucket.min = Math.min(bucket.min ?? value, value);
  bucket.max = Math.max(bucket.max ?? value, value);
  if (atMs < bucket.lastAtMs) return;
  bucket.last = atMs === bucket.lastAtMs ? Math.max(bucket.last ?? value, value) : value;
  bucket.lastAtMs = atMs;
}
