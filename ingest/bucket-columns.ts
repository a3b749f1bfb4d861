/** Buckets as one array of numbers, so that a hundred thousand of them pass between threads without being copied. */
import type { Bucket } from '#model/history.ts';

const WIDTH = 9;

export function packBuckets(buckets: readonly Bucket[]): Float64Array<ArrayBuffer> {
  const packed = new Float64Array(buckets.length * WIDTH);
  let at = 0;
  for (const { fromMs, toMs, n, min, max, sum, last, suspect, bad } of buckets) {
    packed[at++] = fromMs;
    packed[at++] = toMs;
    packed[at++] = n;
    packed[at++] = min ?? Number.NaN;
    packed[at++] = max ?? Number.NaN;
    packed[at++] = sum;
    packed[at++] = last ?? Number.NaN;
    packed[at++] = suspect;
    packed[at++] = bad;
  }
  return packed;
}

export function unpackBuckets(packed: Float64Array): readonly Bucket[] {
  const number = (at: number): number => packed[at] as number;
  const value = (at: number): number | undefined => (Number.isNaN(packed[at]) ? undefined : packed[at]);
  return Array.from({ length: packed.length / WIDTH }, (_, index) => {
    const at = index * WIDTH;
    return {
      fromMs: number(at),
      toMs: number(at + 1),
      n: number(at + 2),
      min: value(at + 3),
      max: value(at + 4),
      sum: number(at + 5),
      last: value(at + 6),
      suspect: number(at + 7),
      bad: number(at + 8),
    };
  });
}
