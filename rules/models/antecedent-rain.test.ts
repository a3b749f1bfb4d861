import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bench, DAY, en, HOUR, MINUTE, paramsOf, START, storms, zh } from '#test/support/rain.ts';
import { antecedentRain } from './antecedent-rain.ts';
import { naiveSums, type RainSample } from './kit/naive-sums.ts';

describe('antecedent rain', () => {
  it('is the sum of the daily table: 100 mm, then 50 mm a day later, then two dry days, K 0.84', () => {
    const { feed } = bench(antecedentRain, { dailyDecay: 0.84 }, 1_440);
    expect(feed(0, 100)?.value).toBe(100);
    expect(feed(1_440, 50)?.value).toBe(134);
    expect(feed(2_880, 0)?.value).toBe(112.5); // 112.56, cut
    expect(feed(4_320, 0)?.value).toBe(94.5); // 94.5504
  });

  it('decays by K to the power of the part of a day', () => {
    const { feed } = bench(antecedentRain, { dailyDecay: 0.81 });
    feed(0, 100);
    expect(feed(720, 0)?.value).toBe(90);
  });

  it('is the same whether a reading comes in time or late', () => {
    const inTime = bench(antecedentRain, {}, 1_440);
    const late = bench(antecedentRain, {}, 1_440);
    for (const [minute, mm] of [
      [0, 10],
      [700, 80],
      [2_000, 5],
    ] as const)
      inTime.feed(minute, mm);
    for (const [minute, mm] of [
      [2_000, 5],
      [0, 10],
      [700, 80],
    ] as const)
      late.feed(minute, mm);
    expect(late.feed(3_000, 0)?.value).toBe(inTime.feed(3_000, 0)?.value);
  });

  it('is a lower bound while its memory has a hole, and says so', () => {
    const { feed } = bench(antecedentRain, { memory: '24h' }, 90);
    let figure = feed(0, 30);
    for (let minute = 60; minute <= 1_500; minute += 60) figure = feed(minute, 0);
    expect([figure?.mayLower, figure?.mayBeMore, figure?.coverage]).toEqual([true, false, 1]);
    figure = feed(1_800, 0);
    expect([figure?.mayLower, figure?.mayBeMore]).toEqual([false, true]);
    expect(zh(figure)).toMatch(
      /^前期有效雨量 Pa 24\.1 mm（日衰减系数 0\.84，近 24 小时；数据仅 83%，实际不少于此值）$/,
    );
    expect(en(figure)).toContain('the truth is not less');
    expect(feed(3_000, 0, { suspect: true })?.mayLower).toBe(false);
  });

  it('agrees with summing all samples anew, out of order, late, twice, missing and suspect', () => {
    fc.assert(
      fc.property(storms(3_000, 60), fc.constantFrom(0.8, 0.84, 0.95), (steps, dailyDecay) => {
        const { feed, place } = bench(antecedentRain, { dailyDecay, memory: '2d' }, 180);
        const naive = naiveSums(HOUR, 48, 3);
        const all: RainSample[] = [];
        for (const { minute, steps: value, suspect, first } of steps) {
          const figure = feed(minute, value / 1_000, { suspect, first });
          const sample = { atMs: START + minute * MINUTE, value, suspect, first };
          naive.add(sample);
          all.push(sample);
          const newest = Math.max(...all.map(({ atMs }) => atMs));
          const pa = all.reduce((sum, { atMs, value: mm }) => sum + mm * dailyDecay ** ((newest - atMs) / DAY), 0);
          expect(Math.abs((place.memory[0] ?? 0) - pa)).toBeLessThan(1e-6);
          expect(Math.abs((figure?.value ?? -1) - pa / 1_000)).toBeLessThan(0.1 + 1e-9);
          const whole = naive.covered(0, 48) === 48 && !suspect;
          expect([figure?.mayLower, figure?.mayBeMore, figure?.coverage]).toEqual([
            whole,
            !whole,
            naive.covered(0, 48) / 48,
          ]);
        }
      }),
      { numRuns: 150, seed: 84, verbose: 1 },
    );
  });

  it('refuses a memory that is no whole number of hours', () => {
    expect(paramsOf(antecedentRain, { memory: '90000s' }).faults).toEqual([]);
    expect(paramsOf(antecedentRain, { memory: '25.5h' }).faults).toEqual(['memory: must be whole hours']);
  });
});
