import { describe, expect, it } from 'vitest';
import { mergeBuckets, nextBucketMs, spanOf } from '#model/bucket.ts';
import type { Bucket } from '#model/history.ts';
import { HOUR_MS } from '#model/time.ts';
import { openZoneDays } from '#model/zone-day.ts';

const at = (text: string): number => Date.parse(text);
const hour = (nth: number, values: readonly number[]): Bucket => ({
  ...{ fromMs: nth * HOUR_MS, toMs: (nth + 1) * HOUR_MS, n: values.length, suspect: 1, bad: 2 },
  min: values.length === 0 ? undefined : Math.min(...values),
  max: values.length === 0 ? undefined : Math.max(...values),
  sum: values.reduce((sum, value) => sum + value, 0),
  last: values.at(-1),
});

describe('calendar days of a zone', () => {
  it.each([
    ['Asia/Shanghai', '2026-06-01T17:00:00Z', '2026-06-01T16:00:00Z', 24],
    ['Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00Z', 23],
    ['Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00Z', 25],
    ['Asia/Kathmandu', '2026-06-01T18:20:00Z', '2026-06-01T18:15:00Z', 24],
    // Midnight itself is left out: the day begins at 01:00.
    ['America/Santiago', '2026-09-06T12:00:00Z', '2026-09-06T04:00:00Z', 23],
    ['UTC', '1969-12-31T23:59:59Z', '1969-12-31T00:00:00Z', 24],
  ])('in %s the day of %s begins at %s and has %d hours', (zone, instant, from, hours) => {
    const day = openZoneDays(zone).of(at(instant));
    expect(new Date(day.fromMs).toISOString()).toBe(new Date(at(from)).toISOString());
    expect((day.toMs - day.fromMs) / HOUR_MS).toBe(hours);
  });

  it('follow one another without a gap for years, whatever is done to the clocks', () => {
    for (const zone of ['America/Santiago', 'Europe/Berlin', 'Asia/Kathmandu', 'Pacific/Apia']) {
      const days = openZoneDays(zone);
      let day = days.of(at('2009-01-01T12:00:00Z'));
      for (let nth = 0; nth < 1_500; nth++) {
        const next = days.byNumber(day.number + 1);
        expect(next.fromMs).toBe(day.toMs);
        expect(next.toMs).toBeGreaterThanOrEqual(next.fromMs);
        if (day.toMs > day.fromMs) expect(days.of(day.toMs - 1)).toEqual(day);
        day = next;
      }
    }
  });
});

describe('buckets', () => {
  const days = openZoneDays('Asia/Shanghai');

  it('begin at whole minutes and hours of UTC, days at midnight of the county', () => {
    const instant = at('2026-06-01T17:23:45.678Z');
    expect(spanOf(instant, '1m', days).fromMs).toBe(at('2026-06-01T17:23:00Z'));
    expect(spanOf(instant, '10m', days).toMs).toBe(at('2026-06-01T17:30:00Z'));
    expect(spanOf(instant, '1h', days).fromMs).toBe(at('2026-06-01T17:00:00Z'));
    expect(spanOf(instant, '1d', days)).toMatchObject({ fromMs: at('2026-06-01T16:00:00Z') });
    expect(nextBucketMs(instant, '1m', days)).toBe(at('2026-06-01T17:24:00Z'));
    expect(nextBucketMs(at('2026-06-01T16:00:00Z'), '1d', days)).toBe(at('2026-06-01T16:00:00Z'));
  });

  it('are merged: sums added, extremes kept, the last value that of the newest that has one', () => {
    expect(mergeBuckets([])).toBeUndefined();
    expect(mergeBuckets([hour(3, [5, 9, 7]), hour(5, []), hour(4, [2])])).toEqual({
      ...{ fromMs: 3 * HOUR_MS, toMs: 6 * HOUR_MS, n: 4, min: 2, max: 9, sum: 23, last: 2, suspect: 3, bad: 6 },
    });
    expect(mergeBuckets([hour(0, [])])).toMatchObject({ n: 0, min: undefined, last: undefined });
  });
});
