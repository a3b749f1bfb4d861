/** What goes into one commit of the journal, and what is answered for each item. Plain data: it crosses a thread. */
import type { Origin } from '#model/reading.ts';
import type { SeqRange } from '#model/seen.ts';
import type { EpochMs } from '#model/time.ts';
import type { BoundReading } from './native-bind.ts';
import type { QuarantinePart } from './quarantine.ts';

export type JournalItem =
  | {
      readonly kind: 'batch';
      readonly edgeId: string;
      readonly township: string;
      readonly epoch: string;
      readonly seq: number;
      /** Of the bytes as they came. */
      readonly digest: number;
      readonly partition: number;
      readonly origin: Origin;
      readonly receivedAtMs: EpochMs;
      readonly body: string | null;
      readonly parts: readonly QuarantinePart[];
      /** Batches of the same epoch that it stands for; none of them may be on disk. */
      readonly replaces?: readonly SeqRange[];
    }
  | {
      readonly kind: 'reject';
      readonly edgeId: string;
      readonly township: string;
      readonly digest: number;
      readonly receivedAtMs: EpochMs;
      readonly epoch: string | null;
      readonly seq: number;
      readonly own: boolean;
      readonly part: QuarantinePart;
    }
  | NativeItem
  | { readonly kind: 'control'; readonly receivedAtMs: EpochMs; readonly rows: readonly ControlRow[] }
  /** An entry of the quarantine that the registry now explains: the row, and the rest that stays. */
  | {
      readonly kind: 'reinject';
      readonly id: number;
      readonly receivedAtMs: EpochMs;
      readonly row: { readonly partition: number; readonly origin: Origin; readonly body: string } | null;
      readonly parts: readonly QuarantinePart[];
    }
  /** Batches that an edge does not have any more and the journal never got: never asked for again. */
  | { readonly kind: 'gone'; readonly edgeId: string; readonly epoch: string; readonly ranges: readonly SeqRange[] }
  /** Removes rows older than `beforeMs` that every cursor has passed, at most `limit`. */
  | {
      readonly kind: 'retain';
      readonly beforeMs: EpochMs;
      readonly cursors: ReadonlyMap<number, number>;
      readonly limit: number;
    };

/** A message that a device brought itself: it becomes a batch within the commit, as far as it was not there before. */
export type NativeItem = {
  readonly kind: 'native';
  readonly edgeId: string;
  readonly township: string;
  readonly partition: number;
  readonly origin: Origin;
  readonly receivedAtMs: EpochMs;
  readonly inventoryVersion: string;
  /** Of the bytes as they came. */
  readonly digest: number;
  readonly readings: readonly BoundReading[];
  /** What of the message goes into quarantine. */
  readonly parts: readonly QuarantinePart[];
  /** An entry of the quarantine that this message was; its rest stays. */
  readonly releases: number | null;
};

/** `state` is remembered with the row, so that a restart does not write what is already there. */
export type ControlRow =
  | { readonly kind: 'tick'; readonly partition: number; readonly body: string }
  | { readonly kind: 'rules'; readonly partition: number; readonly body: string; readonly version: string }
  | {
      readonly kind: 'edge';
      readonly partition: number;
      readonly edgeId: string;
      readonly state: 'online' | 'lost';
      readonly bootId: string;
    };

export type BatchFate = 'stored' | 'duplicate' | 'clone' | 'overlap' | 'quarantined' | 'refused';
export type JournalResult =
  /** `ranges` are what is on disk of this epoch around the batch; absent means: do not ack. */
  | { readonly kind: 'batch'; readonly fate: BatchFate; readonly ranges: readonly SeqRange[] | null }
  /** `body` is the batch that was journalled; `dropped` counts parts for which quarantine had no room. */
  | {
      readonly kind: 'native';
      readonly fate: 'stored' | 'duplicate' | 'quarantined';
      readonly body: string | null;
      readonly dropped: number;
    }
  | { readonly kind: 'done'; readonly changed: number };

/** What the journal remembers of the rows that it has. */
export type JournalMemory = {
  /** Numbers on disk, by `edge/epoch`. */
  readonly streams: ReadonlyMap<string, readonly SeqRange[]>;
  /** Numbers that are lost for good, by `edge/epoch`. */
  readonly gone: ReadonlyMap<string, readonly SeqRange[]>;
  readonly edges: ReadonlyMap<string, { readonly state: 'online' | 'lost'; readonly bootId: string }>;
  /** By partition. */
  readonly ruleVersions: ReadonlyMap<number, string>;
};

export type QuarantineLimits = { readonly rowsPerEdge: number; readonly bytesPerEdge: number };
export type StoreOptions = {
  readonly quarantine: QuarantineLimits;
  /** Added to every commit; for the bench's poor disk. */
  readonly commitDelayMs: number;
  /** Size of the file in pages at most; for tests of a full disk. */
  readonly maxPages?: number;
};
export const DEFAULT_STORE_OPTIONS: StoreOptions = {
  quarantine: { rowsPerEdge: 10_000, bytesPerEdge: 64_000_000 },
  commitDelayMs: 0,
};
