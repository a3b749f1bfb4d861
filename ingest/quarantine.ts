/** What ingest cannot journal is kept whole, with the reason; it is never dropped and never in the way of what is behind it. */
import type { EpochMs } from '#model/time.ts';

/** Closed: used as metric labels. The index is the code on disk: append only. */
export const QUARANTINE_REASONS = [
  'json', // not JSON; the detail has the position
  'version',
  'shape', // JSON, but not a batch; the detail has the path
  'size',
  'identity', // the batch names another edge than its topic
  'unknown-edge',
  'unknown-sensor', // not in the registry, or another edge's
  'future',
  'ancient',
  'range', // a value outside 32 bits
  'clone', // the identity of a batch on disk with other bytes: two boxes with one outbox
  'overlap', // an aggregate of batches of which one is on disk by itself: it would count twice
  'native-device', // a device's own message that names a device which the county does not know
  'native-message', // a device's own message that its decoder does not understand; the detail says why
] as const;
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

/** These end when the registry learns of the edge or sensor. */
export const REGISTRY_REASONS: readonly QuarantineReason[] = ['unknown-edge', 'unknown-sensor'];

/** Of a device's own message: it ends when the county learns of the device. */
export const NATIVE_REASONS: readonly QuarantineReason[] = ['native-device'];

/** A batch, or the readings of one that share a reason, encoded as a batch with the same identity. */
export type QuarantinePart = {
  readonly reason: QuarantineReason;
  readonly detail: string;
  readonly readings: number;
  readonly body: string;
};

export type QuarantineEntry = QuarantinePart & {
  readonly id: number;
  readonly receivedAtMs: EpochMs;
  /** As the topic names it. */
  readonly edgeId: string;
  readonly township: string;
  /** Empty and 0 when the payload names none. */
  readonly epoch: string;
  readonly seq: number;
};

export type QuarantineReader = {
  /** Newest first; `cursor` is the last id seen. */
  readonly list: (
    limit: number,
    cursor: string | null,
  ) => { readonly items: readonly QuarantineEntry[]; readonly next: string | null };
  /** Entries and readings by reason; also 'all' of one edge when named. */
  readonly counts: (edgeId?: string) => ReadonlyMap<QuarantineReason, number>;
  readonly close: () => void;
};
