import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import type { Figure, ModelSample, Place } from './hazard-model.ts';
import { disturbed, paramsOf, START_MS, sampleAt } from './slopes.support.ts';
import { tiltChange } from './tilt-change.ts';

function meter(axes: number, written: object = {}) {
  const params = paramsOf(tiltChange, { ...written });
  const sensors = Array.from({ length: axes }, (_, axis) => ({
    role: axis === 0 ? 'own' : 'axes',
    sensorId: `axis-${axis}`,
    quantity: 'tilt' as const,
    staleAfterMs: HOUR_MS,
  }));
  const place: Place<typeof params> = { params, sensors, memory: new Float64Array(tiltChange.numbers(params, axes)) };
  return (input: number, sample: ModelSample): Figure | undefined => tiltChange.step(place, input, sample);
}

const at = (hours: number, value: number, more: Partial<ModelSample> = {}): ModelSample =>
  sampleAt(START_MS + hours * HOUR_MS, value, more);

describe('change of tilt', () => {
  it('is measured from the mean of the first day, after that day', () => {
    const say = meter(1);
    for (let hour = 0; hour < 24; hour++) expect(say(0, at(hour, hour % 2 === 0 ? 1_000 : 1_010))).toBeUndefined();
    const figure = say(0, at(25, 1_505));
    expect(figure?.value).toBeCloseTo(0.5, 9);
    expect(figure?.say()).toEqual({
      zh: '自 2026-03-01 以来倾角变化 0.500°（1 小时均值，各轴 0.500°）',
      en: 'tilted by 0.500° since 2026-03-01 (mean of 1 hour, axes 0.500°)',
    });
  });

  it('is the resultant of two axes, and a lower bound while one of them is missing', () => {
    const say = meter(2);
    for (let hour = 0; hour < 24; hour++) for (const axis of [0, 1]) say(axis, at(hour, 0));
    say(0, at(26, 300));
    expect(say(1, at(26, -400))?.value).toBeCloseTo(0.5, 9);
    expect(say(0, at(28, 300))).toMatchObject({ mayLower: false, mayBeMore: true, coverage: 0.5 });
  });

  it('takes no base from a suspect sample and lowers nothing by one', () => {
    const say = meter(1, { base: '2h' });
    say(0, at(0, 90_000, { suspect: true }));
    for (let hour = 1; hour < 4; hour++) say(0, at(hour, 0));
    expect(say(0, at(5, 10))?.value).toBeCloseTo(0.01, 9);
    expect(say(0, at(6, 10, { suspect: true }))?.mayLower).toBe(false);
  });

  it('equals the naive mean less base over all samples, late, repeated, missing or out of order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.array(fc.integer({ min: -9_000, max: 9_000 }), { minLength: 60, maxLength: 60 }),
        (seed, values) => {
          const arrivals = disturbed(
            values.map((value, index) => sampleAt(START_MS + index * 10 * MINUTE_MS, value)),
            seed,
          );
          const say = meter(1, { base: '3h', window: '1h', slots: 6 });
          const began = arrivals[0]?.atMs ?? 0;
          for (const [index, sample] of arrivals.entries()) {
            const figure = say(0, sample);
            if (figure === undefined) continue;
            const seen = arrivals.slice(0, index + 1);
            const base = seen.filter(({ atMs }) => atMs >= began && atMs < began + DAY_MS / 8);
            const nowMs = Math.max(...seen.map(({ atMs }) => atMs));
            // A repeat is the same sample once more: it weighs nothing in a slot of its own.
            const stamps = new Map(seen.map((one) => [one.atMs, one.value]));
            const window = [...stamps].filter(([atMs]) => atMs > nowMs - HOUR_MS && atMs >= began + 3 * HOUR_MS);
            const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
            const wanted =
              Math.abs(mean(window.map(([, value]) => value)) - mean(base.map(({ value }) => value))) / 1_000;
            expect(figure.value).toBeCloseTo(wanted, 9);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
