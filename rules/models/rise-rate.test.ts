import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { riseRate } from './rise-rate.ts';
import { openPlace, paramsOf, type Said } from './testing/open-place.ts';

const T0 = Date.UTC(2026, 5, 3);
const GAUGE = { id: 'gauge', quantity: 'level', staleAfterMs: 20 * MINUTE_MS } as const;
const open = (raw: object = {}, quantity: 'level' | 'flow' = 'level') =>
  openPlace(riseRate, paramsOf(riseRate, raw), [{ ...GAUGE, quantity }]);
/** A level every five minutes, in metres by the minute. */
const course = (minutes: number, levelM: (minute: number) => number, everyMin = 5): Said[] =>
  Array.from({ length: Math.floor(minutes / everyMin) + 1 }, (_, index) => ({
    input: 0,
    atMs: T0 + index * everyMin * MINUTE_MS,
    value: Math.round(levelM(index * everyMin) * 1_000),
  }));

/** The slope of the slot means of the last hour, from all samples at once. */
function naive(samples: readonly Said[], windowMs = HOUR_MS, minSamples = 4): number | undefined {
  const slots = new Map<number, Said[]>();
  for (const sample of samples) {
    const slot = Math.floor(sample.atMs / (windowMs / 60));
    slots.set(slot, [...(slots.get(slot) ?? []), sample]);
  }
  const means = [...slots].map(([slot, all]) => ({
    slot,
    t: all.reduce((sum, { atMs }) => sum + (atMs - T0), 0) / all.length,
    v: all.reduce((sum, { value }) => sum + value, 0) / all.length,
  }));
  const end = Math.max(...means.map(({ t }) => t));
  const kept = means.filter(({ t }) => t > end - windowMs);
  if (kept.length < minSamples) return undefined;
  const meanT = kept.reduce((sum, { t }) => sum + t, 0) / kept.length;
  const meanV = kept.reduce((sum, { v }) => sum + v, 0) / kept.length;
  const tt = kept.reduce((sum, { t }) => sum + (t - meanT) ** 2, 0);
  const tv = kept.reduce((sum, { t, v }) => sum + (t - meanT) * (v - meanV), 0);
  return ((tv / tt) * HOUR_MS) / 1_000;
}

describe('the rate of rise of water', () => {
  it('is the slope of the line through the last hour, said with its numbers', () => {
    const figure = open().sayAll(course(90, (minute) => 12 + (0.42 * minute) / 60));
    expect(figure?.value).toBeCloseTo(0.42, 3);
    expect(figure?.mayLower).toBe(true);
    expect(figure?.coverage).toBe(1);
    expect(figure?.say()).toEqual({
      zh: '水位上涨 0.420 m/h（1 小时内 12 个点回归）',
      en: 'water level rising at 0.420 m/h (fitted through 12 points of 1 hour)',
    });
  });

  it('is nothing within the noise of the gauge, and a fall is no rise', () => {
    const breathing = open().sayAll(course(90, (minute) => 12 + 0.01 * Math.sin(minute)));
    expect(breathing?.value).toBe(0);
    expect(breathing?.say().en).toContain('is within the noise of 0.05 m/h');
    expect(open().sayAll(course(90, (minute) => 12 - minute / 60))?.value).toBeCloseTo(-1, 3);
  });

  it('counts a discharge in m³/s an hour', () => {
    const figure = open({ noise: 1 }, 'flow').sayAll(course(90, (minute) => 20 + minute / 2));
    expect(figure?.value).toBeCloseTo(30, 3);
    expect(figure?.say().en).toContain('discharge rising at 30.000 m³/s/h');
  });

  it('says nothing before there are samples enough, and forgets what lies before a hole', () => {
    const { sayAll, say } = open();
    expect(sayAll(course(10, () => 12))).toBeUndefined();
    expect(sayAll(course(60, () => 12))?.value).toBe(0);
    // Two hours later the river is a metre higher: two ends of a hole are no line.
    expect(say({ input: 0, atMs: T0 + 3 * HOUR_MS, value: 13_000 })).toBeUndefined();
  });

  it('does not lower by a line through a small part of its window', () => {
    const figure = open().sayAll(course(20, () => 12));
    expect(figure).toMatchObject({ value: 0, mayLower: false });
    expect(figure?.coverage).toBeCloseTo(25 / 60);
  });

  it('does not lower while a suspect sample lies in its window', () => {
    const { sayAll, say } = open();
    sayAll(course(60, () => 12));
    expect(say({ input: 0, atMs: T0 + 65 * MINUTE_MS, value: 12_000, suspect: true })?.mayLower).toBe(false);
    const last = course(130, () => 12)
      .slice(14)
      .map(say);
    expect(last.map((figure) => figure?.mayLower)).toEqual([...Array(11).fill(false), true, true]);
  });

  it('equals the naive one in any order of arrival, with late, repeated and missing samples', () => {
    const seed = Date.now() % 2 ** 31;
    console.log('seed', seed);
    const sample = fc.record({
      second: fc.integer({ min: 0, max: 3 * 3_600 }),
      value: fc.integer({ min: -500, max: 30_000 }),
      again: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 80 }), fc.infiniteStream(fc.nat()), (drawn, order) => {
        const said = drawn.flatMap(({ second, value, again }): Said[] => {
          const one = { input: 0, atMs: T0 + second * 1_000, value };
          return again ? [one, one] : [one];
        });
        const shuffled = said
          .map((one) => ({ one, key: order.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const { say, sayAll } = open({ noise: 0 });
        sayAll(shuffled);
        // The newest is said once more, so that the last word is one of now.
        const newest = said.reduce((a, b) => (b.atMs > a.atMs ? b : a));
        const expected = naive([...said, newest]);
        const figure = say(newest);
        if (expected === undefined) expect(figure).toBeUndefined();
        else expect(figure?.value).toBeCloseTo(expected, 6);
      }),
      { seed, numRuns: 200 },
    );
  });
});
