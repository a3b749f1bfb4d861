/** How long the writer waits after an answer that stored nothing; never for ever, and not all writers at once. */
import type { WriteOutcome } from './answer.ts';

export type TroubleKind = 'noDatabase' | 'unauthorised' | 'slowDown' | 'away';
export type Trouble = Extract<WriteOutcome, { kind: TroubleKind }>;

export const isTrouble = (outcome: WriteOutcome): outcome is Trouble =>
  outcome.kind === 'noDatabase' ||
  outcome.kind === 'unauthorised' ||
  outcome.kind === 'slowDown' ||
  outcome.kind === 'away';

export type BackoffTimes = {
  readonly firstMs: number;
  readonly lastMs: number;
  /** What a server may ask for at most. */
  readonly longestAskedMs: number;
};
export const DEFAULT_BACKOFF: BackoffTimes = { firstMs: 500, lastMs: 30_000, longestAskedMs: 300_000 };

/** `attempt` counts from 1; `chance` is 0 … 1. What the server asked for is kept at least. */
export function pauseAfter(trouble: Trouble, attempt: number, chance: number, times = DEFAULT_BACKOFF): number {
  const grown = Math.min(times.firstMs * 2 ** Math.min(attempt - 1, 20), times.lastMs);
  const asked = trouble.kind === 'slowDown' ? (trouble.afterMs ?? 0) : 0;
  const least = Math.min(asked, times.longestAskedMs);
  return Math.round(Math.max(least, grown / 2) + (chance * grown) / 2);
}
