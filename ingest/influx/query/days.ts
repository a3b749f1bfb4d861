/** The county's calendar days as InfluxDB can be asked for them: by one offset from UTC's where all have 24 hours, otherwise from shorter buckets. */
import { mergeBuckets } from '#model/bucket.ts';
import type { Bucket } from '#model/history.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';
import type { ZoneDays } from '#model/zone-day.ts';

/** The beginnings of the days that begin in from ≤ t < to, and the end of the last of them. */
export function dayEdges(days: ZoneDays, fromMs: EpochMs, toMs: EpochMs): readonly EpochMs[] {
  const edges: EpochMs[] = [];
  let day = days.of(fromMs);
  if (day.fromMs < fromMs) day = days.byNumber(day.number + 1);
  for (; day.fromMs < toMs; day = days.byNumber(day.number + 1)) {
    if (edges.length === 0) edges.push(day.fromMs);
    edges.push(day.toMs);
  }
  return edges;
}

/** How much later than UTC's these days begin; undefined when one of them has not 24 hours. */
export function steadyOffset(edges: readonly EpochMs[]): number | undefined {
  const offset = (edges[0] ?? 0) % DAY_MS;
  return edges.every((edge) => edge % DAY_MS === offset) ? offset : undefined;
}

/** Days between the edges from shorter buckets, which ascend and never lie across an edge. */
export function foldDays(parts: readonly Bucket[], edges: readonly EpochMs[]): readonly Bucket[] {
  let at = 0;
  return edges.slice(0, -1).flatMap((fromMs, index) => {
    const toMs = edges[index + 1] ?? fromMs;
    const first = at;
    while ((parts[at]?.fromMs ?? toMs) < toMs) at++;
    const day = mergeBuckets(parts.slice(first, at));
    return day === undefined ? [] : [{ ...day, fromMs, toMs }];
  });
}
