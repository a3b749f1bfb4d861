/** What becomes of a delivery after an attempt: done, again after a pause, or given up where everybody can see it. */
import type { EpochMs } from '#model/time.ts';

/** What a channel says of one attempt. */
export type SendResult =
  | { readonly kind: 'accepted'; readonly detail: string }
  /** The receiver says no to this very message: asking again is unlikely to help. */
  | { readonly kind: 'rejected'; readonly detail: string }
  /** The receiver is away, busy or broken; `afterMs` when it said how long. */
  | { readonly kind: 'away'; readonly detail: string; readonly afterMs: number | null }
  /** It was handed over and no answer came: the receiver may have it, so the next attempt is a 重发. */
  | { readonly kind: 'unsure'; readonly detail: string };

export type RetryPolicy = {
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** Attempts after which a receiver's no is final. */
  readonly rejectedTries: number;
  /** Age at which a message is old news. */
  readonly giveUpAfterMs: number;
};

export const DEFAULT_RETRY: RetryPolicy = {
  firstPauseMs: 1_000,
  maxPauseMs: 300_000,
  rejectedTries: 3,
  giveUpAfterMs: 86_400_000,
};

export type NextStep =
  | { readonly state: 'sent' }
  | { readonly state: 'failed' }
  | { readonly state: 'queued' | 'unknown'; readonly dueAtMs: EpochMs };

/**
 * A receiver may ask for a pause, but not for silence: a page that is down for a day, or a wrong header, must not hold
 * back the next red alert for as long as it likes.
 */
export const LONGEST_ASKED_MS = 900_000;

/** The pause that the receiver asked for, bounded; 0 when it asked for none. */
export const askedMs = (result: SendResult): number =>
  result.kind === 'away' ? Math.min(result.afterMs ?? 0, LONGEST_ASKED_MS) : 0;

/** Doubles from the first pause; `jitter` in [0, 1) spreads it over the upper half, so that a storm does not come back as one. */
export function pauseMs(attempts: number, jitter: number, policy: RetryPolicy): number {
  const full = Math.min(policy.firstPauseMs * 2 ** Math.min(Math.max(attempts - 1, 0), 30), policy.maxPauseMs);
  return Math.round(full / 2 + (full / 2) * jitter);
}

export function decideNext(
  result: SendResult,
  row: { readonly attempts: number; readonly queuedAtMs: EpochMs },
  when: { readonly nowMs: EpochMs; readonly jitter: number },
  policy: RetryPolicy,
): NextStep {
  if (result.kind === 'accepted') return { state: 'sent' };
  if (result.kind === 'rejected' && row.attempts >= policy.rejectedTries) return { state: 'failed' };
  const dueAtMs = when.nowMs + Math.max(askedMs(result), pauseMs(row.attempts, when.jitter, policy));
  if (dueAtMs - row.queuedAtMs > policy.giveUpAfterMs) return { state: 'failed' };
  return { state: result.kind === 'unsure' ? 'unknown' : 'queued', dueAtMs };
}
