/** Decides when a bus is polled next: on a fixed grid of its interval; slots that have gone by are missed, not made up. */
import type { EpochMs } from '../../model/time.ts';

export type NextPoll = { readonly dueMs: number; readonly missed: number };

/** `dueMs` was the slot just polled; all in the monotonic clock. */
export function nextPoll(dueMs: number, pollMs: number, monoMs: number): NextPoll {
  const next = dueMs + pollMs;
  if (monoMs < next) return { dueMs: next, missed: 0 };
  // A slot that fell due a moment ago is polled at once; older ones are lost.
  const missed = Math.floor((monoMs - next) / pollMs);
  return { dueMs: next + missed * pollMs, missed };
}

/** The time without polls between the last committed cycle and now, when at least one poll was due in it. */
export function gapSince(
  lastCycleMs: EpochMs | undefined,
  nowMs: EpochMs,
  pollMs: number,
): { readonly fromMs: EpochMs; readonly toMs: EpochMs } | undefined {
  if (lastCycleMs === undefined || nowMs - lastCycleMs <= pollMs) return undefined;
  return { fromMs: lastCycleMs, toMs: nowMs };
}
