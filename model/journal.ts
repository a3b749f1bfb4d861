/**
 * The journal and the other logs, as their readers see them. One writer a file; every reader keeps its cursor and its
 * effects in its own file, in one transaction. A wake-up joins them, a slow poll makes up for one that was missed.
 */
import type { Origin } from '#model/reading.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import type { EpochMs } from '#model/time.ts';

/** A row's place: partition and position, positions ascending within a partition, not necessarily dense. */
export type RowPosition = { readonly partition: number; readonly pos: number };

/** Everything that rules depend on is one of these rows. */
export type JournalRow = RowPosition & { readonly receivedAtMs: EpochMs } & (
    | {
        /** One batch of an edge, or the part of one that came out of quarantine. */
        readonly kind: 'batch';
        readonly edgeId: string;
        readonly epoch: string;
        readonly seq: number;
        readonly origin: Origin;
        /** As `encodeBatch` wrote it, verified; open it with `openVerified`. */
        readonly body: string;
      }
    /** The centre's clock went by; `centreUpSinceMs` tells a silent sensor from a centre that was away. */
    | { readonly kind: 'tick'; readonly atMs: EpochMs; readonly centreUpSinceMs: EpochMs }
    /** From here on this rule set judges (rules, thresholds and the inventory of what should report). */
    | { readonly kind: 'rules'; readonly ruleSet: CompiledRuleSet }
    /** A gateway came or went. */
    | { readonly kind: 'edge'; readonly edgeId: string; readonly state: 'online' | 'lost' }
  );

/** Cumulative cursors, one a partition: everything up to and including `pos` is done. Missing means nothing yet. */
export type Cursors = ReadonlyMap<number, number>;

export type JournalReader = {
  /** Partitions that have rows, each with its newest position. */
  readonly heads: () => ReadonlyMap<number, number>;
  /** Rows after `afterPos`, in order, at most `limit`; empty when there are none. */
  readonly read: (partition: number, afterPos: number, limit: number) => readonly JournalRow[];
  /**
   * Whether `pos` belongs to rows that were there and are gone, because the file was put back to an older copy. No
   * position is used twice, so a cursor that stands there skips nothing; but what was made of those rows must be made
   * anew. Ask after a `read` that brought rows.
   */
  readonly wasRolledBack?: (pos: number) => boolean;
  /** Calls back (conflated) when rows may have come; returns the cancel. A slow poll is included. */
  readonly onWake: (wake: () => void) => () => void;
  readonly close: () => void;
};

/** A log of one stage's decisions that another stage reads: transitions, commands. Positions ascend from 1. */
export type LogReader<T> = {
  readonly read: (afterPos: number, limit: number) => readonly { readonly pos: number; readonly entry: T }[];
  readonly head: () => number;
  readonly onWake: (wake: () => void) => () => void;
  readonly close: () => void;
};
export type LogWriter<T> = {
  /** Durable when it returns. Entries with a key that is already there are left out (their position is undefined). */
  readonly append: (entries: readonly { readonly key: string; readonly entry: T }[]) => readonly (number | undefined)[];
  readonly close: () => void;
};
