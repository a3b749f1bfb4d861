import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import type { ModelSample } from './hazard-model.ts';
import { inverseVelocity } from './inverse-velocity.ts';
import {
  creepToFailure,
  disturbed,
  type Judged,
  type Manner,
  type Point,
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

const shared = process.env['FENGSUI_SHARED'] ?? fileURLToPath(new URL('../../../shared/', import.meta.url));
const preonzo = `${shared}/data/preonzo-2012/preonzo_E1_digitised.csv`;

/** Index n of the record as hour n after the start, so that a forecast reads as an index. */
const recorded = (): ModelSample[] =>
  readFileSync(preonzo, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
    .map(([index, , mm]) => sampleAt(Number(index) * HOUR_MS, Math.round(Number(mm) * 100)));

const last = <T>(items: readonly T[]): T | undefined => items.at(-1);
const least = (figures: readonly Judged[]): number => Math.min(...figures.map(({ figure }) => figure?.value ?? 999));

describe('inverse velocity', () => {
  it('forecasts the hour of a failure of the textbook as an interval about it', () => {
    const samples = sampled(creepToFailure(1, 5, 45), { days: 44 });
    const figure = last(run(inverseVelocity, { margin: 0 }, samples))?.figure;
    const failureMs = START_MS + 45 * DAY_MS;
    expect(Math.abs((figure?.forecast?.fromMs ?? 0) - failureMs)).toBeLessThan(8 * HOUR_MS);
    expect(Math.abs((figure?.forecast?.toMs ?? 0) - failureMs)).toBeLessThan(8 * HOUR_MS);
    expect(figure?.say().zh).toMatch(
      /^按速率倒数法预测 [\d.]+ 至 [\d.]+ 小时后破坏（位移速率 [\d.]+ mm\/d，取 24, 48, 96 个速率的直线/,
    );
  });

  it('brings the early end forward by its margin, and counts the hours to it', () => {
    const samples = sampled(creepToFailure(1, 5, 45), { days: 44 });
    const plain = last(run(inverseVelocity, { margin: 0 }, samples))?.figure;
    const early = last(run(inverseVelocity, {}, samples))?.figure;
    expect(early?.value).toBeCloseTo((plain?.value ?? 0) * 0.75, 3);
    expect(early?.forecast?.toMs).toBe(plain?.forecast?.toMs);
  });

  it('has no forecast for steady creep: the figure is the horizon, and says why', () => {
    const figure = last(run(inverseVelocity, {}, sampled(uniform(2), { days: 8, noiseMm: 0.1 })))?.figure;
    expect(figure).toMatchObject({ value: 720, mayLower: true });
    expect(figure?.forecast).toBeUndefined();
    expect(figure?.say().en).toContain('under the least speed of 10.0 mm/d');
  });

  it.each<readonly [Manner, number, number]>([
    ['even', 60, 3],
    ['even', 600, 8],
    ['fading', 60, 3],
    ['fading', 600, 12],
    ['hump', 60, 3],
    ['hump', 200, 8],
    ['sudden', 200, 1],
  ])('does not take a step (%s, %i mm in %i days) for a failure ahead', (manner, size, days) => {
    const samples = sampled(step(1, 6, size, days, manner), { days: 6 + 1.5 * days, noiseMm: 0.1, seed: size });
    expect(least(run(inverseVelocity, {}, samples))).toBeGreaterThan(72);
  });

  it('stays as it is where the newest samples are too few for a velocity', () => {
    const samples = sampled(creepToFailure(1, 5, 45), { days: 44 });
    const figures = run(inverseVelocity, {}, [...samples, sampleAt(START_MS + 44.5 * DAY_MS, 99_999)]);
    expect(last(figures)?.figure).toBeUndefined();
  });

  it('refuses lines that it cannot have', () => {
    expect(() => paramsOf(inverseVelocity, { lines: [3] })).toThrow(/from 6 to 200/);
    expect(() => paramsOf(inverseVelocity, { minLines: 4 })).toThrow(/never 4/);
    expect(() => paramsOf(inverseVelocity, { direction: 'either' })).toThrow(/needs a direction/);
  });

  it('equals the naive lines over all samples, late, repeated, missing or out of order', () => {
    const naive = (points: readonly Point[], nowMs: number): number | undefined => {
      const speeds = points.flatMap(({ atMs }) => {
        const some = within(points, atMs - 6 * HOUR_MS, atMs);
        // As far back as the model remembers: the longest line and one velocity.
        return atMs <= nowMs - 30 * HOUR_MS || some.length < 4.8 ? [] : [{ atMs, mm: slopePerDay(some) }];
      });
      const inverse = speeds.filter(({ mm }) => mm > 0).map(({ atMs, mm }) => ({ atMs, mm: 1 / mm }));
      const line = within(inverse, nowMs - 24 * HOUR_MS, nowMs);
      const slope = slopePerDay(line);
      if (line.length < 24 * 0.8 || slope >= 0) return undefined;
      const mean = (of: (point: Point) => number) => line.reduce((sum, point) => sum + of(point), 0) / line.length;
      const left = (mean(({ atMs }) => atMs - nowMs) / DAY_MS - mean(({ mm }) => mm) / slope) * 24;
      return left > 0 && left <= 720 ? left : undefined;
    };
    let judged = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const samples = disturbed(sampled(creepToFailure(8, 0.5, 4.5), { days: 4.3, noiseMm: 0.05, seed }), seed);
        const written = { samples: 6, lines: [24], minLines: 1, minR2: 0, agree: 0, margin: 0, minSpeed: 0, reset: 0 };
        for (const [index, { figure }] of run(inverseVelocity, written, samples).entries()) {
          if (figure?.forecast === undefined || index % 5 !== 0) continue;
          const seen = seenOf(samples.slice(0, index + 1));
          const nowMs = last(seen)?.atMs ?? 0;
          // The forecast is in whole milliseconds.
          expect(Math.abs(figure.value - (naive(seen, nowMs) ?? Number.NaN))).toBeLessThan(1e-5);
          judged++;
        }
      }),
      { numRuns: 10 },
    );
    expect(judged).toBeGreaterThan(20);
  });
});

