import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import type { WaterTable } from '#model/water.ts';
import { openPlace, paramsOf, type Said, type SensorSpec } from './testing/open-place.ts';
import { timeToLevel } from './time-to-level.ts';

const T0 = Date.UTC(2026, 5, 3);
const WATER: WaterTable = {
  datum: '1985',
  zeroM: 398,
  floodSeason: { fromDate: 415, toDate: 1015 },
  limits: { floodLimit: 412.5, floodHigh: 413.2, design: 413.8 },
};
const GAUGE: SensorSpec = { id: 'gauge', quantity: 'level', staleAfterMs: 20 * MINUTE_MS };
const METERS: readonly SensorSpec[] = [
  { id: 'river-in', role: 'inflow', quantity: 'flow', staleAfterMs: 20 * MINUTE_MS },
  { id: 'gate-out', role: 'outflow', quantity: 'flow', staleAfterMs: 20 * MINUTE_MS },
];
const open = (raw: object, sensors: readonly SensorSpec[] = [GAUGE]) =>
  openPlace(timeToLevel, paramsOf(timeToLevel, raw, WATER), sensors);
const course = (minutes: number, levelM: (minute: number) => number): Said[] =>
  Array.from({ length: minutes / 5 + 1 }, (_, index) => ({
    ...{ input: 0, atMs: T0 + index * 5 * MINUTE_MS },
    value: Math.round(levelM(index * 5) * 1_000),
  }));
const END = T0 + HOUR_MS;

describe('the time until water reaches a level', () => {
  it('is what is missing divided by the rate of rise, with the name of the level and the instant', () => {
    const figure = open({ to: { station: 'floodLimit' } }).sayAll(course(60, (minute) => 13 + (0.6 * minute) / 60));
    // 13.6 m now, 14.5 m is the flood season limit as this gauge reads it, 0.6 m/h.
    expect(figure?.value).toBeCloseTo(1.5, 6);
    expect(figure?.say()).toEqual({
      zh: '水位 13.600 m，预计最早 1.50 小时后到达汛限水位 14.5 m（最迟 1.50 小时；1 小时涨率 0.600 m/h）',
      en: 'water level of 13.600 m may reach the flood season limit level of 14.5 m in 1.50 h at the earliest (1.50 h at the latest; at 0.600 m/h over 1 hour)',
    });
    expect(figure?.forecast?.fromMs).toBeCloseTo(END + 1.5 * HOUR_MS, -3);
  });

  it('looks at the next level above the water, and is 0 when the last one is reached', () => {
    const rising = (fromM: number) => course(60, (minute) => fromM + (0.6 * minute) / 60);
    const levels = { to: [{ station: 'design' }, { station: 'floodLimit' }, { datum: 413.2 }] };
    expect(open(levels).sayAll(rising(14.2))?.value).toBeCloseTo((15.2 - 14.8) / 0.6, 6);
    const over = open(levels).sayAll(rising(15.3));
    expect(over?.value).toBe(0);
    expect(over?.say().zh).toBe('水位 15.900 m，已达设计洪水位 15.8 m');
  });

  it('is far away while the rise is within the noise, or the water falls', () => {
    for (const perHour of [0.04, 0, -0.5]) {
      const figure = open({ to: 14.5 }).sayAll(course(60, (minute) => 14.3 + (perHour * minute) / 60));
      expect(figure).toMatchObject({ value: 72, mayLower: true });
      expect(figure?.forecast).toBeUndefined();
      expect(figure?.say().en).toContain('does not reach 14.5 m within 3 days');
    }
  });

  it('is an interval where the rise is uneven, and its early end is the figure', () => {
    const figure = open({ to: 14.5 }).sayAll(
      course(60, (minute) => 13 + (0.6 * minute) / 60 + (minute % 10 ? 0.03 : 0)),
    );
    expect(figure?.value).toBeLessThan(1.5);
    expect(figure?.forecast?.toMs).toBeGreaterThan(END + 1.5 * HOUR_MS);
    expect(figure?.forecast?.fromMs).toBeCloseTo(END + (figure?.value ?? 0) * HOUR_MS, -1);
  });

  it('does not lower by few samples or suspect ones', () => {
    expect(open({ to: 14.5 }).sayAll(course(20, () => 14))?.mayLower).toBe(false);
    const { sayAll, say } = open({ to: 14.5 });
    sayAll(course(60, () => 14));
    expect(say({ input: 0, atMs: END + 5 * MINUTE_MS, value: 14_000, suspect: true })).toMatchObject({
      mayLower: false,
      mayBeMore: true,
    });
  });
});

