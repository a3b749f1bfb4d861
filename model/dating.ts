/**
 * When was a reading measured? A synced edge says so itself; an edge whose clock was never set, or that says it wrote
 * what has come in long before, is dated by when its batch came in, until a `clock` event of the same boot tells the
 * true instant (docs/decisions/dating.md).
 */
import type { VerifiedBatch } from '#model/batch.ts';
import type { EpochMs } from '#model/time.ts';

/** A batch cannot come in before it was written: a clock ahead of ours by more is not believed, whatever it says of itself. */
export const AHEAD_MS = 600_000;

export type Dating = {
  /** Add a row's difference (second place of a wire row) to get the instant of measurement. */
  readonly baseMs: EpochMs;
  /** The instant rests on the receive time: mark the reading `clock-unsure`. */
  readonly unsure: boolean;
};

type Dated = Pick<VerifiedBatch, 'writtenAtMs' | 'monoMs' | 'timeQuality'>;

/**
 * Dates a whole batch. `utcAtMonoZeroMs` is what the first `clock` event of this boot said, when the caller knows it;
 * rules judge without it, history re-dates with it.
 */
export function dateBatch(batch: Dated, receivedAtMs: EpochMs, utcAtMonoZeroMs?: EpochMs): Dating {
  const isBelieved = batch.timeQuality === 'synced' && batch.writtenAtMs <= receivedAtMs + AHEAD_MS;
  if (isBelieved) return { baseMs: batch.writtenAtMs, unsure: false };
  if (utcAtMonoZeroMs !== undefined) return { baseMs: utcAtMonoZeroMs + batch.monoMs, unsure: false };
  // The age at writing (monoMs − the reading's monotonic instant) is known; how long the batch then waited is not.
  return { baseMs: receivedAtMs, unsure: true };
}

/** Dates one reading; `dtMs` is its measuredAt − writtenAt as the wire row bears it (0 or less). */
export function dateReading(
  batch: Dated,
  dtMs: number,
  receivedAtMs: EpochMs,
  utcAtMonoZeroMs?: EpochMs,
): { readonly atMs: EpochMs; readonly unsure: boolean } {
  const { baseMs, unsure } = dateBatch(batch, receivedAtMs, utcAtMonoZeroMs);
  return { atMs: baseMs + dtMs, unsure };
}
