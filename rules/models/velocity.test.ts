import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import {
  disturbed,
  paramsOf,
  run,
  START_MS,
  sampleAt,
  sampled,
  seenOf,
  slopePerDay,
  uniform,
  within,
} from './slopes.support.ts';
import { velocity } from './velocity.ts';

const last = <T>(items: readonly T[]): T | undefined => items.at(-1);

describe('velocity', () => {
  it('is the slope of the least-squares line, with its window and samples in words', () => {
    const figure = last(run(velocity, {}, sampled(uniform(2.4), { days: 1 })))?.figure;
    expect(figure?.value).toBeCloseTo(2.4, 9);
    expect(figure).toMatchObject({ coverage: 1, mayLower: true, mayBeMore: false });
    expect(figure?.say()).toEqual({
      zh: '位移速率 2.40 mm/d（12 小时 12 个样本最小二乘）',
      en: 'displacement at 2.40 mm/d (least squares over 12 samples of 12 hours)',
    });
  });

  it('speaks in mm/h and of tilt where it is asked to', () => {
    expect(last(run(velocity, { per: 'h' }, sampled(uniform(24), { days: 1 })))?.figure?.value).toBeCloseTo(1, 9);
    expect(velocity.figure(paramsOf(velocity, {}), 'tilt')).toMatchObject({ unit: '°/d' });
  });

  it('has no figure over less than half its window, and a lower bound of trust over less than most of it', () => {
    const figures = run(velocity, {}, sampled(uniform(5), { days: 1 }));
    expect(figures[4]?.figure).toBeUndefined();
    expect(figures[6]?.figure).toMatchObject({ mayLower: false, mayBeMore: true });
    expect(figures[11]?.figure).toMatchObject({ mayLower: true });
  });

  it('is far quieter than two samples: 1 mm of noise an hour stays under 0.5 mm/d over three days', () => {
    const figures = run(velocity, { window: '3d', slots: 72 }, sampled(uniform(0), { days: 30, noiseMm: 1, seed: 11 }));
    const greatest = Math.max(...figures.map(({ figure }) => Math.abs(figure?.value ?? 0)));
    expect(greatest).toBeGreaterThan(0);
    expect(greatest).toBeLessThan(0.7);
  });

  it('counts a speed within the noise as none, and says so', () => {
    const noisy = sampled(uniform(0.1), { days: 1, noiseMm: 1, seed: 4 });
    const figure = last(run(velocity, { sigmas: 3 }, noisy))?.figure;
    expect(figure?.value).toBe(0);
    expect(figure?.say().en).toMatch(/within the noise of/);
  });

  it('mends a meter that was set anew, and lowers nothing meanwhile', () => {
    const samples = sampled((day) => (day < 2 ? 6 * day : 6 * (day - 2) + 0.3), { days: 2.4 });
    const figure = last(run(velocity, {}, samples))?.figure;
    expect(figure?.value).toBeGreaterThan(5);
    expect(figure?.mayLower).toBe(false);
    expect(figure?.say().zh).toContain('仪器曾重置');
    expect(last(run(velocity, { reset: 0 }, samples))?.figure?.value).toBeLessThan(0);
  });

  it('takes the amount of a motion either way', () => {
    const figure = last(run(velocity, { direction: 'either' }, sampled(uniform(-4.8), { days: 1 })))?.figure;
    expect(figure?.value).toBeCloseTo(4.8, 9);
  });

  it('lets a suspect sample count for raising and lowers nothing while it is in the window', () => {
    const samples = sampled(uniform(1), { days: 1 }).map((sample, index) =>
      index === 15 ? { ...sample, suspect: true, value: sample.value + 2_000 } : sample,
    );
    const figures = run(velocity, {}, [...samples, sampleAt(START_MS + 28 * HOUR_MS, 117)]);
    expect(figures[15]?.figure?.value).toBeGreaterThan(10);
    expect(figures[20]?.figure?.mayLower).toBe(false);
    expect(last(figures)?.figure?.mayLower).toBe(true);
  });

  it('refuses parameters that never give a speed', () => {
    expect(() => paramsOf(velocity, { slots: 12, minSamples: 20 })).toThrow(/never has 20/);
  });

  it('equals the naive slope over all samples, late, repeated, missing or out of order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 40, noNaN: true }), (seed, speed) => {
        const samples = disturbed(sampled(uniform(speed), { days: 2, noiseMm: 0.5, seed }), seed);
        const figures = run(velocity, { slots: 24, reset: 0 }, samples);
        let judged = 0;
        for (const [index, { figure }] of figures.entries()) {
          if (figure === undefined) continue;
          const seen = seenOf(samples.slice(0, index + 1));
          const nowMs = last(seen)?.atMs ?? 0;
          expect(figure.value).toBeCloseTo(slopePerDay(within(seen, nowMs - DAY_MS / 2, nowMs)), 6);
          judged++;
        }
        expect(judged).toBeGreaterThan(20);
      }),
      { numRuns: 60 },
    );
  });
});
