/** Trends of series made for the purpose: gaps, noise, calendars, limits. */
import { describe, expect, test } from 'vitest';
import { isComplete, LEAD_H, largestWindow, yearMaxima } from '#dashboards/api/trend/annual.ts';
import { createCalendar, dateText, sameDayIn } from '#dashboards/api/trend/calendar.ts';
import { limitsOf } from '#dashboards/api/trend/limits.ts';
import { returnPeriodLines } from '#dashboards/api/trend/lines.ts';
import { outlookOf } from '#dashboards/api/trend/outlook.ts';
import { returnPeriods } from '#dashboards/api/trend/return-period.ts';
import { sameDay } from '#dashboards/api/trend/same-day.ts';
import { rankAmong, sampleAt, seasonOf } from '#dashboards/api/trend/season.ts';
import { stretchOf } from '#dashboards/api/trend/stretch.ts';
import type { Bucket } from '#model/history.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import { FROM, said, stretch, TEN_MS, wiggle } from './made.ts';
import { hourBucket } from './recorded.ts';

test('a crack that has been measured for an hour has too few data, not none', () => {
  const calendar = createCalendar('Asia/Shanghai');
  const unit = { text: 'mm', perUnit: 100 };
  const season = (recent: ReturnType<typeof stretch>) =>
    seasonOf({ calendar, recent, earlier: new Map() }, 'ratePerDay', FROM + 29.5 * HOUR_MS, unit);
  expect(season(stretch(30, (at) => (at === 29 ? 1_000 : null)))).toMatchObject({
    said: false,
    why: { en: expect.stringContaining('too few') },
  });
  expect(season(stretch(30, (at) => (at === 2 ? 1_000 : null)))).toMatchObject({
    said: false,
    why: { en: expect.stringContaining('no recent') },
  });
});

