/** Summaries laid side by side without holes, so that windows can slide over them; a gap is a place with no reading. */
import type { Bucket } from '#model/history.ts';
import type { EpochMs } from '#model/time.ts';

export type Stretch = {
  readonly fromMs: EpochMs;
  readonly stepMs: number;
  readonly length: number;
  /** Good readings; 0 is a gap, and then the others hold nothing. */
  readonly n: Int32Array;
  readonly sum: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** The newest good value of each place. */
  readonly last: Float64Array;
  /** 1 where so many readings came as usual: a sum over less is a lower bound. */
  readonly whole: Uint8Array;
};

/** Fewer readings than this share of the usual number: part of it is missing. */
const ENOUGH = 0.8;

function usualCount(n: Int32Array): number {
  const counts = n.filter((count) => count > 0).sort();
  return counts[counts.length >> 1] ?? 0;
}

/** Buckets outside from ≤ t < to are left out. */
export function stretchOf(buckets: readonly Bucket[], fromMs: EpochMs, toMs: EpochMs, stepMs: number): Stretch {
  const firstMs = Math.floor(fromMs / stepMs) * stepMs;
  const length = Math.max(0, Math.ceil((toMs - firstMs) / stepMs));
  const n = new Int32Array(length);
  const floats = () => new Float64Array(length);
  const [sum, min, max, last, whole] = [floats(), floats(), floats(), floats(), new Uint8Array(length)];
  for (const bucket of buckets) {
    const at = Math.round((bucket.fromMs - firstMs) / stepMs);
    if (at < 0 || at >= length || bucket.n === 0) continue;
    n[at] = bucket.n;
    sum[at] = bucket.sum;
    min[at] = bucket.min ?? 0;
    max[at] = bucket.max ?? 0;
    last[at] = bucket.last ?? bucket.sum / bucket.n;
  }
  const least = usualCount(n) * ENOUGH;
  for (let at = 0; at < length; at++) whole[at] = n[at] !== 0 && (n[at] ?? 0) >= least ? 1 : 0;
  return { fromMs: firstMs, stepMs, length, n, sum, min, max, last, whole };
}

/** The place whose stretch of time begins at an instant; may lie outside. */
export const placeAt = (stretch: Stretch, atMs: EpochMs): number =>
  Math.round((atMs - stretch.fromMs) / stretch.stepMs);
export const isKnown = (stretch: Stretch, at: number): boolean => (stretch.n[at] ?? 0) > 0;
export const meanAt = (stretch: Stretch, at: number): number | null => {
  const n = stretch.n[at] ?? 0;
  return n === 0 ? null : (stretch.sum[at] ?? 0) / n;
};
export const endOf = (stretch: Stretch, at: number): EpochMs => stretch.fromMs + (at + 1) * stretch.stepMs;

export type Amount = { readonly sum: number; readonly known: number; readonly missing: number };
/** What the places from ≤ at < to hold together; places outside are missing. */
export function amountOf(stretch: Stretch, from: number, to: number): Amount {
  let sum = 0;
  let known = 0;
  let missing = 0;
  for (let at = from; at < to; at++) {
    sum += stretch.sum[at] ?? 0;
    if (isKnown(stretch, at)) known++;
    if (stretch.whole[at] !== 1) missing++;
  }
  return { sum, known, missing };
}

/** Several places made into one. */
export function coarsen(stretch: Stretch, by: number): Stretch {
  const buckets: Bucket[] = [];
  for (let from = 0; from < stretch.length; from += by) {
    let [n, sum, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    let last: number | undefined;
    for (let at = from; at < from + by; at++) {
      if (!isKnown(stretch, at)) continue;
      n += stretch.n[at] ?? 0;
      sum += stretch.sum[at] ?? 0;
      min = Math.min(min, stretch.min[at] ?? 0);
      max = Math.max(max, stretch.max[at] ?? 0);
      last = stretch.last[at];
    }
    const fromMs = stretch.fromMs + from * stretch.stepMs;
    const toMs = fromMs + by * stretch.stepMs;
    if (n > 0) buckets.push({ fromMs, toMs, n, sum, min, max, last, suspect: 0, bad: 0 });
  }
  // Laid from its own beginning: places of a day need not begin at UTC's midnight.
  const stepMs = stretch.stepMs * by;
  const shifted = buckets.map((bucket) => ({ ...bucket, fromMs: bucket.fromMs - stretch.fromMs }));
  return { ...stretchOf(shifted, 0, Math.ceil(stretch.length / by) * stepMs, stepMs), fromMs: stretch.fromMs };
}
