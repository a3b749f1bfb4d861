/**
 * Decides what the centre's clock shows, from its acks: on the monotonic clock, so that no setting of this box's wall
 * clock moves it. An ack says when it was written; it was on its way for half of what the round trip took.
 */
import type { EpochMs } from '../../model/time.ts';

export type CentreSample = {
  /** The centre's time at this process's monotonic zero. */
  readonly utcAtMonoZeroMs: EpochMs;
  /** Of the batch that was acked; the shorter, the less this sample can be wrong. */
  readonly rttMs: number;
};

export type HeardTime = {
  readonly centreMs: EpochMs;
  /** When it was heard. */
  readonly monoMs: number;
  /** Undefined when the batch was sent more than once: nobody knows which sending was acked. */
  readonly rttMs: number | undefined;
};

const KEPT = 7;
/** The median of so many of the quickest. */
const BEST = 3;

/** An ack that took longer than `slowestMs` was kept somewhere on its way, and says what the time was then. */
export function noteCentre(
  samples: readonly CentreSample[],
  { centreMs, monoMs, rttMs }: HeardTime,
  slowestMs = Number.POSITIVE_INFINITY,
): readonly CentreSample[] {
  if (rttMs !== undefined && rttMs > slowestMs) return samples;
  const sample = {
    utcAtMonoZeroMs: Math.round(centreMs + (rttMs ?? 0) / 2 - monoMs),
    rttMs: rttMs ?? Number.POSITIVE_INFINITY,
  };
  return [...samples, sample].slice(-KEPT);
}

/** The centre's time at the monotonic zero; undefined before the first ack. */
export function centreLine(samples: readonly CentreSample[]): EpochMs | undefined {
  const best = samples.toSorted((a, b) => (a.rttMs === b.rttMs ? 0 : a.rttMs - b.rttMs)).slice(0, BEST);
  const lines = best.map(({ utcAtMonoZeroMs }) => utcAtMonoZeroMs).toSorted((a, b) => a - b);
  return lines[Math.floor((lines.length - 1) / 2)];
}
