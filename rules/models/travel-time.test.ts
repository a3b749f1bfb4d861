import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { openPlace, paramsOf, type Said, type SensorSpec } from './testing/open-place.ts';
import { travelTime } from './travel-time.ts';

const T0 = Date.UTC(2026, 5, 3);
const STALE = 30 * MINUTE_MS;
const SENSORS: readonly SensorSpec[] = [
  { id: 'town-bridge', quantity: 'level', staleAfterMs: STALE },
  { id: 'upper-mill', role: 'upstream', quantity: 'level', staleAfterMs: STALE },
];
const open = (raw: object) => openPlace(travelTime, paramsOf(travelTime, { lag: '3h', band: '30m', ...raw }), SENSORS);
const own = (minute: number, m: number): Said => ({
  input: 0,
  atMs: T0 + minute * MINUTE_MS,
  value: Math.round(m * 1_000),
});
const upstream = (minute: number, m: number): Said => ({ ...own(minute, m), input: 1 });
/** Both stations every 15 minutes; the wave passes the upper one by the minute. */
const both = (minutes: number, here: number, there: (minute: number) => number): Said[] =>
  Array.from({ length: minutes / 15 + 1 }, (_, n) => [own(n * 15, here), upstream(n * 15, there(n * 15))]).flat();
const TABLE = {
  relation: [
    { upstream: 2, here: 1 },
    { upstream: 5, here: 3 },
    { upstream: 6, here: 4.5 },
  ],
};

describe('what an upstream station has seen', () => {
  it('is expected here by the table of corresponding stages, with both stations and the time in the reason', () => {
    const { sayAll, say } = open(TABLE);
    sayAll(both(240, 1, (minute) => (minute === 180 ? 5.5 : 2)));
    const figure = say(own(255, 1));
    expect(figure?.value).toBeCloseTo(3.75, 9);
    expect(figure?.mayLower).toBe(true);
    expect(figure?.forecast).toEqual({ fromMs: T0 + 330 * MINUTE_MS, toMs: T0 + 390 * MINUTE_MS });
    expect(figure?.say()).toEqual({
      zh: '上游站 upper-mill 水位 5.5 m，约 105 分钟后到达（±30 分钟），预计本站 town-bridge 达 3.75 m',
      en: 'the water level of 5.5 m at upper-mill upstream is due in about 105 minutes (± 30 minutes) and makes 3.75 m of it at town-bridge',
    });
  });

  it('is expected no longer once the wave has had its time to come by', () => {
    const { sayAll, say } = open(TABLE);
    sayAll(both(210, 1, (minute) => (minute === 15 ? 5 : 2)));
    // It passed there at 15 minutes: three hours and the band of half an hour are over at 225.
    expect(say(upstream(224, 2))?.value).toBeCloseTo(3, 9);
    expect(say(upstream(225, 2))?.value).toBeCloseTo(1, 9);
  });

  it('is due by the first of equal crests', () => {
    const figure = open(TABLE).sayAll(both(240, 1, (minute) => (minute >= 180 ? 5 : 2)));
    expect(figure?.forecast).toEqual({ fromMs: T0 + 330 * MINUTE_MS, toMs: T0 + 390 * MINUTE_MS });
  });

  it('is drawn on beyond the table, and says so', () => {
    const figure = open(TABLE).sayAll([...both(240, 1, () => 2), upstream(250, 7)]);
    expect(figure?.value).toBeCloseTo(6, 9);
    expect(figure?.say().zh).toContain('超出相应水位关系表');
  });

  it('is the stage here and the rise there, where there is no table', () => {
    const figure = open({ ratio: 0.8 }).sayAll(both(240, 1, (minute) => (minute < 180 ? 2 : 2 + (minute - 180) / 100)));
    expect(figure?.value).toBeCloseTo(1 + 0.8 * 0.6, 9);
    expect(figure?.say().en).toContain('(it rose by 0.60 m there, and stands at 1.0 m here)');
  });

  it('is unknown by the rise until the stage there one travel time ago is known', () => {
    const figures = both(180, 1, () => 2).map(open({}).say);
    const firstKnown = figures.findIndex((figure) => figure !== undefined);
    // Two and a half hours: the travel time less the band.
    expect(firstKnown).toBe(2 * (150 / 15));
  });

  it('is unknown by the rise when the station here is silent', () => {
    const { sayAll, say } = open({});
    sayAll(both(240, 1, () => 2));
    expect(say(upstream(269, 4))?.value).toBeCloseTo(3, 9);
    expect(say(upstream(271, 4))).toBeUndefined();
  });

  it('is a lower bound when the upstream station was silent for a part of the travel time', () => {
    const { sayAll, say } = open(TABLE);
    sayAll(
      both(240, 1, () => 2).filter(
        ({ input, atMs }) => input === 0 || atMs <= T0 + 90 * MINUTE_MS || atMs > T0 + 180 * MINUTE_MS,
      ),
    );
    const figure = say(own(241, 1));
    expect(figure).toMatchObject({ mayLower: false, mayBeMore: true });
    // 105 minutes without a word, 30 of them allowed, of 210.
    expect(figure?.coverage).toBeCloseTo(1 - 75 / 210, 9);
  });

  it('does not lower while a suspect sample lies in it', () => {
    const { sayAll, say } = open(TABLE);
    sayAll(both(240, 1, () => 2));
    expect(say({ ...upstream(241, 2), suspect: true })?.mayLower).toBe(false);
    expect(say(upstream(242, 2))?.mayLower).toBe(false);
  });

  it('finds a band as wide as the travel time and a table that does not ascend', () => {
    const check = (raw: object) =>
      travelTime.check?.(paramsOf(travelTime, { lag: '1h', ...raw })).map(({ path }) => path);
    expect(check({ band: '1h' })).toEqual(['band']);
    expect(check({ relation: [...TABLE.relation].reverse() })).toEqual(['relation']);
    expect(check(TABLE)).toEqual([]);
  });
});

