/** Decides how far the wall clock can be trusted, and when it was set: against the monotonic clock and the outbox. */
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { ClockSpec, EpochMs, TimeQuality } from '../../model/time.ts';

export type ClockPolicy = {
  /** A wall clock before this was never set. */
  readonly notBeforeMs: EpochMs;
  /** A difference to the monotonic clock beyond this means that the clock was set. */
  readonly stepMs: number;
  /** A difference to the centre's clock beyond this is no right time; null where both run on one virtual clock. */
  readonly disagreeMs: number | null;
};

const SOFTWARE_YEAR_MS = Date.UTC(2026, 0, 1);
/** How much older than the newest batch "now" may be: writing and reading the clock are two moments. */
const BACKWARD_MS = 1_000;
/** An edge this close to the centre's clock has a right one. */
const AGREES_MS = 60_000;
/** As far as the centre believes a batch that comes from the future. */
const DISAGREES_MS = 600_000;
/** A clock that is led by the centre's is led again beyond this: its crystal runs by itself. */
const ASTRAY_MS = 10_000;

/** A virtual clock starts when it likes, and its granularity grows with its speed. */
export const clockPolicy = (spec: ClockSpec): ClockPolicy =>
  spec.kind === 'real'
    ? { notBeforeMs: SOFTWARE_YEAR_MS, stepMs: 1_000, disagreeMs: DISAGREES_MS }
    : {
        notBeforeMs: Math.min(spec.startMs, SOFTWARE_YEAR_MS),
        stepMs: Math.max(1_000, 50 * spec.speed),
        disagreeMs: null,
      };

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

/** The difference to the centre, unless that has an unset clock itself. */
const believedOffset = (policy: ClockPolicy, { nowMs, centreOffsetMs }: ClockSight): number | undefined =>
  centreOffsetMs === undefined || nowMs - centreOffsetMs < policy.notBeforeMs ? undefined : centreOffsetMs;

export function judgeTime(policy: ClockPolicy, sight: ClockSight): TimeQuality {
  if (sight.nowMs < policy.notBeforeMs) return 'unsure';
  const apartMs = Math.abs(believedOffset(policy, sight) ?? 0);
  if (policy.disagreeMs !== null && apartMs > policy.disagreeMs) return 'unsure';
  const behindOutbox = sight.newestBatchMs !== undefined && sight.nowMs < sight.newestBatchMs - BACKWARD_MS;
  if (!behindOutbox) return 'synced';
  // The outbox may hold batches of a clock that ran ahead: the centre's clock decides.
  return sight.centreOffsetMs !== undefined && apartMs <= AGREES_MS ? 'synced' : 'unsure';
}

/** By how much to move the time that is stamped; 0 as long as the machine's own is believed, or nobody knows better. */
export function leadBy(policy: ClockPolicy, sight: ClockSight, isLed: boolean): number {
  const offsetMs = believedOffset(policy, sight);
  if (policy.disagreeMs === null || offsetMs === undefined) return 0;
  const isAstray = isLed && Math.abs(offsetMs) > ASTRAY_MS;
  return isAstray || judgeTime(policy, sight) === 'unsure' ? -offsetMs : 0;
}

/**
 * The state after a look at the clocks, and the event that dates what this boot wrote while it was unsure. What an unset
 * clock is set to is no time, so that is never told; what this boot knew before its clock was spoiled is.
 */
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
  const state = { wallAtMonoZeroMs, quality };
  const knownMs = quality === 'synced' ? wallAtMonoZeroMs : before.wallAtMonoZeroMs;
  if (quality === 'unsure' && before.quality === 'unsure') return { state };
  return { state, event: { kind: 'clock', bootId, utcAtMonoZeroMs: knownMs, stepMs } };
}

/**
 * The instant of a reading that was stamped before the clock was set, on the clock as it is now: of the two lines it lies
 * on the one that makes it a reading of this cycle.
 */
export const onNewLine = (measuredAtMs: EpochMs, stepMs: number, nowMs: EpochMs): EpochMs =>
  Math.abs(measuredAtMs + stepMs - nowMs) < Math.abs(measuredAtMs - nowMs) ? measuredAtMs + stepMs : measuredAtMs;
