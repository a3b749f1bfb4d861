/** How the writer works; tests make it hurry. */
import type { BackoffTimes } from '../../influx/backoff.ts';

export type WriterOptions = {
  /** A portion is sent when it has so many lines, or when it is this old (real time); so many go into one request. */
  readonly portionLines: number;
  /** Lines of a portion while much is waiting; it is committed as a whole. */
  readonly backlogLines: number;
  readonly portionAgeMs: number;
  /** Requests on their way at a time. */
  readonly slots: number;
  /** Real time between two commits while much is written: after a crash so much is sent again, which does no harm. */
  readonly commitEveryMs: number;
  readonly writeTimeoutMs: number;
  /** Real time between two looks for the marker. */
  readonly markerEveryMs: number;
  /** Readings of boxes without a clock, written by receive time, that can still be moved when it is set; the oldest stay. */
  readonly keptWaiting: number;
  readonly backoff?: BackoffTimes;
};

export const DEFAULT_WRITER: WriterOptions = {
  ...{ portionLines: 10_000, backlogLines: 80_000, portionAgeMs: 500, slots: 3, commitEveryMs: 2_000 },
  ...{ writeTimeoutMs: 30_000, markerEveryMs: 60_000, keptWaiting: 200_000 },
};
