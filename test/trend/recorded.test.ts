/** Trends of what really happened: the flood at Boulder, the collapse at Preonzo, a quiet river, rain at Seattle. */
import { describe, expect, test } from 'vitest';
import { accelerationsIn } from '#dashboards/api/trend/accelerations.ts';
import { isComplete, LEAD_H, yearMaxima } from '#dashboards/api/trend/annual.ts';
import { createCalendar, firstDayOf } from '#dashboards/api/trend/calendar.ts';
import { outlookOf } from '#dashboards/api/trend/outlook.ts';
import { returnPeriods } from '#dashboards/api/trend/return-period.ts';
import { seasonOf } from '#dashboards/api/trend/season.ts';
import { stretchOf } from '#dashboards/api/trend/stretch.ts';
import type { Bucket } from '#model/history.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import {
  BOULDER,
  boulderHours,
  GRAND_RAPIDS,
  grandRapids,
  isThere,
  PREONZO,
  preonzoHours,
  SEATTLE,
  seattleHours,
} from './recorded.ts';

const TEN_MS = 600_000;
const within = (buckets: readonly Bucket[], fromMs: number, toMs: number) =>
  stretchOf(
    buckets.filter((bucket) => fromMs <= bucket.fromMs && bucket.fromMs < toMs),
    fromMs,
    toMs,
    HOUR_MS,
  );

describe.skipIf(!isThere(BOULDER))('eleven years at Boulder', () => {
  const hours = boulderHours();
  const calendar = createCalendar('Etc/GMT+7');
  const yearOf = (year: number) => {
    const fromMs = calendar.startOf(firstDayOf(year)) - LEAD_H * HOUR_MS;
    return yearMaxima(within(hours, fromMs, calendar.startOf(firstDayOf(year + 1))), year);
  };
  const years = Array.from({ length: 11 }, (_, index) => yearOf(2003 + index));
  const toMs = Date.parse('2013-09-13T06:00:00-07:00');
  const fromMs = toMs - 72 * HOUR_MS;
  const asked = returnPeriods({
    ...{ fromMs, toMs, years, year: 2013, table: undefined, perMm: 1_000 },
    hours: within(hours, fromMs - 72 * HOUR_MS, toMs),
    tenMinutes: stretchOf([], fromMs - 72 * HOUR_MS, toMs, TEN_MS),
  });

  test('all count as complete, 2012 barely: January and March are missing, 83 % is known', () => {
    expect(years.filter(isComplete)).toHaveLength(11);
    const { knownHours, hours: of } = yearOf(2012);
    expect(knownHours / of).toBeCloseTo(0.83, 2);
  });

  test('have their largest rains of all durations on 11 to 13 September 2013, to the tenth of a millimetre', () => {
    expect(asked.durations.map(({ clockMm }) => clockMm)).toEqual([55.88, 109.22, 154.94, 193.04, 248.92, 360.68]);
    expect(asked.durations.map(({ endMs }) => new Date(endMs - 7 * HOUR_MS).toISOString().slice(5, 16))).toEqual([
      ...['09-12T00:00', '09-12T00:00', '09-12T00:00', '09-12T04:00', '09-12T17:00', '09-13T05:00'],
    ]);
  });

  test('make that storm the first of eleven: twelve years, between 4 and 215', () => {
    for (const { empirical, table } of asked.durations) {
      expect(empirical).toMatchObject({ said: true, rank: 1, ofYears: 11, years: 12, largest: true });
      if (empirical.said) {
        expect(empirical.interval.low).toBeCloseTo(4.2, 1);
        expect(empirical.interval.high).toBeCloseTo(215, 0);
      }
      expect(table.said).toBe(false);
    }
  });

  test('lie so far below it that a curve through the other ten says only "rarer than 100 years"', () => {
    expect(asked.durations[4]?.fitted).toMatchObject({ said: true, ofYears: 10, years: 100, beyond: true });
  });

  test('say nothing at all while there are four of them', () => {
    const few = returnPeriods({
      ...{ fromMs, toMs, years: years.slice(7), year: 2013, table: undefined, perMm: 1_000 },
      hours: within(hours, fromMs - 72 * HOUR_MS, toMs),
      tenMinutes: stretchOf([], fromMs - 72 * HOUR_MS, toMs, TEN_MS),
    });
    for (const { empirical, fitted } of few.durations) {
      expect(empirical).toMatchObject({ said: false, why: { en: expect.stringContaining('3 complete years') } });
      expect(fitted.said).toBe(false);
    }
  });

  test('put the 24 h before noon of 12 September 2013 above every day of the season', () => {
    const nowMs = Date.parse('2013-09-12T16:30:00-07:00');
    const earlier = new Map(
      Array.from({ length: 10 }, (_, index) => {
        const year = 2003 + index;
        const from = calendar.startOf(firstDayOf(year) + 200);
        return [year, within(hours, from, from + 100 * DAY_MS)] as const;
      }),
    );
    const recent = within(hours, nowMs - 383 * DAY_MS, nowMs + HOUR_MS);
    const season = seasonOf({ calendar, recent, earlier }, 'sum24h', nowMs, { text: 'mm', perUnit: 1_000 });
    if (!season.said) throw new Error(season.why.en);
    expect(season.value).toBeCloseTo(248.92, 2);
    const { sameSeason, last30d, last365d } = season.spans;
    expect(sameSeason).toMatchObject({ said: true, percentile: 100, years: 10 });
    // 31 days of ten years, less those with hours missing (2005, 2008 …).
    if (sameSeason.said) expect(sameSeason.days + sameSeason.incompleteDays).toBe(310);
    expect(last30d.said).toBe(true);
    expect(last365d).toMatchObject({ said: true, percentile: 100 });
  });
});