describe('the time until a reservoir is full to a level, by its storage', () => {
  const STORAGE = {
    to: { station: 'floodLimit' },
    flowError: 0.1,
    storage: [
      { level: { datum: 410 }, volume: 100 },
      { level: { datum: 412 }, volume: 160 },
      { level: { datum: 414 }, volume: 240 },
    ],
  };
  const meters = (inflow: number, outflow: number, atMs = END): Said[] => [
    { input: 1, atMs, value: inflow * 1_000 },
    { input: 2, atMs, value: outflow * 1_000 },
  ];
  const still = course(60, () => 12);

  it('is the room that is left divided by inflow less outflow, before the level rises at all', () => {
    // 12 m on the gauge is 410 m: 100 of 180; 80 × 10,000 m³ at 40 − 20 m³/s are 11.1 h, at 26 (6 more by error) 8.5 h.
    const figure = open(STORAGE, [GAUGE, ...METERS]).sayAll([...still, ...meters(40, 20)]);
    expect(figure?.value).toBeCloseTo(800_000 / 26 / 3_600, 9);
    expect(figure?.forecast?.toMs).toBe(Math.round(END + (800_000 / 14 / 3_600) * HOUR_MS));
    expect(figure?.say().zh).toContain('入库 40.0、出库 20.0 m³/s，尚可蓄 80.0 万 m³');
  });

  it('falls back to the rate of rise when a meter is missing, silent, suspect, or contradicts the gauge', () => {
    const rising = course(60, (minute) => 13 + (0.6 * minute) / 60);
    const cases: readonly (readonly Said[])[] = [
      meters(40, 20).slice(0, 1),
      meters(40, 20, END - HOUR_MS),
      meters(40, 20).map((one) => ({ ...one, suspect: true })),
      meters(10, 20),
    ];
    for (const said of cases) {
      const figure = open(STORAGE, [GAUGE, ...METERS]).sayAll([...said, ...rising]);
      expect(figure?.value).toBeCloseTo(1.5, 6);
      expect(figure?.say().en).toContain('at 0.600 m/h over 1 hour');
    }
  });

  it('says nothing by meters that go on beside a gauge that fell silent', () => {
    const { sayAll } = open(STORAGE, [GAUGE, ...METERS]);
    sayAll([...still, ...meters(40, 20)]);
    expect(sayAll(meters(40, 20, END + 20 * MINUTE_MS))?.value).toBeGreaterThan(0);
    expect(sayAll(meters(40, 20, END + 21 * MINUTE_MS))).toBeUndefined();
  });

  it('is far away when as much flows out as in', () => {
    expect(open(STORAGE, [GAUGE, ...METERS]).sayAll([...still, ...meters(20, 20)])?.value).toBe(72);
  });

  it('does not read the table beyond its ends', () => {
    const high = open({ ...STORAGE, to: 17 }, [GAUGE, ...METERS]).sayAll([...still, ...meters(40, 20)]);
    expect(high?.say().en).toContain('at 0.000 m/h over 1 hour');
  });

  it('finds rows that do not ascend', () => {
    const storage = [STORAGE.storage[1], STORAGE.storage[0]];
    const params = paramsOf(timeToLevel, { ...STORAGE, storage }, WATER);
    expect(timeToLevel.check?.(params)).toEqual([
      expect.objectContaining({ path: 'storage', message: 'row 2 of storage does not lie above the one before it' }),
    ]);
    expect(timeToLevel.check?.(paramsOf(timeToLevel, STORAGE, WATER))).toEqual([]);
  });
});

/** No slope of whole millimetres and minutes is just this. */
const NOISE = 0.0501234567;

/** From all samples at once: slot means of the last hour, a line, its standard error. */
function naive(samples: readonly Said[], target: number): number | undefined {
  const slots = new Map<number, Said[]>();
  for (const one of samples) {
    const slot = Math.floor(one.atMs / MINUTE_MS);
    slots.set(slot, [...(slots.get(slot) ?? []), one]);
  }
  const means = [...slots].map(([, all]) => ({
    t: all.reduce((sum, { atMs }) => sum + (atMs - T0) / HOUR_MS, 0) / all.length,
    v: all.reduce((sum, { value }) => sum + value / 1_000, 0) / all.length,
  }));
  means.sort((a, b) => a.t - b.t);
  const last = means.at(-1);
  const kept = means.filter(({ t }) => last !== undefined && t > last.t - 1 + 1e-12);
  if (last === undefined || kept.length < 4) return undefined;
  const n = kept.length;
  const meanT = kept.reduce((sum, { t }) => sum + t, 0) / n;
  const meanV = kept.reduce((sum, { v }) => sum + v, 0) / n;
  const tt = kept.reduce((sum, { t }) => sum + (t - meanT) ** 2, 0);
  const slope = kept.reduce((sum, { t, v }) => sum + (t - meanT) * (v - meanV), 0) / tt;
  const misses = kept.reduce((sum, { t, v }) => sum + (v - meanV - slope * (t - meanT)) ** 2, 0);
  const z = Math.max(last.v, meanV + slope * (last.t - meanT));
  if (z >= target) return 0;
  if (slope < NOISE) return 72;
  return Math.min(72, (target - z) / (slope + Math.sqrt(misses / (n - 2) / tt)));
}

describe('the time to a level against a naive one', () => {
  it('is the same in any order of arrival, with late, repeated and missing samples', () => {
    const seed = Date.now() % 2 ** 31;
    console.log('seed', seed);
    const sample = fc.record({
      minute: fc.integer({ min: 0, max: 150 }),
      off: fc.integer({ min: -80, max: 80 }),
      again: fc.boolean(),
    });
    const slope = fc.integer({ min: -3, max: 12 });
    fc.assert(
      fc.property(
        fc.array(sample, { minLength: 1, maxLength: 60 }),
        slope,
        fc.infiniteStream(fc.nat()),
        (drawn, mmAMinute, order) => {
          const said = drawn.flatMap(({ minute, off, again }): Said[] => {
            const one = { input: 0, atMs: T0 + minute * MINUTE_MS, value: 12_000 + mmAMinute * minute + off };
            return again ? [one, one] : [one];
          });
          const shuffled = said
            .map((one) => ({ one, key: order.next().value ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => one);
          const { say, sayAll } = open({ to: 13.2, noise: NOISE });
          sayAll(shuffled);
          const newest = said.reduce((a, b) => (b.atMs > a.atMs ? b : a));
          const expected = naive([...said, newest], 13.2);
          const figure = say(newest);
          if (expected === undefined) expect(figure).toBeUndefined();
          else expect(figure?.value).toBeCloseTo(expected, 6);
        },
      ),
      { seed, numRuns: 200 },
    );
  });
});