describe('rain with hours missing', () => {
  test('is a lower bound, never a zero', () => {
    const hours = stretch(24, (at) => (at === 5 ? null : 100));
    expect(sampleAt(hours, 'sum24h', FROM + DAY_MS)).toEqual({ value: 2_300, whole: false });
    expect(
      sampleAt(
        stretch(24, () => null),
        'sum24h',
        FROM + DAY_MS,
      ),
    ).toBeUndefined();
  });

  test('widens what a percentile may be, and a day that is known to lie above does not', () => {
    const days = (value: number, whole: boolean, count: number, year: number) =>
      Array.from({ length: count }, () => ({ year, sample: { value, whole } }));
    const base = [1, 2, 3, 4].flatMap((year) => [...days(0, true, 10, year), ...days(50, true, 10, year)]);
    const torn = [...days(5, false, 10, 1), ...days(80, false, 10, 2)];
    const rank = said(rankAmong('sameSeason', 60, [...base, ...torn], 1));
    expect(rank).toMatchObject({ days: 80, years: 4, incompleteDays: 20 });
    // All 80 whole days lie below; of the 20 torn ones, 10 are above for certain and 10 are open.
    expect(rank.lowest).toBeCloseTo(80);
    expect(rank.highest).toBeCloseTo(90);
    expect(rank.percentile).toBeLessThanOrEqual(rank.highest);
  });

  test('is no rain only where nothing is missing', () => {
    const figures = (hours: ReturnType<typeof stretch>) =>
      returnPeriodLines(
        returnPeriods({
          ...{ fromMs: FROM + 100 * HOUR_MS, toMs: FROM + 200 * HOUR_MS, hours, years: [], year: 2026 },
          ...{ tenMinutes: stretchOf([], FROM, FROM + 200 * HOUR_MS, TEN_MS), table: undefined, perMm: 1_000 },
        }),
        'Asia/Shanghai',
      ).map(({ figure }) => figure.zh);
    expect(new Set(figures(stretch(200, () => 0)))).toEqual(new Set(['无雨']));
    expect(new Set(figures(stretch(200, (at) => (at === 199 ? 0 : null))))).toEqual(new Set(['至少 0.0 mm（有缺测）']));
  });

  test('is of a rarity that is the least that can be said', () => {
    const one = (mm: number, isWhole: boolean) => {
      const hours = stretch(200, (at) => (at === 199 ? mm * 1_000 : isWhole ? 0 : null));
      const table = { source: '手册', rows: [{ hours: 1, meanMm: 20, cv: 0.5, cs: 2 }] };
      const periods = returnPeriods({
        ...{ fromMs: FROM + 100 * HOUR_MS, toMs: FROM + 200 * HOUR_MS, hours, years: [], year: 2026 },
        ...{ tenMinutes: stretchOf([], FROM, FROM + 200 * HOUR_MS, TEN_MS), table, perMm: 1_000 },
      });
      const [hour] = periods.durations;
      if (hour === undefined) throw new Error('no duration');
      // The window of an hour is whole here: what is missing is said of it.
      const durations = [{ ...hour, lowerBound: !isWhole }];
      return returnPeriodLines({ ...periods, durations }, 'Asia/Shanghai')[0]?.figure.zh;
    };
    expect(one(30, true)).toBe('30.0 mm；参数表 7.4 年一遇');
    expect(one(30, false)).toBe('至少 30.0 mm（有缺测）；参数表 至少 7.4 年一遇');
    expect(one(5, true)).toBe('5.0 mm；参数表 不足 2 年一遇');
    expect(one(5, false)).toBe('至少 5.0 mm（有缺测）');
  });

  test('is not ranked among two years, or among 40 days', () => {
    const of = (years: number, count: number) =>
      Array.from({ length: years * count }, (_, at) => ({ year: at % years, sample: { value: at, whole: true } }));
    expect(rankAmong('sameSeason', 1, of(2, 31), 1).said).toBe(false);
    expect(rankAmong('sameSeason', 1, of(4, 10), 1).said).toBe(false);
    expect(rankAmong('sameSeason', 1, of(3, 20), 1).said).toBe(true);
  });

  test('does not count a year with a quarter of it missing, or with seven weeks in a row', () => {
    const year = (missing: (hour: number) => boolean) =>
      yearMaxima(
        stretch(LEAD_H + 8_760, (at) => (missing(at - LEAD_H) ? null : 1)),
        2025,
      );
    expect(isComplete(year(() => false))).toBe(true);
    expect(isComplete(year((hour) => hour % 10 === 0))).toBe(true);
    expect(isComplete(year((hour) => hour % 4 === 0))).toBe(false);
    expect(isComplete(year((hour) => hour >= 1_000 && hour < 1_000 + 49 * 24))).toBe(false);
  });

  test('slides: of 10 mm a quarter past to a quarter past, clock hours see less than ten-minute windows', () => {
    const tens = (count: number, value: (at: number) => number) =>
      stretchOf(
        Array.from({ length: count }, (_, at): Bucket => {
          const fromMs = FROM + at * TEN_MS;
          return { ...hourBucket(fromMs, value(at)), toMs: fromMs + TEN_MS };
        }),
        FROM,
        FROM + count * TEN_MS,
        TEN_MS,
      );
    const rain = (at: number) => (at >= 1_000 && at < 1_006 ? 5_000 : 0);
    expect(largestWindow(tens(1_200, rain), 6, 900, 1_200)).toMatchObject({ sum: 30_000, end: 1_006, missing: 0 });
    const years = Array.from({ length: 6 }, (_, index) => ({
      ...{ year: 2020 + index, hours: 8_760, knownHours: 8_760, longestGapH: 0 },
      largest: [10_000, 20_000, 30_000, 40_000, 50_000, 60_000],
    }));
    const hours = stretch(200, (hour) => [0, 1, 2, 3, 4, 5].reduce((sum, at) => sum + rain(hour * 6 + at), 0));
    const source = '手册';
    const asked = returnPeriods({
      ...{ fromMs: FROM + 100 * HOUR_MS, toMs: FROM + 200 * HOUR_MS, tenMinutes: tens(1_200, rain), hours, years },
      ...{ year: 2026, perMm: 1_000, table: { source, rows: [{ hours: 1, meanMm: 20, cv: 0.5, cs: 2 }] } },
    });
    const [hour, three] = asked.durations;
    expect(hour).toMatchObject({ slidingMm: 30, clockMm: 20, lowerBound: false });
    // Mean 20, Cv 0.5, Cs 2: 30 mm is Φ = 1, exceeded with e^−2.
    expect(hour?.table).toMatchObject({ said: true, source });
    expect(said(hour?.table ?? { said: false }).years).toBeCloseTo(Math.exp(2), 6);
    expect(three?.table).toMatchObject({ said: false, why: { zh: '参数表里没有 3 小时' } });
    expect(hour?.empirical).toMatchObject({ said: true, rank: 1, ofYears: 7, years: 8 });
    expect(hour?.fitted).toMatchObject({
      said: false,
      why: { en: expect.stringContaining('6 years do not fix a skew') },
    });
  });

  test('is no rarer than its ties, nor than what fell earlier in its own year', () => {
    const hours = stretch(200, (hour) => (hour === 150 ? 20_000 : 0));
    const year = (number: number, mm: number) => ({
      ...{ year: number, hours: 8_760, knownHours: 8_760, longestGapH: 0 },
      largest: [1, 3, 6, 12, 24, 72].map(() => mm * 1_000),
    });
    const ranked = (earlier: readonly number[], own: number) => {
      const years = [...earlier.map((mm, index) => year(2010 + index, mm)), year(2026, own)];
      const tenMinutes = stretchOf([], FROM, FROM + 200 * HOUR_MS, TEN_MS);
      const span = { fromMs: FROM + 100 * HOUR_MS, toMs: FROM + 200 * HOUR_MS };
      const asked = returnPeriods({
        ...{ ...span, tenMinutes, hours, years, year: 2026, table: undefined, perMm: 1_000 },
      });
      return asked.durations[0];
    };
    expect(ranked([20, 20, 10, 10, 10], 20)?.empirical).toMatchObject({ rank: 3, ofYears: 6, years: 7 / 3 });
    expect(ranked([19, 19, 10, 10, 10], 25)?.empirical).toMatchObject({ rank: 2, ofYears: 6, largest: false });
    expect(ranked([19, 19, 10, 10], 20)?.empirical).toMatchObject({ said: false });
    // Ten years and more are fitted: 20 mm is what about every second year exceeds.
    const fitted = said(ranked([14, 16, 17, 18, 19, 20, 21, 22, 24, 27, 30], 20)?.fitted ?? { said: false });
    expect(fitted).toMatchObject({ ofYears: 11, beyond: false });
    expect(fitted.years).toBeGreaterThan(1.6);
    expect(fitted.years).toBeLessThan(2.4);
    expect(fitted.interval.low).toBeLessThan(fitted.years);
    expect(fitted.interval.high).toBeGreaterThan(fitted.years);
  });
});

