/** When a person is asked again, and when a message to him may leave: at once, or together with others. */
import type { Policy } from '#model/policy.ts';
import type { EpochMs } from '#model/time.ts';

/** After an outage tries that fell due meanwhile are made up for, but nobody is rung up twice within this time. */
export const APART_MS = 30_000;
/** In a storm a first red waits for no clock of minutes; it joins the others that came since the last message. */
export const RED_APART_MS = 10_000;

export type Tries = { readonly askedAtMs: EpochMs; readonly tries: number; readonly triesAtMost: number };

/** After try number `tries`: when the next one is due, or after the last one when he counts as silent. */
export function nextDueMs({ askedAtMs, tries, triesAtMost }: Tries, withinMs: number, nowMs: EpochMs): EpochMs {
  if (triesAtMost === 0) return askedAtMs + withinMs;
  const everyMs = withinMs / triesAtMost;
  const plannedMs = Math.round(askedAtMs + tries * everyMs);
  return Math.max(plannedMs, Math.round(nowMs + Math.min(everyMs, APART_MS)));
}

export type Urgency = {
  /** He was not told of this alert at red before. */
  readonly firstRed: boolean;
  /** He was told of this alert in this round before. */
  readonly repeat: boolean;
};

/** A message to one person that left, or is to leave; `red`: something red was in it. */
export type Recent = { readonly atMs: EpochMs; readonly red: boolean };

/**
 * When the next message to a person may leave. `recent`: the newest messages to him, oldest first. Until he got `messages` of
 * them within the window nothing new waits; then what is new travels together. A first red waits for no lesser message: only
 * where a red has just left to him it waits the few seconds in which others join it.
 */
export function leavesAtMs(
  recent: readonly Recent[],
  urgency: Urgency,
  digest: Policy['digest'],
  nowMs: EpochMs,
): EpochMs {
  const last = recent.findLast(({ atMs, red }) => atMs <= nowMs && (red || !urgency.firstRed));
  if (last === undefined) return nowMs;
  const first = recent.at(-Math.max(digest.messages, 1));
  const storm = first !== undefined && first.atMs > nowMs - digest.windowMs;
  if (!storm) return urgency.repeat ? Math.max(nowMs, last.atMs + Math.min(APART_MS, digest.everyMs)) : nowMs;
  const apartMs = urgency.firstRed ? Math.min(digest.everyMs, RED_APART_MS) : digest.everyMs;
  return Math.max(nowMs, last.atMs + apartMs);
}

/** The newest `atMost` messages, with this one. */
export const withMessage = (recent: readonly Recent[], message: Recent, atMost: number): readonly Recent[] =>
  [...recent, message].slice(-Math.max(atMost, 1));

/** The newest message took something red in, and may leave earlier than it was meant to. */
export const reddened = (recent: readonly Recent[], atMs: EpochMs): readonly Recent[] =>
  recent.map((one, index) => (index === recent.length - 1 ? { atMs: Math.min(one.atMs, atMs), red: true } : one));
