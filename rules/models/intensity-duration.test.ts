import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bench, en, HOUR, MINUTE, paramsOf, START, storms, zh } from '#test/support/rain.ts';
import { intensityDuration, partOfCurve } from './intensity-duration.ts';
import { type NaiveSums, naiveSums } from './kit/naive-sums.ts';
import { cut } from './kit/rain.ts';

const CAINE = { a: 14.82, b: 0.39 };
const SEATTLE = { a: 82.73, b: 1.13, maxDuration: '60h' };
const HOURS = [0.25, 0.5, 1, 3, 6, 12, 24, 72] as const;

describe('the curve of intensity and duration', () => {
  it('has the published intensities and totals of Caine and of Seattle', () => {
    const curve = (raw: object) =>
      paramsOf(intensityDuration, raw).params as unknown as Parameters<typeof partOfCurve>[0];
    const total = (raw: object, hours: number): number => 100_000 / partOfCurve(curve(raw), 1_000, hours * HOUR);
    const rounded = (value: number): number => Math.round(value * 100) / 100;
    expect(HOURS.map((hours) => rounded(total(CAINE, hours) / 1_000))).toEqual([
      6.36, 9.71, 14.82, 28.97, 44.21, 67.48, 102.99, 201.29,
    ]);
    expect(HOURS.map((hours) => rounded(total(CAINE, hours) / 1_000 / hours))).toEqual([
      25.45, 19.42, 14.82, 9.66, 7.37, 5.62, 4.29, 2.8,
    ]);
    expect(HOURS.slice(2).map((hours) => rounded(total(SEATTLE, hours) / 1_000 / hours))).toEqual([
      82.73, 23.91, 10.92, 4.99, 2.28, 0.66,
    ]);
  });

  it('is reached by rain exactly on it, and not by a hundredth of a millimetre less', () => {
    for (const [mm, value] of [
      [14.82, 100],
      [14.81, 99.9],
    ] as const) {
      const { feed } = bench(intensityDuration, { ...CAINE, bucket: '10m' });
      let figure = feed(0, 0);
      for (let minute = 10; minute <= 60; minute += 10) figure = feed(minute, minute === 60 ? mm - 10 : 2);
      expect(figure?.value).toBe(value);
    }
  });
});

describe('a rain event', () => {
  /** Rain of so many mm at each of the minutes, else dry, every 10 minutes up to the end. */
  const course = (raw: object, wet: ReadonlyMap<number, number>, until: number) => {
    const { feed } = bench(intensityDuration, raw);
    let figure = feed(-200, 0);
    for (let minute = -190; minute <= until; minute += 10) figure = feed(minute, wet.get(minute) ?? 0);
    return figure;
  };
  const rains = (...rows: readonly (readonly [number, number])[]): ReadonlyMap<number, number> => new Map(rows);

  it('goes on over a pause shorter than the gap and begins anew after one as long', () => {
    const wet = (second: number) => rains([10, 30], [second, 30]);
    expect(en(course({ ...CAINE, gap: '1h' }, wet(70), 70))).toContain('1.17 h: rain of 60.0 mm');
    expect(en(course({ ...CAINE, gap: '1h' }, wet(80), 80))).toContain('0.17 h: rain of 30.0 mm');
  });

  it('is over when the gap has passed without rain, and a level may then fall', () => {
    const figure = course({ ...CAINE, gap: '1h' }, rains([10, 60]), 70);
    expect([figure?.value, figure?.mayLower, zh(figure)]).toEqual([0, true, '近 1 小时无雨']);
  });

  it('says duration, sum, mean intensity and its part of the curve in both languages', () => {
    const figure = course(CAINE, rains([10, 20], [120, 10]), 120);
    expect(figure?.value).toBe(cut((100 * 30) / (14.82 * 2 ** 0.61), 1));
    expect(zh(figure)).toBe(
      '本场降雨 2 小时雨量 30.0 mm，平均雨强 15 mm/h，为曲线 I = 14.82·D^−0.39（11.31 mm/h）的 132.6%',
    );
    expect(en(figure)).toBe(
      'this event, 2 h: rain of 30.0 mm, a mean of 15 mm/h, 132.6% of the curve I = 14.82·D^−0.39 (11.31 mm/h)',
    );
  });

  it('hides no cloudburst in a long drizzle when all durations are looked at', () => {
    const drizzle = new Map(Array.from({ length: 60 }, (_, index): [number, number] => [index * 10, 0.1]));
    drizzle.set(600, 40);
    const mean = course(CAINE, drizzle, 600);
    const worst = course({ ...CAINE, durations: 'trailing' }, drizzle, 600);
    expect(mean?.value).toBeLessThan(100);
    expect(worst?.value).toBeGreaterThan(500);
  });

  it('that outlasts the curve raises nothing, keeps what stands, and says so', () => {
    const steady = new Map(Array.from({ length: 40 }, (_, index): [number, number] => [index * 10, 30]));
    const figure = course({ ...CAINE, maxDuration: '6h' }, steady, 390);
    expect([figure?.value, figure?.mayLower, figure?.mayBeMore]).toEqual([0, false, true]);
    expect(en(figure)).toContain('lasted for more than 6 hours, beyond the durations of the curve');
  });

  it('that came after a hole is not thinned out by the rain before the hole', () => {
    const { feed } = bench(intensityDuration, CAINE);
    for (let minute = -200; minute <= 0; minute += 10) feed(minute, minute === 0 ? 1 : 0);
    const figure = feed(3_000, 20);
    expect(figure?.value).toBeGreaterThan(300);
    expect([figure?.mayLower, figure?.mayBeMore]).toEqual([false, true]);
    expect(en(figure)).toContain('data are missing, the truth is not less');
  });

  it('of a gauge that reports every quarter of an hour has whole quarters', () => {
    const { feed } = bench(intensityDuration, CAINE, 30);
    for (let minute = 0; minute <= 180; minute += 15) feed(minute, 0);
    expect(en(feed(195, 5.08))).toContain('0.25 h: rain of 5.08 mm');
    expect(en(feed(210, 0))).toContain('0.5 h: rain of 5.08 mm');
  });

  it('of an hourly gauge has whole hours, whatever the bucket', () => {
    for (const durations of ['event', 'trailing'])
      for (const bucket of ['10m', '1h']) {
        const { feed } = bench(intensityDuration, { ...CAINE, bucket, durations }, 90);
        for (let hour = 0; hour < 5; hour++) feed(hour * 60, 0);
        expect(feed(300, 14.82)?.value).toBe(100);
        expect(en(feed(360, 5.18))).toContain('2 h: rain of 20.0 mm');
        for (let hour = 7; hour < 9; hour++) expect(feed(hour * 60, 0)?.value).toBeGreaterThan(0);
        expect(feed(540, 0)?.value).toBe(0);
      }
  });

  it('is judged by its newest stamp, not by the end of the bucket', () => {
    const { feed } = bench(intensityDuration, { ...CAINE, bucket: '1h', minDuration: '1m' });
    for (let minute = -200; minute <= 0; minute += 10) feed(minute, 0);
    expect(en(feed(15, 5))).toContain('0.25 h: rain of 5.0 mm, a mean of 20 mm/h');
  });
});