describe.skipIf(!isThere(PREONZO))('the extensometer at Preonzo', () => {
  const endMs = Date.UTC(2012, 4, 15);
  const hours = preonzoHours(endMs);
  const first = hours[0]?.fromMs ?? 0;

  test('speeds up twice: a short time in April, and from 26 April until it is gone', () => {
    const found = accelerationsIn(within(hours, first, endMs), 100, 3);
    if (!found.said) throw new Error(found.why.en);
    expect(found.episodes).toHaveLength(2);
    const [last, before] = found.episodes;
    // 2.888 mm an hour in the last twelve samples (domain golden value of index 37062).
    expect(last).toMatchObject({ kind: 'acceleration', endMs: null });
    expect(last?.peakMmPerD).toBeCloseTo(2.888 * 24, 1);
    expect(last?.movedMm).toBeGreaterThan(150);
    expect(before?.peakMmPerD).toBeLessThan(10);
    expect(found.noiseMm).toBeLessThan(0.3);
  });

  test('has a hole of a day that parts the movement and is said to', () => {
    const fromMs = endMs - 200 * HOUR_MS;
    const torn = hours.filter((bucket) => bucket.fromMs < fromMs || bucket.fromMs >= fromMs + DAY_MS);
    const found = accelerationsIn(within(torn, first, endMs), 100, 5);
    if (!found.said) throw new Error(found.why.en);
    expect(found.episodes.some(({ endedByGap }) => endedByGap)).toBe(true);
    expect(found.episodes[0]).toMatchObject({ endMs: null });
  });
});

describe.skipIf(!isThere(GRAND_RAPIDS))('the quiet Grand River', () => {
  test('tells times to a limit as a range, and none inside noise', () => {
    const readings = grandRapids();
    const tens = readings.map(({ atMs, value }) => ({
      ...{ fromMs: Math.floor(atMs / TEN_MS) * TEN_MS, toMs: Math.floor(atMs / TEN_MS) * TEN_MS + TEN_MS },
      ...{ n: 1, min: value, max: value, sum: value, last: value, suspect: 0, bad: 0 },
    }));
    // Two centimetres above whatever it is: within a day or two when it rises at all.
    const limitsAt = (steps: number) => [
      { name: { zh: '警戒', en: 'warning' }, limit: steps / 1_000 + 0.02, below: false },
    ];
    const directions = { up: 0, down: 0, none: 0 };
    let told = 0;
    const firstMs = readings[0]?.atMs ?? 0;
    for (let day = 8; day < 118; day++) {
      const nowMs = firstMs + day * DAY_MS;
      const near = tens.filter(({ fromMs }) => nowMs - 8 * DAY_MS <= fromMs && fromMs <= nowMs);
      const ten = stretchOf(near, nowMs - 8 * DAY_MS, nowMs + TEN_MS, TEN_MS);
      const outlook = outlookOf(
        ten,
        stretchOf([], nowMs, nowMs, HOUR_MS),
        nowMs,
        { text: 'm', perUnit: 1_000 },
        limitsAt(near.at(-1)?.sum ?? 0),
      );
      if (!outlook.said) continue;
      const span = outlook.spans[1];
      if (span === undefined || !span.slope.said) continue;
      directions[span.slope.direction]++;
      for (const limit of span.limits) {
        if (limit.kind !== 'in') continue;
        told++;
        expect(limit.latestH ?? Number.POSITIVE_INFINITY).toBeGreaterThan(limit.earliestH * 1.1);
        expect(limit.earliestH).toBeLessThanOrEqual(4 * 24);
      }
    }
    expect(Object.values(directions).every((count) => count > 0)).toBe(true);
    expect(told).toBeGreaterThan(0);
  });
});

describe.skipIf(!isThere(SEATTLE))('a year and a half at Paine Field', () => {
  test('is too short for the season, and enough for the last 30 and 365 days', () => {
    const hours = seattleHours();
    const calendar = createCalendar('Etc/GMT+8');
    const nowMs = Date.parse('2011-11-23T03:00:00-08:00');
    const recent = within(hours, nowMs - 383 * DAY_MS, nowMs + HOUR_MS);
    const season = seasonOf({ calendar, recent, earlier: new Map() }, 'sum24h', nowMs, { text: 'mm', perUnit: 1_000 });
    if (!season.said) throw new Error(season.why.en);
    expect(season.spans.sameSeason).toMatchObject({ said: false, why: { zh: expect.stringContaining('不作比较') } });
    expect(season.spans.last365d).toMatchObject({ said: true });
    if (season.spans.last365d.said) expect(season.spans.last365d.percentile).toBeGreaterThan(95);
  });
});
