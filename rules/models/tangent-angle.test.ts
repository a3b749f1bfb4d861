import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import type { ModelSample } from './hazard-model.ts';
import {
  creepToFailure,
  disturbed,
  type Judged,
  type Manner,
  paramsOf,
  run,
  START_MS,
  sampleAt,
  sampled,
  seenOf,
  slopePerDay,
  step,
  uniform,
  within,
} from './slopes.support.ts';
import { tangentAngle } from './tangent-angle.ts';

const last = <T>(items: readonly T[]): T | undefined => items.at(-1);
const greatest = (figures: readonly Judged[]): number => Math.max(...figures.map(({ figure }) => figure?.value ?? 0));
/** Days after the start when an angle is first reached. */
const firstDay = (figures: readonly Judged[], angle: number): number => {
  const found = figures.find(({ figure }) => (figure?.value ?? 0) >= angle);
  return found === undefined ? Number.POSITIVE_INFINITY : (found.atMs - START_MS) / DAY_MS;
};
/** The longest time, in samples, that an angle is held. */
function longest(figures: readonly Judged[], angle: number): number {
  let [most, now] = [0, 0];
  for (const { figure } of figures) {
    now = (figure?.value ?? 0) >= angle ? now + 1 : 0;
    most = Math.max(most, now);
  }
  return most;
}

it('lowers nothing while it is capped only because the window before is not known', () => {
  const figure = last(run(tangentAngle, { reference: 1 }, sampled(uniform(100), { days: 1 })))?.figure;
  expect(figure).toMatchObject({ value: 84.9, mayLower: false, mayBeMore: true });
  expect(figure?.say().en).toContain('too few data in the window before that');
});

describe('the reference speed of a tangent angle', () => {
  it('is given, and then said to be', () => {
    const figure = last(run(tangentAngle, { reference: 2 }, sampled(uniform(2), { days: 2 })))?.figure;
    expect(figure?.value).toBeCloseTo(45, 0);
    expect(figure?.say()).toEqual({
      zh: '改进切线角 45.0°（位移速率 2.00 mm/d，前一窗口 2.00 mm/d，各 12 小时，取小者；等速速率 2.00 mm/d（给定））',
      en: 'improved tangent angle of 45.0° (displacement at 2.00 mm/d, in the window before 2.00 mm/d, 12 hours each, the lesser counts; uniform creep of 2.00 mm/d (given))',
    });
  });

  it('is learned from two weeks of uniform creep, and said with its days; before that there is no angle', () => {
    const figures = run(tangentAngle, {}, sampled(uniform(2), { days: 32, noiseMm: 0.1 }));
    const first = figures.findIndex(({ figure }) => figure !== undefined);
    expect(first / 24).toBeGreaterThan(13);
    expect(first / 24).toBeLessThan(15);
    expect(last(figures)?.figure?.value).toBeCloseTo(45, -1);
    expect(last(figures)?.figure?.say().zh).toMatch(/等速速率 [12]\.\d+ mm\/d（由 2026-03-01 至 2026-03-\d\d 学得）/);
  });

  it('is not learned from a quiet spell, a slide on its way, a step, a movement backwards or a torn record', () => {
    const holes = sampled(uniform(2), { days: 40 }).filter((_, index) => index % 300 < 60);
    const courses: readonly ModelSample[][] = [
      sampled(uniform(0.02), { days: 40, noiseMm: 0.2 }),
      sampled(uniform(0), { days: 40, noiseMm: 1 }),
      sampled(uniform(30), { days: 40 }),
      sampled(uniform(-2), { days: 40 }),
      sampled((day) => 0.6 * day * day, { days: 40 }),
      sampled(step(0.5, 8, 60, 2, 'even'), { days: 18 }),
      holes,
    ];
    for (const samples of courses)
      expect(run(tangentAngle, {}, samples).every(({ figure }) => figure === undefined)).toBe(true);
  });

  it('stays once it is learned: a slope that creeps ever faster is not its own measure', () => {
    const faster = sampled((day) => (day < 40 ? day : 40 + 4 * (day - 40)), { days: 80 });
    expect(last(run(tangentAngle, {}, faster))?.figure?.value).toBeCloseTo(76, 0);
  });

  it('is not learned from suspect samples', () => {
    const suspect = sampled(uniform(2), { days: 40 }).map((sample) => ({ ...sample, suspect: true }));
    expect(run(tangentAngle, {}, suspect).every(({ figure }) => figure === undefined)).toBe(true);
  });

  it('must be one that can be found', () => {
    expect(() => paramsOf(tangentAngle, { minReference: 5, maxReference: 2 })).toThrow(/nothing can ever be learned/);
    expect(() => paramsOf(tangentAngle, { direction: 'either' })).toThrow(/needs a direction/);
    expect(() => paramsOf(tangentAngle, { reference: 0 })).toThrow(/at least 0.001/);
  });
});

