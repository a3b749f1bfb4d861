/**
 * The time that the edge's rules live in. It runs with the monotonic clock within a boot, so that a box whose clock is
 * set, or wrong by decades, never judges a reading as late; what is told outside bears the wall clock of its batch.
 */
import type { EpochMs } from '../../model/time.ts';

export type Timeline = {
  readonly bootId: string;
  /** Of the newest batch: when it was written on this line, and by the monotonic clock. */
  readonly lastMs: EpochMs;
  readonly lastMonoMs: number;
  /** This line minus the wall clock. */
  readonly shiftMs: number;
  /** Silence is judged from here on: the box was away before. */
  readonly upSinceMs: EpochMs;
};

export type Written = { readonly bootId: string; readonly monoMs: number; readonly writtenAtMs: EpochMs };

/** A clock that is steered differs by less between two batches; what differs by more was set. */
const STEERED_MS = 2_000;
/** Batches further apart mean that nothing was read in between, whoever started anew. */
const AWAY_MS = 600_000;

/** The line after this batch; the batch stands at its `lastMs`. */
export function advance(before: Timeline | undefined, batch: Written): Timeline {
  const { bootId, monoMs, writtenAtMs } = batch;
  if (before === undefined)
    return { bootId, lastMs: writtenAtMs, lastMonoMs: monoMs, shiftMs: 0, upSinceMs: writtenAtMs };
  if (bootId !== before.bootId || monoMs < before.lastMonoMs) {
    const lastMs = Math.max(writtenAtMs, before.lastMs);
    return { bootId, lastMs, lastMonoMs: monoMs, shiftMs: lastMs - writtenAtMs, upSinceMs: lastMs };
  }
  const expectedMs = before.lastMs + (monoMs - before.lastMonoMs);
  const wallMs = writtenAtMs + before.shiftMs;
  const wasSet = Math.abs(wallMs - expectedMs) > STEERED_MS;
  const lastMs = wasSet ? expectedMs : Math.max(before.lastMs, wallMs);
  const shiftMs = wasSet ? expectedMs - writtenAtMs : before.shiftMs;
  const upSinceMs = lastMs - before.lastMs > AWAY_MS ? lastMs : before.upSinceMs;
  return { bootId, lastMs, lastMonoMs: monoMs, shiftMs, upSinceMs };
}

/** The same batch with its readings on this line; what is not moved keeps its bytes. */
export function retime(body: string, shiftMs: number): string {
  if (shiftMs === 0) return body;
  const wire = JSON.parse(body) as { t: number };
  wire.t += shiftMs;
  return JSON.stringify(wire);
}