describe('the same day', () => {
  const calendar = createCalendar('Asia/Shanghai');

  test('of 29 February is 28 February where there is none', () => {
    const leap = Date.UTC(2028, 1, 29) / DAY_MS;
    expect(dateText(sameDayIn(leap, 2027))).toBe('2027-02-28');
    expect(dateText(sameDayIn(leap, 2024))).toBe('2024-02-29');
    expect(dateText(sameDayIn(Date.UTC(2028, 2, 1) / DAY_MS, 2027))).toBe('2027-03-01');
  });

  test('begins at local midnight, also where clocks are put forward', () => {
    expect(calendar.startOf(Date.UTC(2026, 5, 1) / DAY_MS)).toBe(Date.parse('2026-06-01T00:00:00+08:00'));
    const newYork = createCalendar('America/New_York');
    const day = Date.UTC(2026, 2, 8) / DAY_MS;
    expect(newYork.startOf(day)).toBe(Date.parse('2026-03-08T00:00:00-05:00'));
    expect(newYork.startOf(day + 1)).toBe(Date.parse('2026-03-09T00:00:00-04:00'));
    expect(newYork.startOf(day + 1) - newYork.startOf(day)).toBe(23 * HOUR_MS);
  });

  test('is compared up to the running hour; rain as sums, gaps as lower bounds', () => {
    const nowMs = Date.parse('2026-06-03T09:30:00+08:00');
    const from = Date.parse('2025-06-01T00:00:00+08:00');
    // One millimetre an hour; from 3 to 4 o'clock of today nothing is known.
    const lost = Date.parse('2026-06-03T03:00:00+08:00');
    const count = Math.ceil((nowMs - from) / HOUR_MS);
    const recent = stretch(count, (at) => (from + at * HOUR_MS === lost ? null : 1_000), from);
    const earlier = new Map(
      [2025, 2024, 2023, 2022].map((year) => {
        const start = Date.parse(`${year}-06-01T00:00:00+08:00`);
        return [year, stretch(72, (at) => (year === 2022 && at === 50 ? null : 2_000), start)] as const;
      }),
    );
    const asked = sameDay({ calendar, recent, earlier }, nowMs, { isSum: true, unit: 'mm', perUnit: 1_000 });
    expect(asked.untilHour).toBe(9);
    expect(asked.today).toMatchObject({ said: true, date: '2026-06-03', value: 9, lowerBound: true });
    expect(asked.yesterday).toMatchObject({ said: true, value: 10, lowerBound: false });
    expect(asked.lastYear).toMatchObject({ said: true, date: '2025-06-03', value: 20 });
    expect(asked.mean).toMatchObject({ said: true, value: 20, years: 3, leftOut: 1 });
    expect(asked.hours[3]).toMatchObject({ today: null, yesterday: 4, lastYear: 8, mean: 8, years: 3 });
    expect(asked.hours[9]).toMatchObject({ today: 9 });
    expect(asked.hours[10]).toMatchObject({ today: null, yesterday: 11 });
  });
});

