import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NaiveSums, naiveSums, type RainSample } from './naive-sums.ts';
import {
  addIncrement,
  bridgedAt,
  bucketAt,
  newestEndMs,
  passTime,
  type SumShape,
  sumNumbers,
  sumOf,
  sumShape,
} from './sums.ts';

const MINUTE = 60_000;
const START = 1_700_000_000_000;
const good = (minute: number, value: number, more: Partial<RainSample> = {}): RainSample => ({
  ...{ atMs: START + minute * MINUTE, value, suspect: false, first: false },
  ...more,
});

/** Minutes run on by steps; now and then one is late, a duplicate stamp, suspect, a base, or comes after a long hole. */
const storm = fc.array(
  fc.record({
    step: fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 0, max: 12 }) }, fc.constantFrom(90, 400)),
    back: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 300 })),
    value: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 90_000 })),
    suspect: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
    first: fc.oneof({ weight: 15, arbitrary: fc.constant(false) }, fc.constant(true)),
  }),
  { minLength: 1, maxLength: 120 },
);

function expectSame(memory: Float64Array, base: number, shape: SumShape, naive: NaiveSums): void {
  for (const [index, length] of shape.windows.entries()) {
    const { sum, coverage } = sumOf(memory, base, shape, index);
    expect(sum).toBe(naive.sum(0, length));
    expect(coverage).toBe(naive.covered(0, length) / length);
  }
  for (let back = 0; back <= Math.max(...shape.windows); back++) {
    const known = back < Math.max(...shape.windows);
    expect(bucketAt(memory, base, shape, back)).toEqual({
      amount: known ? naive.sum(back, back + 1) : 0,
      covered: known && naive.covered(back, back + 1) === 1,
    });
    expect(bridgedAt(memory, base, shape, back)).toBe(naive.bridged(back));
  }
}

describe('sums over several windows', () => {
  it('are those of the naive oracle to the last digit, out of order, late, twice, missing, suspect and over bases', () => {
    fc.assert(
      fc.property(
        storm,
        fc.constantFrom([10, 60, 180], [180, 60], [5], [10, 15]),
        fc.constantFrom(0, 5, 17),
        fc.integer({ min: 0, max: 3 }),
        (steps, windows, stale, base) => {
          const shape = sumShape(
            5 * MINUTE,
            windows.map((minutes) => minutes * MINUTE),
            stale * MINUTE,
          );
          const memory = new Float64Array(base + sumNumbers(shape) + 1);
          memory[base + sumNumbers(shape)] = 77;
          const naive = naiveSums(5 * MINUTE, Math.max(...shape.windows), shape.bridge);
          let minute = 0;
          for (const { step, back, value, suspect, first } of steps) {
            minute += step;
            const sample = good(minute - back, first ? 0 : value, { suspect, first });
            expect(addIncrement(memory, base, shape, sample)).toBe(naive.add(sample));
            expectSame(memory, base, shape, naive);
          }
          // Nothing outside its own numbers was touched.
          expect([...memory.subarray(0, base), memory.at(-1)]).toEqual([...new Array<number>(base).fill(0), 77]);
        },
      ),
      { numRuns: 150, seed: 20_130_912, verbose: 1 },
    );
  });

  it('count a stamp on the boundary to the bucket that it ends', () => {
    const shape = sumShape(5 * MINUTE, [10 * MINUTE], 0);
    const memory = new Float64Array(sumNumbers(shape));
    const edge = Math.ceil(START / (5 * MINUTE)) * 5 * MINUTE;
    for (const [atMs, value] of [
      [edge, 1],
      [edge + 1, 10],
      [edge + 5 * MINUTE, 100],
      [edge + 10 * MINUTE, 1_000],
    ] as const)
      addIncrement(memory, 0, shape, { atMs, value, suspect: false, first: false });
    expect(sumOf(memory, 0, shape, 0).sum).toBe(1_110);
    expect(newestEndMs(memory, 0, shape)).toBe(edge + 10 * MINUTE);
  });

  it('lose nothing near the beginning of the epoch, where a bucket number is smaller than the ring', () => {
    const shape = sumShape(5 * MINUTE, [60 * MINUTE], 0);
    const memory = new Float64Array(sumNumbers(shape));
    for (const minute of [5, 10, 15])
      addIncrement(memory, 0, shape, { atMs: minute * MINUTE, value: 100, suspect: false, first: false });
    expect(sumOf(memory, 0, shape, 0)).toEqual({ sum: 300, coverage: 3 / 12 });
  });

  it('do not bridge the time before a base, from whichever side the readings come', () => {
    const shape = sumShape(5 * MINUTE, [60 * MINUTE], 30 * MINUTE);
    const memory = new Float64Array(sumNumbers(shape));
    const align = (Math.ceil(START / (5 * MINUTE)) * 5 * MINUTE - START) / MINUTE;
    addIncrement(memory, 0, shape, good(align + 20, 0, { first: true }));
    addIncrement(memory, 0, shape, good(align + 20, 300));
    addIncrement(memory, 0, shape, good(align + 5, 200));
    expect(sumOf(memory, 0, shape, 0)).toEqual({ sum: 500, coverage: 2 / 12 });
  });

  it('move on with time alone, and what no reading covers stays uncovered', () => {
    const shape = sumShape(5 * MINUTE, [10 * MINUTE, 60 * MINUTE], 0);
    const memory = new Float64Array(sumNumbers(shape));
    passTime(memory, 0, shape, START);
    expect(newestEndMs(memory, 0, shape)).toBe(0);
    addIncrement(memory, 0, shape, good(0, 500));
    passTime(memory, 0, shape, START + 20 * MINUTE);
    expect(sumOf(memory, 0, shape, 0)).toEqual({ sum: 0, coverage: 0 });
    expect(sumOf(memory, 0, shape, 1)).toEqual({ sum: 500, coverage: 1 / 12 });
  });
});