describe.skipIf(!existsSync(preonzo))('inverse velocity at Preonzo 2012', () => {
  it.each([
    [37_000, 0.422, 37_082.2, 37_091.4, 37_146.9],
    [37_020, 0.576, 37_079.9, 37_084.2, 37_087.7],
    [37_040, 0.857, 37_067.9, 37_073.1, 37_082.2],
    [37_050, 1.174, 37_092.4, 37_078.2, 37_080.7],
    [37_062, 2.888, 37_073.2, 37_076.4, 37_079.5],
  ])('reproduces the failure times of the golden table at index %i', (index, speed, ...ends) => {
    const samples = recorded().filter(({ atMs }) => atMs <= index * HOUR_MS);
    for (const [at, length] of [24, 48, 96].entries()) {
      const written = { lines: [length], minLines: 1, minR2: 0, agree: 0, margin: 0, reset: 0 };
      const figure = last(run(inverseVelocity, written, samples))?.figure;
      expect((figure?.forecast?.toMs ?? 0) / HOUR_MS).toBeCloseTo(ends[at] ?? 0, 1);
      const said = Number(/moving at ([\d.]+) mm\/d/.exec(figure?.say().en ?? '')?.[1]);
      expect(Math.abs(said / 24 - speed)).toBeLessThan(0.003);
    }
  });

  it('warns 40 hours ahead and more, and its early end is never more than 7 hours late', () => {
    const figures = run(inverseVelocity, {}, recorded());
    const forecasts = figures.filter(({ figure }) => figure?.forecast !== undefined);
    const soon = forecasts.find(({ figure }) => (figure?.value ?? 999) <= 72);
    expect(soon).toBeDefined();
    expect(37_068 - (soon?.atMs ?? 0) / HOUR_MS).toBeGreaterThan(40);
    expect(forecasts.length).toBeGreaterThan(25);
    for (const { figure } of forecasts) expect((figure?.forecast?.fromMs ?? 0) / HOUR_MS).toBeLessThan(37_075);
  });
});