describe('the improved tangent angle', () => {
  it.each([
    // v_eq in mm/d, onset and failure in days, exponent of the speed.
    [0.5, 35, 80, 1],
    [1, 35, 75, 1],
    [2, 35, 55, 1],
    [1, 35, 85, 1.3],
    [1, 35, 85, 2],
  ])(
    'climbs blue, yellow, orange, red before a failure (v_eq %d mm/d, day %i to %i, (t_f − t)^−%d)',
    (speed, onset, failure, p) => {
      const samples = sampled(creepToFailure(speed, onset, failure, p), {
        days: failure - 0.02,
        noiseMm: 0.1,
        seed: 8,
      });
      const figures = run(tangentAngle, {}, samples);
      const days = [55, 65, 80, 85].map((angle) => firstDay(figures, angle));
      expect(days).toEqual(days.toSorted((a, b) => a - b));
      expect(days[0]).toBeGreaterThan(onset);
      // Red a fiftieth of the last stage before the end, orange a tenth.
      expect(failure - (days[3] ?? failure)).toBeGreaterThan((failure - onset) / 50);
      expect(failure - (days[2] ?? failure)).toBeGreaterThan((failure - onset) / 10);
    },
  );

  it('stays below blue in steady creep, with noise', () => {
    for (const seed of [1, 2, 3])
      expect(
        longest(run(tangentAngle, { reference: 2 }, sampled(uniform(2), { days: 30, noiseMm: 0.1, seed })), 55),
      ).toBe(0);
    const gnss = sampled(uniform(1), { days: 60, noiseMm: 1, seed: 4 });
    expect(longest(run(tangentAngle, { reference: 1, window: '3d', slots: 72 }, gnss), 65)).toBeLessThan(6);
  });

  it.each<readonly [Manner, readonly number[]]>([
    // Rain: at once fast, then fading or even; reservoir: a hump; a sigmoid of days; a stone on the wire, a jerk.
    ['even', [0.25, 1, 3, 8]],
    ['fading', [0.25, 1, 3, 8]],
    ['hump', [1, 3, 8, 20]],
    ['sigmoid', [1, 3, 8, 20]],
    ['sudden', [1]],
  ])(
    'never holds red for twelve hours in a step (%s), of 5 to 200 mm, at 1 mm/d, whatever the noise',
    (manner, lengths) => {
      let looked = 0;
      for (const lasts of lengths)
        for (const size of [5, 30, 200])
          for (const [noiseMm, more] of [
            [0.1, {}],
            [1, { window: '3d', slots: 36 }],
          ] as const) {
            const days = 10 + lasts * 1.2 + 4;
            const samples = sampled(step(1, 10, size, lasts, manner), { days, noiseMm, seed: size + lasts });
            const figures = run(tangentAngle, { reference: 1, ...more }, samples);
            expect({ lasts, size, noiseMm, red: longest(figures, 85) < 12 }).toEqual({
              lasts,
              size,
              noiseMm,
              red: true,
            });
            looked++;
          }
      expect(looked).toBe(lengths.length * 6);
    },
  );

  it('shows what would be red without the guard against steps', () => {
    const samples = sampled(step(1, 10, 200, 3, 'even'), { days: 16 });
    expect(greatest(run(tangentAngle, { reference: 1, stepCap: 90 }, samples))).toBeGreaterThan(85);
    const guarded = run(tangentAngle, { reference: 1 }, samples);
    expect(greatest(guarded)).toBe(84.9);
    const capped = guarded.find(({ figure }) => figure?.value === 84.9)?.figure;
    expect(capped?.say().zh).toContain('按阶跃处理，按 84.9° 计');
    expect(capped?.say().en).toContain('do not head for failure, taken for a step: counts as 84.9°');
  });

  it('does not fall, and does not clear, when the meter is set anew', () => {
    const course = creepToFailure(1, 5, 45);
    const samples = sampled((day) => course(day) - (day > 40 ? 50 : 0), { days: 40.6 });
    const figure = last(run(tangentAngle, { reference: 1 }, samples))?.figure;
    expect(figure?.value).toBeGreaterThan(80);
    expect(figure?.mayLower).toBe(false);
  });

  it('has no angle until two windows have data, and no red until three have', () => {
    const fast = sampled(uniform(100), { days: 2 });
    const figures = run(tangentAngle, { reference: 1 }, fast);
    expect(figures[16]?.figure).toBeUndefined();
    expect(figures[23]?.figure).toMatchObject({ value: 84.9, mayBeMore: true });
    expect(figures[23]?.figure?.say().en).toContain('too few data in the window before that');
  });

  it('judges nothing below the least speed or within the noise', () => {
    const slow = last(run(tangentAngle, { reference: 0.1 }, sampled(uniform(0.8), { days: 3 })))?.figure;
    expect(slow?.value).toBe(0);
    expect(slow?.say().zh).toContain('低于最小速率 1.00 mm/d，不判');
    const noisy = sampled((day) => (day < 2.8 ? 0 : 3 * (day - 2.8)), { days: 3, noiseMm: 4, seed: 2 });
    const lost = run(tangentAngle, { reference: 0.1 }, noisy).filter(({ figure }) =>
      figure?.say().en.includes('stand out'),
    );
    expect(lost.length).toBeGreaterThan(10);
    expect(lost.every(({ figure }) => figure?.value === 0)).toBe(true);
  });

  it('equals the naive angle over all samples, late, repeated, missing or out of order', () => {
    let judged = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const samples = disturbed(sampled(creepToFailure(2, 1, 6), { days: 5.5, noiseMm: 0.2, seed }), seed);
        const written = { reference: 2, minSpeed: 0, sigmas: 0, stepCap: 90, reset: 0 };
        for (const [index, { figure }] of run(tangentAngle, written, samples).entries()) {
          if (figure === undefined) continue;
          const seen = seenOf(samples.slice(0, index + 1));
          const nowMs = last(seen)?.atMs ?? 0;
          const speeds = [0, 1].map((back) =>
            slopePerDay(within(seen, nowMs - (back + 1) * 12 * HOUR_MS, nowMs - back * 12 * HOUR_MS)),
          );
          const wanted = (Math.atan(Math.max(0, Math.min(...speeds)) / 2) * 180) / Math.PI;
          expect(figure.value).toBeCloseTo(wanted, 6);
          judged++;
        }
      }),
      { numRuns: 15 },
    );
    expect(judged).toBeGreaterThan(300);
  });

  it('does not count a sample of another age: one that is older than its windows changes nothing', () => {
    const samples = sampled(uniform(2), { days: 3 });
    const figures = run(tangentAngle, { reference: 2 }, [...samples, sampleAt(START_MS - DAY_MS, 5_000)]);
    expect(last(figures)?.figure).toBeUndefined();
  });
});
