/** What the outbox gave up for want of room, counted on disk until it has been told to the centre. */
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { EpochMs } from '../../model/time.ts';
import type { Statements } from './outbox-schema.ts';

/** Closed: the reasons of `drop` events, and labels of metrics. */
export const DROP_REASONS = {
  thinned: 'outbox is full: thinned to aggregates',
  dropped: 'outbox is full',
  unreadable: 'outbox file was corrupt: these could not be read or may have been sent',
} as const;
export type DropReason = keyof typeof DROP_REASONS;
export type Tally = { readonly [R in DropReason]: number };

export const NO_TALLY: Tally = { thinned: 0, dropped: 0, unreadable: 0 };
const KEY = 'owed';
/** While somebody listens it is told that often; while nobody does it waits, so that telling takes no room. */
const TELL_EVERY_MS = 60_000;

const reasons = Object.keys(DROP_REASONS) as DropReason[];
export const isEmpty = (tally: Tally): boolean => reasons.every((reason) => tally[reason] === 0);

export function addTally(a: Tally, b: Partial<Tally>): Tally {
  return {
    thinned: a.thinned + (b.thinned ?? 0),
    dropped: a.dropped + (b.dropped ?? 0),
    unreadable: a.unreadable + (b.unreadable ?? 0),
  };
}

export const isDue = (tally: Tally, toldAtMs: EpochMs | undefined, nowMs: EpochMs, isHeard: boolean): boolean =>
  isHeard && !isEmpty(tally) && (toldAtMs === undefined || Math.abs(nowMs - toldAtMs) >= TELL_EVERY_MS);

export const toldBy = (tally: Tally): readonly EdgeEvent[] =>
  reasons.flatMap((reason) =>
    tally[reason] === 0 ? [] : [{ kind: 'drop', count: tally[reason], reason: DROP_REASONS[reason] } as const],
  );

export function readTally(sql: Statements): Tally {
  const row = sql.meta.get(KEY) as { value: string } | undefined;
  return row === undefined ? NO_TALLY : { ...NO_TALLY, ...(JSON.parse(row.value) as Partial<Tally>) };
}

export function writeTally(sql: Statements, tally: Tally): void {
  sql.setMeta.run(KEY, JSON.stringify(tally));
}
