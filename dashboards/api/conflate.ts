/** Decides when a point's state is sent: the first change at once, then at most one message in `everyMs`. */
import type { PointId } from '#model/registry.ts';

export type Conflation = {
  /** Marks a change; true when it may go out now. */
  readonly change: (pointId: PointId, nowMs: number) => boolean;
  /** Points whose held-back change is due; they count as sent. */
  readonly due: (nowMs: number) => readonly PointId[];
  readonly pending: () => number;
};

export function createConflation(everyMs: number): Conflation {
  const sentAtMs = new Map<PointId, number>();
  const held = new Set<PointId>();
  return {
    change: (pointId, nowMs) => {
      const lastMs = sentAtMs.get(pointId);
      if (lastMs !== undefined && nowMs - lastMs < everyMs) {
        held.add(pointId);
        return false;
      }
      held.delete(pointId);
      sentAtMs.set(pointId, nowMs);
      return true;
    },
    due: (nowMs) => {
      const out = [...held].filter((pointId) => nowMs - (sentAtMs.get(pointId) ?? 0) >= everyMs);
      for (const pointId of out) {
        held.delete(pointId);
        sentAtMs.set(pointId, nowMs);
      }
      return out;
    },
    pending: () => held.size,
  };
}
