/**
 * Decides when an edge is sent its configuration: when it says another version than the wanted one, once, and again only
 * after a growing pause. What it refused or rolled back is not sent again until something else is wanted.
 */
import type { EpochMs } from '#model/time.ts';

export type FleetTimes = {
  /** An answer that did not come by then does not come. An edge tries what it takes for a minute before it answers. */
  readonly replyMs: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
};
export const DEFAULT_FLEET_TIMES: FleetTimes = { replyMs: 300_000, firstPauseMs: 10_000, longestPauseMs: 3_600_000 };

export type Refusal = { readonly version: string; readonly reason: string; readonly atMs: EpochMs };
export type Care = {
  /** What it said last of itself; null while it is not there. */
  readonly said: string | null;
  readonly refused: Refusal | null;
  readonly asked: { readonly id: string; readonly version: string; readonly atMonoMs: number } | null;
  /** Sent in vain so often, since the wanted version changed. */
  readonly tries: number;
  readonly notBeforeMonoMs: number;
};
export const NO_CARE: Care = { said: null, refused: null, asked: null, tries: 0, notBeforeMonoMs: 0 };

export type FleetState = 'current' | 'away' | 'unknown' | 'asked' | 'refused' | 'waiting' | 'due';

export function stateOf(care: Care, wanted: string | undefined, monoMs: number, times: FleetTimes): FleetState {
  if (wanted === undefined) return 'unknown';
  if (care.said === null) return 'away';
  if (care.said === wanted) return 'current';
  if (care.refused?.version === wanted) return 'refused';
  if (care.asked !== null && monoMs - care.asked.atMonoMs < times.replyMs) return 'asked';
  return monoMs < care.notBeforeMonoMs ? 'waiting' : 'due';
}

const pauseOf = (tries: number, times: FleetTimes): number =>
  Math.min(times.firstPauseMs * 2 ** Math.min(tries, 20), times.longestPauseMs);

/** It was sent; the pause begins now, so that a lost answer makes no tight loop. */
export const noteAsked = (care: Care, id: string, version: string, monoMs: number, times: FleetTimes): Care => ({
  ...care,
  asked: { id, version, atMonoMs: monoMs },
  tries: care.tries + 1,
  notBeforeMonoMs: monoMs + pauseOf(care.tries, times),
});

/** An edge that is busy says so; everything else that is no is a refusal of this version. */
const BUSY = /another configuration is being tried|does not know the time|too many commands|has expired/;

export function noteReply(
  care: Care,
  reply: { readonly id: string; readonly ok: boolean; readonly message: string },
  at: { readonly nowMs: EpochMs; readonly monoMs: number },
  times: FleetTimes,
): Care {
  const { asked } = care;
  if (asked === null || asked.id !== reply.id) return care;
  if (reply.ok) return { ...care, asked: null, refused: null };
  const later = { ...care, asked: null, notBeforeMonoMs: at.monoMs + pauseOf(care.tries, times) };
  if (BUSY.test(reply.message)) return later;
  return { ...later, refused: { version: asked.version, reason: reply.message, atMs: at.nowMs } };
}

/** Another version is wanted: what was learned about the last one says nothing about it. */
export const noteWanted = (care: Care): Care => ({ ...care, asked: null, tries: 0, notBeforeMonoMs: 0 });
export const noteSaid = (care: Care, said: string | null): Care => ({ ...care, said });