describe('intensity and duration', () => {
  type Raw = { readonly gap: number; readonly max: number; readonly durations: string };

  /** By the definition, from amounts and coverage of every bucket. */
  function naivePart(
    naive: NaiveSums,
    newestMs: number,
    raw: Raw,
    ring: number,
  ): { part: number; tooLong: boolean; holes: boolean } {
    const backs = Array.from({ length: ring }, (_, back) => back);
    const amount = (back: number): number => naive.sum(back, back + 1);
    // Buckets that a later reading with rain speaks for are part of its rain.
    const rainy = new Set<number>();
    for (const back of backs) if (amount(back) > 0 || (rainy.has(back - 1) && naive.bridged(back))) rainy.add(back);
    const dryAt = (back: number): boolean => !rainy.has(back) && naive.covered(back, back + 1) === 1;
    const end = backs.find((back) => back + raw.gap <= ring && backs.slice(back, back + raw.gap).every(dryAt)) ?? ring;
    const wet = backs.filter((back) => back < end && rainy.has(back));
    const measured = (back: number): boolean =>
      !(rainy.has(back + 1) && naive.bridged(back + 1) && amount(back + 1) === 0);
    const starts = wet.filter(
      (back, index) =>
        (raw.durations === 'trailing' && measured(back)) ||
        index === wet.length - 1 ||
        (wet[index + 1] ?? 0) - back - 1 >= raw.gap,
    );
    const { params } = paramsOf(intensityDuration, {
      ...CAINE,
      gap: `${raw.gap * 10}m`,
      maxDuration: `${raw.max * 10}m`,
    });
    let [part, tooLong] = [0, false];
    for (const start of starts) {
      const durationMs = newestMs - (naive.head() - start - 1) * 10 * MINUTE;
      if (durationMs > raw.max * 10 * MINUTE) tooLong = raw.durations === 'event';
      else part = Math.max(part, partOfCurve(params as never, naive.sum(0, start + 1), durationMs));
    }
    return {
      part: cut(part, 1),
      tooLong,
      holes: backs.some((back) => back < end && naive.covered(back, back + 1) === 0),
    };
  }

  it('agree with the definition applied to all samples, out of order, late, twice, missing and suspect', () => {
    fc.assert(
      fc.property(
        storms(300, 60),
        fc.record({
          gap: fc.constantFrom(3, 6),
          max: fc.constantFrom(12, 30),
          durations: fc.constantFrom('event', 'trailing'),
        }),
        (steps, raw) => {
          const written = {
            ...{ ...CAINE, bucket: '10m', gap: `${raw.gap * 10}m`, maxDuration: `${raw.max * 10}m` },
            durations: raw.durations,
          };
          const { feed } = bench(intensityDuration, written, 40);
          const ring = raw.max + raw.gap;
          const naive = naiveSums(10 * MINUTE, ring, 4);
          let newestMs = 0;
          for (const { minute, steps: value, suspect, first } of steps) {
            const figure = feed(minute, value / 1_000, { suspect, first });
            const atMs = START + minute * MINUTE;
            if (!naive.add({ atMs, value, suspect, first })) {
              expect(figure).toBeUndefined();
              continue;
            }
            newestMs = Math.max(newestMs, atMs);
            const { part, tooLong, holes } = naivePart(naive, newestMs, raw, ring);
            expect(figure?.value).toBe(part);
            expect(figure?.mayLower).toBe(!holes && !suspect && !tooLong);
            expect(figure?.mayBeMore).toBe(holes || suspect || tooLong);
          }
        },
      ),
      { numRuns: 150, seed: 1_980, verbose: 1 },
    );
  });

  it('refuse an empty range of durations and a gap that is no whole number of buckets', () => {
    expect(paramsOf(intensityDuration, { ...CAINE, bucket: '10m', maxDuration: '5m', gap: '65m' }).faults).toEqual([
      'gap: 65 minutes are not a whole number of buckets of 10 minutes',
      'maxDuration: the range of durations is empty',
    ]);
  });
});
