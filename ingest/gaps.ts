/**
 * Which batches an edge has written and the journal does not have, and when to ask for them: after a restore of an
 * older journal, or a disk that lied, nothing else would bring back what was acked (docs/decisions/resend.md).
 */
import { addRange, addSeq, countSeqs, holesIn, type SeqRange } from '#model/seen.ts';

export type GapTimes = {
  /** A hole that has stood so long is asked for: whatever is merely on its way has come by then. */
  readonly afterMs: number;
  /** Between two requests to one edge; doubled, up to the longest, while they bring nothing. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
};
export const DEFAULT_GAP_TIMES: GapTimes = { afterMs: 30_000, pauseMs: 60_000, longestPauseMs: 600_000 };

export type Missing = { readonly edgeId: string; readonly epoch: string; readonly ranges: readonly SeqRange[] };
export type GapWatch = {
  /** What the edge says of its outbox: everything below `nextSeq` was written. */
  readonly stands: (edgeId: string, epoch: string, nextSeq: number) => void;
  /** On disk. */
  readonly seen: (edgeId: string, epoch: string, seq: number) => void;
  /** Nobody waits for these: the edge does not have them any more, or an aggregate on disk stands for them. */
  readonly settled: (edgeId: string, epoch: string, ranges: readonly SeqRange[]) => void;
  /**
   * The edge is heard for the first time: what the journal lacks of it, and whatever it has beyond. What it sent while
   * nobody listened comes at once, not when it loses patience.
   */
  readonly greet: (edgeId: string, nowMs: number) => Missing | undefined;
  /** What to ask the edge for now; counts as asked. `nowMs` is any clock that never goes back. */
  readonly due: (edgeId: string, nowMs: number) => Missing | undefined;
};

/** One message stays small; the rest is asked for in the next one. */
const MAX_RANGES = 64;

type Stream = { ranges: readonly SeqRange[]; nextSeq: number };
type Hole = { sinceMs: number; count: number; movedAtMs: number; pauseMs: number };

/** `known` are the ranges on disk, or gone for good, by `edge/epoch`. */
export function createGapWatch(known: ReadonlyMap<string, readonly SeqRange[]>, times: GapTimes): GapWatch {
  const streams = new Map<string, Stream>();
  /** Of each edge only the outbox that it writes now can be asked. */
  const epochs = new Map<string, string>();
  const holes = new Map<string, Hole>();
  const askedAtMs = new Map<string, number>();

  const streamOf = (edgeId: string, epoch: string): Stream => {
    const key = `${edgeId}/${epoch}`;
    let stream = streams.get(key);
    if (stream === undefined) {
      const ranges = known.get(key) ?? [];
      stream = { ranges, nextSeq: (ranges.at(-1)?.[1] ?? 0) + 1 };
      streams.set(key, stream);
    }
    return stream;
  };
  const enter = (edgeId: string, epoch: string): void => {
    if (epochs.get(edgeId) === epoch) return;
    epochs.set(edgeId, epoch);
    holes.delete(edgeId);
  };

  const missingOf = (edgeId: string, epoch: string): readonly SeqRange[] => {
    const { ranges, nextSeq } = streamOf(edgeId, epoch);
    return nextSeq <= 1 ? [] : holesIn(ranges, [1, nextSeq - 1]);
  };
  const holeOf = (edgeId: string, count: number, nowMs: number): Hole => {
    let hole = holes.get(edgeId);
    if (hole === undefined) {
      hole = { sinceMs: nowMs, count, movedAtMs: nowMs, pauseMs: times.pauseMs };
      holes.set(edgeId, hole);
    }
    if (hole.count !== count) {
      // It fills, or it is another hole: what was learnt of the old one does not hold.
      hole.count = count;
      hole.movedAtMs = nowMs;
      hole.pauseMs = times.pauseMs;
    }
    return hole;
  };

  return {
    stands: (edgeId, epoch, nextSeq) => {
      enter(edgeId, epoch);
      const stream = streamOf(edgeId, epoch);
      stream.nextSeq = Math.max(stream.nextSeq, nextSeq);
    },
    seen: (edgeId, epoch, seq) => {
      if (!epochs.has(edgeId)) enter(edgeId, epoch);
      const stream = streamOf(edgeId, epoch);
      stream.ranges = addSeq(stream.ranges, seq);
      stream.nextSeq = Math.max(stream.nextSeq, seq + 1);
    },
    settled: (edgeId, epoch, ranges) => {
      const stream = streamOf(edgeId, epoch);
      for (const range of ranges) stream.ranges = addRange(stream.ranges, range);
    },
    greet: (edgeId, nowMs) => {
      const epoch = epochs.get(edgeId);
      const last = askedAtMs.get(edgeId);
      if (epoch === undefined || (last !== undefined && nowMs - last < times.pauseMs)) return undefined;
      askedAtMs.set(edgeId, nowMs);
      const top = streamOf(edgeId, epoch).ranges.at(-1)?.[1] ?? 0;
      const below = top < 1 ? [] : holesIn(streamOf(edgeId, epoch).ranges, [1, top]);
      return { edgeId, epoch, ranges: [...below.slice(0, MAX_RANGES - 1), [top + 1, Number.MAX_SAFE_INTEGER]] };
    },
    due: (edgeId, nowMs) => {
      const epoch = epochs.get(edgeId);
      const ranges = epoch === undefined ? [] : missingOf(edgeId, epoch);
      if (epoch === undefined || ranges.length === 0) {
        holes.delete(edgeId);
        return undefined;
      }
      const hole = holeOf(edgeId, countSeqs(ranges), nowMs);
      if (nowMs - hole.sinceMs < times.afterMs) return undefined;
      const last = askedAtMs.get(edgeId);
      if (last !== undefined) {
        // While it fills there is no need to ask again.
        if (nowMs - last < hole.pauseMs || nowMs - hole.movedAtMs < times.afterMs) return undefined;
        hole.pauseMs = Math.min(hole.pauseMs * 2, times.longestPauseMs);
      }
      askedAtMs.set(edgeId, nowMs);
      return { edgeId, epoch, ranges: ranges.slice(0, MAX_RANGES) };
    },
  };
}
