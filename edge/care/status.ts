/** What an edge says of itself, and when a change in it is worth saying before its time. */
import type { EdgeStatus } from '../../model/topics.ts';

export type OnlineStatus = Extract<EdgeStatus, { readonly state: 'online' }>;
export type BoxFacts = NonNullable<OnlineStatus['box']>;

const OFFSET_CHANGE_MS = 1_000;
const QUEUE_CHANGE = 20;
const OLDEST_CHANGE_MS = 60_000;
const SUPPLY_CHANGE_V = 0.5;
const SIGNAL_CHANGE_DB = 10;
const DISK_CHANGE = 0.1;

type MaybeNumber = number | null | undefined;
/** A fact that appears or goes is a change as well. */
const moved = (before: MaybeNumber, now: MaybeNumber, by: number): boolean =>
  (before ?? null) === null || (now ?? null) === null
    ? (before ?? null) !== (now ?? null)
    : Math.abs((now ?? 0) - (before ?? 0)) >= by;

/** At once: the centre goes by these. */
export function isUrgentChange(before: OnlineStatus, now: OnlineStatus): boolean {
  return (
    before.epoch !== now.epoch ||
    before.inventoryVersion !== now.inventoryVersion ||
    (before.ruleSetVersion ?? null) !== (now.ruleSetVersion ?? null) ||
    before.timeQuality !== now.timeQuality ||
    (now.clockOffsetMs !== null && moved(before.clockOffsetMs, now.clockOffsetMs, OFFSET_CHANGE_MS))
  );
}

/** At the next minute: what a person looks after. */
export function isMaterialChange(before: OnlineStatus, now: OnlineStatus): boolean {
  if (isUrgentChange(before, now)) return true;
  const queued = Math.abs(now.queuedBatches - before.queuedBatches);
  const disk = before.box?.diskFreeBytes ?? null;
  return (
    (queued >= QUEUE_CHANGE && queued >= before.queuedBatches / 2) ||
    (now.queuedBatches >= QUEUE_CHANGE && moved(before.oldestQueuedMs, now.oldestQueuedMs, OLDEST_CHANGE_MS)) ||
    moved(before.box?.supplyV, now.box?.supplyV, SUPPLY_CHANGE_V) ||
    moved(before.box?.signalDbm, now.box?.signalDbm, SIGNAL_CHANGE_DB) ||
    moved(disk, now.box?.diskFreeBytes, Math.max(1, (disk ?? 0) * DISK_CHANGE))
  );
}