describe('the outlook', () => {
  const unit = { text: 'm', perUnit: 1_000 };
  const limit = { name: { zh: '警戒', en: 'warning' }, limit: 2, below: false };
  const rising = (perHour: number, noise: number) => {
    const tens = Array.from({ length: 1_008 }, (_, at): Bucket => {
      const fromMs = FROM + at * TEN_MS;
      const value = Math.round(1_000 + (perHour * Math.max(0, at - 864)) / 6 + noise * wiggle(at));
      return { ...hourBucket(fromMs, value), toMs: fromMs + TEN_MS };
    });
    const ten = stretchOf(tens, FROM, FROM + 1_008 * TEN_MS, TEN_MS);
    return said(
      outlookOf(
        ten,
        stretch(168, () => 1_000),
        FROM + 1_008 * TEN_MS - 1,
        unit,
        [limit],
      ),
    );
  };

  test('of 20 mm an hour gives from … to around the true time, never a point', () => {
    const outlook = rising(20, 2);
    const day = outlook.spans[1];
    expect(outlook.value).toBeCloseTo(1.48, 1);
    const [to] = day?.limits ?? [];
    if (to?.kind !== 'in') throw new Error(JSON.stringify(day));
    // 0.52 m at 0.02 m/h: 26 h.
    expect(to.earliestH).toBeLessThan(26);
    expect(to.latestH).toBeGreaterThan(26);
    expect((to.latestH ?? 0) - to.earliestH).toBeGreaterThan(4);
  });

  test('of noise alone is no trend, and no limit is on its way', () => {
    const day = rising(0, 30).spans[1];
    expect(said(day?.slope ?? { said: false }).direction).toBe('none');
    expect(day?.limits).toMatchObject([{ kind: 'away' }]);
  });

  test('of a level that wanders without going anywhere is a trend in few cases of a hundred', () => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 4_294_967_296 - 0.5;
    };
    let trends = 0;
    for (let round = 0; round < 200; round++) {
      let error = 0;
      const tens = Array.from({ length: 150 }, (_, at): Bucket => {
        // Each value shares nine tenths of its error with the one before.
        error = 0.9 * error + 40 * random();
        return { ...hourBucket(FROM + at * TEN_MS, Math.round(1_000 + error)), toMs: FROM + (at + 1) * TEN_MS };
      });
      const ten = stretchOf(tens, FROM, FROM + 150 * TEN_MS, TEN_MS);
      const outlook = said(
        outlookOf(
          ten,
          stretch(1, () => null),
          FROM + 150 * TEN_MS - 1,
          unit,
          [limit],
        ),
      );
      const slope = said(outlook.spans[1]?.slope ?? { said: false });
      if (slope.direction !== 'none') trends++;
    }
    expect(trends).toBeLessThan(30);
  });

  test('says what a slope that runs away has reached, not the mean of its last ten minutes nor a time to come', () => {
    const at = (index: number) => FROM + index * TEN_MS;
    const still = Array.from({ length: 140 }, (_, index) => ({
      ...{ fromMs: at(index), toMs: at(index + 1), n: 10, min: 200, max: 200, sum: 2_000, last: 200 },
      ...{ suspect: 0, bad: 0 },
    }));
    const runaway = { ...{ n: 4, min: 200, max: 8_600, sum: 12_200, last: 8_600 }, suspect: 0, bad: 0 };
    const tens: Bucket[] = [...still, { fromMs: at(140), toMs: at(141), ...runaway }];
    const nowMs = at(140) + 240_000;
    const ten = stretchOf(tens, FROM, at(141), TEN_MS);
    const none = stretch(1, () => null);
    const red = { ...limit, limit: 80 };
    const outlook = said(outlookOf(ten, none, nowMs, { text: 'mm', perUnit: 100 }, [red]));
    expect(outlook.value).toBe(86);
    expect(outlook.atMs).toBe(nowMs);
    expect(outlook.spans[1]?.limits).toMatchObject([{ kind: 'passed' }]);
  });

  test('of a flood that rises ever faster is up, although the values hang together', () => {
    const tens = Array.from({ length: 150 }, (_, at): Bucket => {
      return { ...hourBucket(FROM + at * TEN_MS, Math.round(1_000 + at ** 2 / 20)), toMs: FROM + (at + 1) * TEN_MS };
    });
    const ten = stretchOf(tens, FROM, FROM + 150 * TEN_MS, TEN_MS);
    const outlook = said(
      outlookOf(
        ten,
        stretch(1, () => null),
        FROM + 150 * TEN_MS - 1,
        unit,
        [{ ...limit, limit: 2.5 }],
      ),
    );
    for (const span of outlook.spans.slice(0, 2)) {
      expect(said(span.slope).direction).toBe('up');
      expect(span.limits).toMatchObject([{ kind: 'in' }]);
    }
  });

  test('looks no further ahead than four times back', () => {
    // 0.004 m/h for a day: a metre is ten days off.
    expect(rising(4, 1).spans[1]?.limits).toMatchObject([{ kind: 'beyond' }]);
  });

  test('of a station that reports by the hour is made of hours', () => {
    const hourly = stretch(168, (at) => 1_000 + 10 * at);
    const tens = Array.from({ length: 168 }, (_, at) => hourBucket(FROM + at * HOUR_MS, 1_000 + 10 * at));
    const ten = stretchOf(tens, FROM, FROM + 168 * HOUR_MS, TEN_MS);
    const outlook = said(outlookOf(ten, hourly, FROM + 168 * HOUR_MS - 1, unit, []));
    for (const span of outlook.spans) expect(said(span.slope).perDay).toBeCloseTo(0.24, 6);
  });

  test('is not said of a span of which most is missing', () => {
    const lone = { ...hourBucket(FROM + 1_000 * TEN_MS, 1_000), toMs: FROM };
    const ten = stretchOf([lone], FROM, FROM + 1_008 * TEN_MS, TEN_MS);
    const outlook = said(
      outlookOf(
        ten,
        stretch(168, (at) => (at > 60 ? null : 1_000)),
        FROM + 1_008 * TEN_MS - 1,
        unit,
        [limit],
      ),
    );
    for (const span of outlook.spans) expect(span.slope.said).toBe(false);
  });
});

