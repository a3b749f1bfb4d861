import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitParabola } from './parabola.ts';
import { addPoint, fitLine, pointCount, pointsWithin, type SeriesShape, seriesNumbers } from './series.ts';

type Sample = { readonly atMs: number; readonly value: number };

const START = 1_700_000_000_000;

/** What the window must hold: of all samples those of the newest slots, one mean a slot. */
function naive(shape: SeriesShape, samples: readonly Sample[]): Sample[] {
  const slotMs = shape.windowMs / shape.capacity;
  const slots = new Map<number, Sample[]>();
  for (const sample of samples) {
    const slot = Math.floor(sample.atMs / slotMs);
    slots.set(slot, [...(slots.get(slot) ?? []), sample]);
  }
  const newest = Math.max(...slots.keys());
  return [...slots.keys()]
    .filter((slot) => slot >= newest - shape.capacity)
    .sort((a, b) => a - b)
    .map((slot) => {
      const some = slots.get(slot) ?? [];
      const mean = (of: (sample: Sample) => number) => some.reduce((sum, one) => sum + of(one), 0) / some.length;
      return { atMs: START + mean(({ atMs }) => atMs - START), value: mean(({ value }) => value) };
    });
}

const arrivals = fc.array(
  fc.record({ atMs: fc.integer({ min: 0, max: 5_000 }).map((s) => START + s * 1_000), value: fc.integer() }),
  { minLength: 1, maxLength: 120 },
);
const shapes = fc.record({
  windowMs: fc.constantFrom(60_000, 600_000, 3_600_000),
  capacity: fc.integer({ min: 1, max: 40 }),
});

describe('a series in lent memory', () => {
  it('holds the means of the newest slots, whatever the order, repeats and holes of the samples', () => {
    fc.assert(
      fc.property(shapes, arrivals, fc.integer({ min: 0, max: 5 }), (shape, samples, base) => {
        const guard = 7.5;
        const memory = new Float64Array(base + seriesNumbers(shape) + 1);
        memory.fill(guard, 0, base);
        memory[memory.length - 1] = guard;
        for (const { atMs, value } of samples) addPoint(memory, base, shape, atMs, value);
        const held = pointsWithin(memory, base, shape, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
        const wanted = naive(shape, samples);
        expect(held.length).toBe(wanted.length);
        for (const [index, { atMs, value }] of wanted.entries()) {
          expect(Math.abs((held[index]?.atMs ?? 0) - atMs)).toBeLessThan(0.01);
          expect(held[index]?.value).toBeCloseTo(value, 3);
        }
        // It keeps to its own part of the memory.
        expect([...memory.subarray(0, base), memory[memory.length - 1]].every((number) => number === guard)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a sample that is older than its window and keeps what it has', () => {
    const shape = { windowMs: 60_000, capacity: 6 };
    const memory = new Float64Array(seriesNumbers(shape));
    expect(addPoint(memory, 0, shape, START, 5)).toBe(true);
    expect(addPoint(memory, 0, shape, START - 80_000, 9)).toBe(false);
    expect(pointCount(memory, 0)).toBe(1);
  });
});

describe('a fit', () => {
  it('is the exact line and parabola through samples that lie on one', () => {
    const times = [0, 1, 2, 5, 7, 11, 12].map((hour) => START + hour * 3_600_000);
    const line = fitLine(times.map((atMs) => ({ atMs, value: 3 + 2e-6 * (atMs - START) })));
    expect(line?.slope).toBeCloseTo(2e-6, 14);
    expect(line?.slopeError).toBeCloseTo(0, 12);
    expect(line?.atEnd).toBeCloseTo(3 + 2e-6 * 12 * 3_600_000, 6);
    const curve = fitParabola(times.map((atMs) => ({ atMs, value: 1 + 4e-14 * (atMs - START) ** 2 })));
    expect((curve?.square ?? 0) / 4e-14).toBeCloseTo(1, 6);
  });

  it('has the slope, the scatter and the error of the textbook', () => {
    // Worked by hand: x 0..4, y 1 3 2 5 4: slope 0.8, residual sum of squares 3.6, error √(3.6/3/10).
    const line = fitLine([1, 3, 2, 5, 4].map((value, atMs) => ({ atMs, value })));
    expect(line?.slope).toBeCloseTo(0.8, 12);
    expect(line?.r2).toBeCloseTo(0.64, 12);
    expect(line?.slopeError).toBeCloseTo(Math.sqrt(0.12), 12);
  });

  it('is none through fewer instants than it has terms', () => {
    expect(fitLine([{ atMs: 1, value: 1 }])).toBeUndefined();
    expect(fitLine([1, 1].map((atMs) => ({ atMs, value: atMs })))).toBeUndefined();
    expect(fitParabola([1, 2].map((atMs) => ({ atMs, value: atMs })))).toBeUndefined();
    expect(fitParabola([1, 2, 2].map((atMs) => ({ atMs, value: atMs })))).toBeUndefined();
  });
});
