/**
 * The oracle of sums.ts and of the rain models: keeps every sample and adds everything up anew. It is slow and is kept
 * for tests: no short cut stands without agreeing with it to the last digit.
 */
import type { ModelSample } from '../hazard-model.ts';

export type RainSample = Pick<ModelSample, 'atMs' | 'value' | 'suspect' | 'first'>;

export type NaiveSums = {
  /** False when the sample is older than the longest window. */
  readonly add: (sample: RainSample) => boolean;
  readonly head: () => number;
  /** Steps in the buckets (head − from, head − to], counted back from the newest: `sum(0, 3)` is the last three. */
  readonly sum: (from: number, to: number) => number;
  readonly covered: (from: number, to: number) => number;
  /** No reading fell into the bucket so far back, and a later one speaks for it. */
  readonly bridged: (back: number) => boolean;
  readonly samples: () => readonly RainSample[];
};

/** `ring`: buckets that are remembered; `bridge`: buckets that two readings may lie apart and cover what is between. */
export function naiveSums(bucketMs: number, ring: number, bridge: number): NaiveSums {
  const kept: RainSample[] = [];
  const cover = new Map<number, 'data' | 'base' | 'bridged'>();
  let head = 0;
  const bucketOf = (atMs: number): number => Math.ceil(atMs / bucketMs);
  const isKnown = (bucket: number): boolean => bucket > head - ring && bucket <= head && cover.has(bucket);

  const markCover = (bucket: number, first: boolean): void => {
    if (isKnown(bucket)) {
      if (cover.get(bucket) === 'bridged') cover.set(bucket, first ? 'base' : 'data');
      return;
    }
    cover.set(bucket, first ? 'base' : 'data');
    const near = (way: number): number | undefined => {
      for (let distance = 1; distance <= bridge; distance++)
        if (isKnown(bucket + distance * way)) return bucket + distance * way;
      return undefined;
    };
    const older = first ? undefined : near(-1);
    const newer = near(1);
    for (let between = (older ?? bucket) + 1; between < bucket; between++) cover.set(between, 'bridged');
    if (newer !== undefined && cover.get(newer) !== 'base')
      for (let between = bucket + 1; between < newer; between++) cover.set(between, 'bridged');
  };

  return {
    add(sample) {
      const bucket = bucketOf(sample.atMs);
      if (head !== 0 && bucket <= head - ring) return false;
      head = Math.max(head, bucket);
      kept.push(sample);
      if (!sample.suspect) markCover(bucket, sample.first);
      return true;
    },
    head: () => head,
    sum: (from, to) =>
      kept
        .filter(({ atMs }) => head - bucketOf(atMs) >= from && head - bucketOf(atMs) < to)
        .reduce((sum, { value }) => sum + value, 0),
    covered: (from, to) => {
      let count = 0;
      for (let back = from; back < to && back < ring; back++) if (isKnown(head - back)) count++;
      return count;
    },
    bridged: (back) => back < ring && cover.get(head - back) === 'bridged',
    samples: () => kept,
  };
}
