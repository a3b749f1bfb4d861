/** Decides how far the wall clock can be trusted, and when it was set: against the monotonic clock and the outbox. */
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { ClockSpec, EpochMs, TimeQuality } from '../../model/time.ts';

export type ClockPolicy = {
  /** A wall clock before this was never set. */
  readonly notBeforeMs: EpochMs;
  /** A difference to the monotonic clock beyond this means that the clock was set. */
  readonly stepMs: number;
};

const SOFTWARE_YEAR_MS = Date.UTC(2026, 0, 1);
/** How much older than the newest batch "now" may be: writing and reading the clock are two moments. */
const BACKWARD_MS = 1_000;
/** An edge this close to the centre's clock has a right one. */
const AGREES_MS = 60_000;

/** A virtual clock starts when it likes, and its granularity grows with its speed. */
export const clockPolicy = (spec: ClockSpec): ClockPolicy =>
  spec.kind === 'real'
    ? { notBeforeMs: SOFTWARE_YEAR_MS, stepMs: 1_000 }
    : { notBeforeMs: Math.min(spec.startMs, SOFTWARE_YEAR_MS), stepMs: Math.max(1_000, 50 * spec.speed) };

export type ClockState = {
  /** Wall minus monotonic, as last told to the centre. */
  readonly wallAtMonoZeroMs: EpochMs;
  readonly quality: TimeQuality;
};

export type ClockSight = {
  readonly nowMs: EpochMs;
  readonly monoMs: number;
  /** Of the newest batch in the outbox when this process started; undefined when there was none. */
  readonly newestBatchMs: EpochMs | undefined;
  /** This edge's clock minus the centre's, where the centre has told its own. */
  readonly centreOffsetMs: number | undefined;
};

export function judgeTime(policy: ClockPolicy, sight: ClockSight): TimeQuality {
  if (sight.nowMs < policy.notBeforeMs) return 'unsure';
  const behindOutbox = sight.newestBatchMs !== undefined && sight.nowMs < sight.newestBatchMs - BACKWARD_MS;
  if (!behindOutbox) return 'synced';
  // The outbox may hold batches of a clock that ran ahead: the centre's clock decides.
  return sight.centreOffsetMs !== undefined && Math.abs(sight.centreOffsetMs) <= AGREES_MS ? 'synced' : 'unsure';
}

/** The state after a look at the clocks, and the event that re-dates what this boot sent before, when there is one. */
export function watchClock(
  policy: ClockPolicy,
  bootId: string,
  before: ClockState | undefined,
  sight: ClockSight,
): { readonly state: ClockState; readonly event?: EdgeEvent } {
  const wallAtMonoZeroMs = sight.nowMs - sight.monoMs;
  const quality = judgeTime(policy, sight);
  if (before === undefined) return { state: { wallAtMonoZeroMs, quality } };
  const stepMs = wallAtMonoZeroMs - before.wallAtMonoZeroMs;
  const stepped = Math.abs(stepMs) > policy.stepMs;
  const becameSure = before.quality === 'unsure' && quality === 'synced';
  if (!stepped && !becameSure) return { state: { ...before, quality } };
  return {
    state: { wallAtMonoZeroMs, quality },
    event: { kind: 'clock', bootId, utcAtMonoZeroMs: wallAtMonoZeroMs, stepMs },
  };
}