describe('what is expected against a naive one', () => {
  it('is the same in any order of arrival, with late, repeated and missing samples', () => {
    const seed = Date.now() % 2 ** 31;
    console.log('seed', seed);
    // At most one sample a slot of 105 s, so that the naive one needs no slots.
    const sample = fc.record({
      n: fc.integer({ min: 0, max: 200 }),
      value: fc.integer({ min: 1_000, max: 7_000 }),
      there: fc.boolean(),
      again: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 120 }), fc.infiniteStream(fc.nat()), (drawn, order) => {
        const one = new Map(
          drawn.map(({ n, value, there, again }) => [
            `${there} ${n}`,
            { said: { input: there ? 1 : 0, atMs: T0 + n * 105_000, value }, again },
          ]),
        );
        const said = [...one.values()].flatMap(({ said, again }): Said[] => (again ? [said, said] : [said]));
        const shuffled = said
          .map((it) => ({ it, key: order.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ it }) => it);
        const { say, sayAll } = open({ ratio: 2 });
        sayAll(shuffled);
        const newest = said.reduce((a, b) => (b.atMs > a.atMs ? b : a));
        const figure = say(newest);
        const nowMs = newest.atMs;
        const here = said.filter(({ input }) => input === 0).sort((a, b) => b.atMs - a.atMs)[0];
        const way = said.filter(({ input, atMs }) => input === 1 && atMs > nowMs - 3.5 * HOUR_MS);
        const before = way.filter(({ atMs }) => atMs <= nowMs - 2.5 * HOUR_MS);
        if (here === undefined || nowMs - here.atMs > STALE || before.length === 0) {
          expect(figure).toBeUndefined();
          return;
        }
        const crest = Math.max(...way.map(({ value }) => value));
        const base = Math.min(...before.map(({ value }) => value));
        expect(figure?.value).toBeCloseTo((here.value + 2 * (crest - base)) / 1_000, 9);
      }),
      { seed, numRuns: 200 },
    );
  });
});
