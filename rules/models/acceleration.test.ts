import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '#model/time.ts';
import { acceleration } from './acceleration.ts';
import {
  creepToFailure,
  disturbed,
  type Point,
  run,
  START_MS,
  sampled,
  seenOf,
  uniform,
  within,
} from './slopes.support.ts';

const last = <T>(items: readonly T[]): T | undefined => items.at(-1);

/** Twice the square term in mm/d², by Cramer's rule on the normal equations. */
function naive(points: readonly Point[]): number {
  const mid = points[Math.floor(points.length / 2)]?.atMs ?? START_MS;
  const t = points.map(({ atMs }) => (atMs - mid) / DAY_MS);
  const power = (p: number) => t.reduce((sum, x) => sum + x ** p, 0);
  const moment = (p: number) => t.reduce((sum, x, index) => sum + x ** p * (points[index]?.mm ?? 0), 0);
  const det = (m: readonly (readonly [number, number, number])[]) => {
    const [a = [0, 0, 0], b = [0, 0, 0], c = [0, 0, 0]] = m;
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
  };
  const [s0, s1, s2, s3, s4] = [0, 1, 2, 3, 4].map(power) as [number, number, number, number, number];
  const whole = det([
    [s0, s1, s2],
    [s1, s2, s3],
    [s2, s3, s4],
  ]);
  return (
    (2 *
      det([
        [s0, s1, moment(0)],
        [s1, s2, moment(1)],
        [s2, s3, moment(2)],
      ])) /
    whole
  );
}

describe('acceleration', () => {
  it('is twice the square term, with the speed in words', () => {
    const figure = last(
      run(
        acceleration,
        {},
        sampled((day) => 2 * day + day * day, { days: 4 }),
      ),
    )?.figure;
    expect(figure?.value).toBeCloseTo(2, 2);
    expect(figure?.mayLower).toBe(true);
    expect(figure?.say().zh).toMatch(/^位移加速度 2\.00 mm\/d²，速率 6\.\d+ mm\/d（3 天 72 个样本最小二乘）$/);
  });

  it('stays nought in steady creep with a millimetre of noise an hour', () => {
    const figures = run(acceleration, {}, sampled(uniform(2), { days: 20, noiseMm: 1, seed: 7 }));
    const greatest = Math.max(...figures.map(({ figure }) => figure?.value ?? 0));
    expect(figures.filter(({ figure }) => figure !== undefined).length).toBeGreaterThan(300);
    expect(greatest).toBeLessThan(2);
    expect(figures.filter(({ figure }) => figure?.value === 0).length).toBeGreaterThan(300);
  });

  it('judges nothing of a slope that hardly moves, and says so', () => {
    const figure = last(
      run(
        acceleration,
        {},
        sampled((day) => 0.1 * day * day, { days: 4 }),
      ),
    )?.figure;
    expect(figure?.value).toBe(0);
    expect(figure?.say().en).toContain('under the least speed of 1.00 mm/d: not judged');
  });

  it('rises days before a failure', () => {
    const samples = sampled(creepToFailure(1, 5, 45), { days: 44.9, noiseMm: 0.3, seed: 5 });
    const first = run(acceleration, {}, samples).find(({ figure }) => (figure?.value ?? 0) >= 1);
    expect(first).toBeDefined();
    expect((first?.atMs ?? 0) - START_MS).toBeGreaterThan(30 * DAY_MS);
    expect((first?.atMs ?? 0) - START_MS).toBeLessThan(43 * DAY_MS);
  });

  it('equals the naive parabola over all samples, late, repeated, missing or out of order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 3, noNaN: true }), (seed, growth) => {
        const course = sampled((day) => 2 * day + growth * day * day, { days: 5, noiseMm: 0.2, seed });
        const samples = disturbed(course, seed);
        const figures = run(acceleration, { sigmas: 0, minSpeed: 0, reset: 0 }, samples);
        let judged = 0;
        for (const [index, { figure }] of figures.entries()) {
          if (figure === undefined || figure.value === 0) continue;
          const seen = seenOf(samples.slice(0, index + 1));
          const nowMs = last(seen)?.atMs ?? 0;
          expect(figure.value).toBeCloseTo(naive(within(seen, nowMs - 3 * DAY_MS, nowMs)), 5);
          judged++;
        }
        expect(judged).toBeGreaterThan(20);
      }),
      { numRuns: 25 },
    );
  });
});
