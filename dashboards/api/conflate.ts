/**
 * Decides when a point's state is sent. A reading that says the same as before waits until a second has gone since the
 * last message; a value that moved goes out at once, but no sooner than `movedEveryMs` after the last message.
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
  /** When the held-back change of a point is due. */
  const held = new Map<PointId, number>();
  return {
    change: (pointId, moved, nowMs) => {
      const lastMs = sentAtMs.get(pointId) ?? Number.NEGATIVE_INFINITY;
      const dueMs = Math.min(held.get(pointId) ?? Number.POSITIVE_INFINITY, lastMs + (moved ? movedEveryMs : everyMs));
      if (nowMs < dueMs) {
        held.set(pointId, dueMs);
        return false;
      }
      held.delete(pointId);
      sentAtMs.set(pointId, nowMs);
      return true;
    },
    due: (nowMs) => {
      const out = [...held].filter(([, dueMs]) => dueMs <= nowMs).map(([pointId]) => pointId);
      for (const pointId of out) {
        held.delete(pointId);
        sentAtMs.set(pointId, nowMs);
      }
      return out;
    },
    pending: () => held.size,
  };
}
