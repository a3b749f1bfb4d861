/**
 * Decides when a point's state is sent. A reading that says the same as before waits until a second has gone since the
 * last message; a value that moved goes out at once, but no sooner than `movedEveryMs` after the last one that moved:
 * a message that only renewed the time does not hold it back.
 */
import type { PointId } from '#model/registry.ts';

export type Conflation = {
  /** Marks a change; true when it may go out now. */
  readonly change: (pointId: PointId, moved: boolean, nowMs: number) => boolean;
  /** Points whose held-back change is due; they count as sent. */
  readonly due: (nowMs: number) => readonly PointId[];
  readonly pending: () => number;
};

export function createConflation(everyMs: number, movedEveryMs: number): Conflation {
  const sentAtMs = new Map<PointId, number>();
  const movedAtMs = new Map<PointId, number>();
  /** When the held-back change of a point is due. */
  const held = new Map<PointId, { readonly dueMs: number; readonly moved: boolean }>();
  const noteSent = (pointId: PointId, moved: boolean, nowMs: number): void => {
    held.delete(pointId);
    sentAtMs.set(pointId, nowMs);
    if (moved) movedAtMs.set(pointId, nowMs);
  };
  return {
    change: (pointId, moved, nowMs) => {
      const waiting = held.get(pointId);
      const lastMs = (moved ? movedAtMs : sentAtMs).get(pointId) ?? Number.NEGATIVE_INFINITY;
      const ownDueMs = lastMs + (moved ? movedEveryMs : everyMs);
      const change = {
        dueMs: Math.min(waiting?.dueMs ?? Number.POSITIVE_INFINITY, ownDueMs),
        moved: moved || waiting?.moved === true,
      };
      if (nowMs < change.dueMs) {
        held.set(pointId, change);
        return false;
      }
      noteSent(pointId, change.moved, nowMs);
      return true;
    },
    due: (nowMs) => {
      const out = [...held].filter(([, { dueMs }]) => dueMs <= nowMs);
      for (const [pointId, { moved }] of out) noteSent(pointId, moved, nowMs);
      return out.map(([pointId]) => pointId);
    },
    pending: () => held.size,
  };
}
