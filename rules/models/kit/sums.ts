/**
 * Sums of increments over several trailing windows at once, in whole steps and O(1) amortised a reading: a ring of
 * buckets, and for each window its running sum and how many of its buckets have data. Late increments enter the bucket of
 * their stamp. A window with a hole is a lower bound. The newest bucket belongs to every window.
 */
import type { ModelSample } from '../hazard-model.ts';

const HEAD = 0; // number of the newest bucket, 0 before the first reading
const FIXED = 1;
/** A window's numbers: its sum and its covered buckets. */
const WINDOW = 2;

export type SumShape = {
  readonly bucketMs: number;
  /** Lengths in whole buckets; the ring is as long as the longest. */
  readonly windows: readonly number[];
  /** Buckets that two readings may lie apart and still cover what is between (the sensor's allowance). */
  readonly bridge: number;
};

const ringOf = ({ windows }: SumShape): number => Math.max(...windows);

/** Memory that a shape needs. */
export const sumNumbers = (shape: SumShape): number => FIXED + shape.windows.length * WINDOW + ringOf(shape) * 2;

/** A reading at the end of a bucket belongs to it: a bucket is (start, end]. */
const bucketOf = (atMs: number, bucketMs: number): number => Math.ceil(atMs / bucketMs);

const cellAt = (base: number, shape: SumShape, bucket: number): number =>
  base + FIXED + shape.windows.length * WINDOW + (bucket % ringOf(shape)) * 2;

function advance(memory: Float64Array, base: number, shape: SumShape, head: number, to: number): void {
  const ring = ringOf(shape);
  if (head === 0 || to - head >= ring) {
    memory.fill(0, base + FIXED, base + sumNumbers(shape));
  } else {
    for (let bucket = head + 1; bucket <= to; bucket++) {
      for (const [index, length] of shape.windows.entries()) {
        const leaving = cellAt(base, shape, bucket - length);
        const window = base + FIXED + index * WINDOW;
        memory[window] = (memory[window] as number) - (memory[leaving] as number);
        memory[window + 1] = (memory[window + 1] as number) - (memory[leaving + 1] as number);
      }
      // A window as long as the ring has just left this cell: it is free now.
      memory.fill(0, cellAt(base, shape, bucket), cellAt(base, shape, bucket) + 2);
    }
  }
  memory[base + HEAD] = to;
}

function addTo(memory: Float64Array, base: number, shape: SumShape, bucket: number, field: 0 | 1, by: number): void {
  const cell = cellAt(base, shape, bucket) + field;
  memory[cell] = (memory[cell] as number) + by;
  const back = (memory[base + HEAD] as number) - bucket;
  for (const [index, length] of shape.windows.entries()) {
    if (back >= length) continue;
    const window = base + FIXED + index * WINDOW + field;
    memory[window] = (memory[window] as number) + by;
  }
}

const isCovered = (memory: Float64Array, base: number, shape: SumShape, bucket: number): boolean => {
  const back = (memory[base + HEAD] as number) - bucket;
  return back >= 0 && back < ringOf(shape) && memory[cellAt(base, shape, bucket) + 1] === 1;
};

function cover(memory: Float64Array, base: number, shape: SumShape, bucket: number): void {
  if (!isCovered(memory, base, shape, bucket)) addTo(memory, base, shape, bucket, 1, 1);
}

/** Buckets between this one and the nearest covered one on a side, when the sensor may be silent for so long. */
function bridge(memory: Float64Array, base: number, shape: SumShape, bucket: number, way: 1 | -1): void {
  for (let distance = 1; distance <= shape.bridge; distance++) {
    if (!isCovered(memory, base, shape, bucket + distance * way)) continue;
    for (let between = 1; between < distance; between++) cover(memory, base, shape, bucket + between * way);
    return;
  }
}

/** Takes an increment in; false when it is older than the ring. */
export function addIncrement(
  memory: Float64Array,
  base: number,
  shape: SumShape,
  sample: Pick<ModelSample, 'atMs' | 'value' | 'suspect' | 'first'>,
): boolean {
  const bucket = bucketOf(sample.atMs, shape.bucketMs);
  const head = memory[base + HEAD] as number;
  if (head !== 0 && bucket <= head - ringOf(shape)) return false;
  if (bucket > head) advance(memory, base, shape, head, bucket);
  if (sample.value !== 0) addTo(memory, base, shape, bucket, 0, sample.value);
  if (sample.suspect) return true;
  cover(memory, base, shape, bucket);
  if (!sample.first) bridge(memory, base, shape, bucket, -1);
  bridge(memory, base, shape, bucket, 1);
  return true;
}

/** Moves the windows on to an instant without an increment; what no reading covers stays uncovered. */
export function passTime(memory: Float64Array, base: number, shape: SumShape, atMs: number): void {
  const head = memory[base + HEAD] as number;
  const bucket = bucketOf(atMs, shape.bucketMs);
  if (head !== 0 && bucket > head) advance(memory, base, shape, head, bucket);
}

export type WindowSum = {
  /** Whole steps. */
  readonly sum: number;
  /** Part of the window's buckets that have data, 0 to 1. */
  readonly coverage: number;
};

/** The sum over window number `index`, ending with the newest bucket. */
export function sumOf(memory: Float64Array, base: number, shape: SumShape, index: number): WindowSum {
  const window = base + FIXED + index * WINDOW;
  return {
    sum: memory[window] as number,
    coverage: (memory[window + 1] as number) / (shape.windows[index] ?? 1),
  };
}

/** Amount and coverage of one bucket, `back` before the newest; for what looks at the course of rain. */
export function bucketAt(
  memory: Float64Array,
  base: number,
  shape: SumShape,
  back: number,
): { readonly amount: number; readonly covered: boolean } {
  const head = memory[base + HEAD] as number;
  if (head === 0 || back >= ringOf(shape)) return { amount: 0, covered: false };
  const cell = cellAt(base, shape, head - back);
  return { amount: memory[cell] as number, covered: memory[cell + 1] === 1 };
}

/** The end of the newest bucket, 0 before the first reading. */
export const newestEndMs = (memory: Float64Array, base: number, shape: SumShape): number =>
  (memory[base + HEAD] as number) * shape.bucketMs;
