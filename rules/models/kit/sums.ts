/**
 * Sums of increments over several trailing windows at once, in whole steps and O(1) amortised a reading: a ring of
 * buckets, and for each window its running sum and how many of its buckets have data. Late increments enter the bucket of
 * their stamp. A window with a hole is a lower bound. The newest bucket belongs to every window.
 *
 * A bucket has data when a good reading fell into it, or when it lies between two that have, no further apart than the
 * sensor's allowance. A counter's first count is a base: nothing is known of the time between it and what was before.
 */
import type { ModelSample } from '../hazard-model.ts';

const HEAD = 0; // number of the newest bucket, 0 before the first reading
const FIXED = 1;
/** A window's numbers: its sum and its covered buckets. */
const WINDOW = 2;
/** What a cell says of its bucket: no data (0), a reading, a base, or that it lies between readings. */
const COVERED = 1;
const BASE = 2;
const BRIDGED = 3;

export type SumShape = {
  readonly bucketMs: number;
  /** Lengths in whole buckets; the ring is as long as the longest. */
  readonly windows: readonly number[];
  /** Buckets that two readings may lie apart and still cover what is between (the sensor's allowance). */
  readonly bridge: number;
  /** Length of the longest window, when it is known already (`sumShape`). */
  readonly ring?: number;
};

const longestOf = (windows: readonly number[]): number => {
  let ring = 1;
  for (let index = 0; index < windows.length; index++) ring = Math.max(ring, windows[index] as number);
  return ring;
};

/** Buckets that are kept. */
export const ringOf = ({ ring, windows }: SumShape): number => ring ?? longestOf(windows);

/** A shape in the words of a rule: windows that are whole numbers of buckets, and what a sensor is allowed. */
export function sumShape(bucketMs: number, windowsMs: readonly number[], staleAfterMs: number): SumShape {
  const windows = windowsMs.map((windowMs) => Math.max(1, Math.round(windowMs / bucketMs)));
  const ring = longestOf(windows);
  return { bucketMs, windows, ring, bridge: Math.min(Math.ceil(staleAfterMs / bucketMs), ring) };
}

/** Memory that a shape needs. */
export const sumNumbers = (shape: SumShape): number => FIXED + shape.windows.length * WINDOW + ringOf(shape) * 2;

/** A reading at the end of a bucket belongs to it: a bucket is (start, end]. */
const bucketOf = (atMs: number, bucketMs: number): number => Math.ceil(atMs / bucketMs);

function cellAt(base: number, shape: SumShape, bucket: number): number {
  const ring = ringOf(shape);
  const place = bucket % ring;
  // Stamps of the first hours of 1970 have neighbours before it.
  return base + FIXED + shape.windows.length * WINDOW + (place < 0 ? place + ring : place) * 2;
}

function advance(memory: Float64Array, base: number, shape: SumShape, head: number, to: number): void {
  if (head === 0 || to - head >= ringOf(shape)) {
    memory.fill(0, base + FIXED, base + sumNumbers(shape));
  } else {
    for (let bucket = head + 1; bucket <= to; bucket++) {
      for (let index = 0; index < shape.windows.length; index++) {
        const leaving = cellAt(base, shape, bucket - (shape.windows[index] as number));
        const window = base + FIXED + index * WINDOW;
        memory[window] = (memory[window] as number) - (memory[leaving] as number);
        if (memory[leaving + 1] !== 0) memory[window + 1] = (memory[window + 1] as number) - 1;
      }
      // A window as long as the ring has just left this cell: it is free now.
      memory.fill(0, cellAt(base, shape, bucket), cellAt(base, shape, bucket) + 2);
    }
  }
  memory[base + HEAD] = to;
}

function inWindows(
  memory: Float64Array,
  base: number,
  shape: SumShape,
  bucket: number,
  field: 0 | 1,
  by: number,
): void {
  const back = (memory[base + HEAD] as number) - bucket;
  for (let index = 0; index < shape.windows.length; index++) {
    if (back >= (shape.windows[index] as number)) continue;
    const window = base + FIXED + index * WINDOW + field;
    memory[window] = (memory[window] as number) + by;
  }
}

/** What the cell of a bucket says of its data; a bucket outside the ring has none. */
function coverOf(memory: Float64Array, base: number, shape: SumShape, bucket: number): number {
  const back = (memory[base + HEAD] as number) - bucket;
  return back < 0 || back >= ringOf(shape) ? 0 : (memory[cellAt(base, shape, bucket) + 1] as number);
}

function mark(memory: Float64Array, base: number, shape: SumShape, bucket: number, as: number): void {
  memory[cellAt(base, shape, bucket) + 1] = as;
  inWindows(memory, base, shape, bucket, 1, 1);
}

/** Covers a bucket, and what lies between it and the nearest covered ones when the sensor may be silent for so long. */
function cover(memory: Float64Array, base: number, shape: SumShape, bucket: number, first: boolean): void {
  const known = coverOf(memory, base, shape, bucket);
  if (known === BRIDGED) memory[cellAt(base, shape, bucket) + 1] = first ? BASE : COVERED;
  if (known !== 0) return;
  mark(memory, base, shape, bucket, first ? BASE : COVERED);
  for (const way of [-1, 1] as const) {
    if (way === -1 && first) continue;
    const reach = way === 1 ? Math.min(shape.bridge, (memory[base + HEAD] as number) - bucket) : shape.bridge;
    let distance = 1;
    while (distance <= reach && coverOf(memory, base, shape, bucket + distance * way) === 0) distance++;
    if (distance > reach) continue;
    if (way === 1 && coverOf(memory, base, shape, bucket + distance) === BASE) continue;
    for (let between = 1; between < distance; between++) mark(memory, base, shape, bucket + between * way, BRIDGED);
  }
}

/** Takes an increment in; false when it is older than the ring. A suspect one counts and covers nothing. */
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
  if (sample.value !== 0) {
    const cell = cellAt(base, shape, bucket);
    memory[cell] = (memory[cell] as number) + sample.value;
    inWindows(memory, base, shape, bucket, 0, sample.value);
  }
  if (!sample.suspect) cover(memory, base, shape, bucket, sample.first);
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

/** Amount of one bucket, `back` before the newest; for what looks at the course of rain. */
export function amountAt(memory: Float64Array, base: number, shape: SumShape, back: number): number {
  const head = memory[base + HEAD] as number;
  return head === 0 || back >= ringOf(shape) ? 0 : (memory[cellAt(base, shape, head - back)] as number);
}

/** Whether the bucket `back` before the newest has data. */
export const coveredAt = (memory: Float64Array, base: number, shape: SumShape, back: number): boolean =>
  memory[base + HEAD] !== 0 && coverOf(memory, base, shape, (memory[base + HEAD] as number) - back) !== 0;

/** Whether no reading fell into that bucket and the next reading after it speaks for it. */
export const bridgedAt = (memory: Float64Array, base: number, shape: SumShape, back: number): boolean =>
  memory[base + HEAD] !== 0 && coverOf(memory, base, shape, (memory[base + HEAD] as number) - back) === BRIDGED;

/** Amount and coverage of one bucket, `back` before the newest. */
export const bucketAt = (
  memory: Float64Array,
  base: number,
  shape: SumShape,
  back: number,
): { readonly amount: number; readonly covered: boolean } => ({
  amount: amountAt(memory, base, shape, back),
  covered: coveredAt(memory, base, shape, back),
});

/** The end of the newest bucket, 0 before the first reading. */
export const newestEndMs = (memory: Float64Array, base: number, shape: SumShape): number =>
  (memory[base + HEAD] as number) * shape.bucketMs;