describe('the limits of a sensor', () => {
  const text = { zh: '水位', en: 'level' };
  const sensor = { id: 's', pointId: 'p', edgeId: 'e', quantity: 'level', name: text, staleAfterMs: 1 } as const;
  const level = (limit: number) => ({ level: 'red', limit, deadband: 0, onDelayMs: 0, offDelayMs: 0 }) as const;
  const rule = { rule: 'r@1', title: text, hazard: 'flood', pointId: 'p', sensorId: 's' } as const;
  const ruleSet = {
    rules: [
      {
        ...rule,
        measure: { kind: 'value' },
        limits: [level(3_000)],
        schedule: { whens: [{ fromDate: 415, toDate: 1015 }], limits: { '1': [level(2_500)] } },
      },
      { ...rule, measure: { kind: 'value' }, limits: [level(-500)], below: true },
      { ...rule, measure: { kind: 'rate', windowMs: 1, minSamples: 2 }, limits: [level(9)] },
      { ...rule, sensorId: 'other', measure: { kind: 'value' }, limits: [level(1)] },
    ],
  } as unknown as CompiledRuleSet;
  const at = (day: string) =>
    limitsOf(sensor, undefined, [ruleSet], Date.parse(`${day}T12:00:00+08:00`), 'Asia/Shanghai').map(
      ({ limit, below }) => [limit, below],
    );

  test('are those of its own value, in the season that it is, and downwards where the rule is', () => {
    expect(at('2026-01-10')).toEqual([
      [0.5, true],
      [3, false],
    ]);
    expect(at('2026-06-10')).toEqual([
      [0.5, true],
      [2.5, false],
    ]);
  });

  test('are the station’s own too, as its gauge reads them', () => {
    const water = { datum: 'assumed', zeroM: 398, floodSeason: null, limits: { warning: 413.2 } } as const;
    const point = { water } as unknown as Parameters<typeof limitsOf>[1];
    expect(limitsOf(sensor, point, [], 0, 'UTC')).toEqual([
      { name: { zh: '警戒水位', en: 'warning level' }, limit: 15.2, below: false },
    ]);
  });
});
