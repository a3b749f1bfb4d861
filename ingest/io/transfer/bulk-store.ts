/**
 * Writes readings that no edge sent into the embedded history: portions with an identity of their own, remembered in the
 * same transaction, so that the same portion is never stored twice. Only while no other process writes the file.
 */
import { encodeBatch, MAX_BATCH_READINGS } from '#model/batch.ts';
import type { Origin, Reading } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';
import { createSeriesBuffer } from '../../series-buffer.ts';
import { historyPath } from '../history-schema.ts';
import { openHistoryStore } from '../history-store.ts';

export type BulkStore = {
  readonly has: (portion: number) => boolean;
  /** Throws when the disk refuses; then nothing of the portion is there. An empty one is remembered as well. */
  readonly add: (portion: number, origin: Origin, readings: readonly Reading[]) => void;
  /** Merges small chunks and makes the summaries that wait. */
  readonly close: () => void;
};

const SERIES_AT_ONCE = 100;
const IMPORTER = 'import';

/** `id` names what is brought in; its portions are counted from 1. */
export function openBulkStore(dataDir: string, zone: string, id: string, nowMs: EpochMs): BulkStore {
  const store = openHistoryStore(historyPath(dataDir), { zone });
  const stream = `${IMPORTER}/${id}`;
  const identity = { edgeId: IMPORTER, epoch: id };
  return {
    has: (portion) => store.isTaken(stream, portion),
    add: (portion, origin, readings) => {
      const buffer = createSeriesBuffer();
      const place = { partition: 0, pos: 0, receivedAtMs: nowMs, kind: 'batch' as const };
      for (let from = 0; from < readings.length; from += MAX_BATCH_READINGS) {
        const batch = { ...identity, seq: 1 + from / MAX_BATCH_READINGS };
        const body = encodeBatch({
          ...{
            ...batch,
            bootId: IMPORTER,
            monoMs: 0,
            writtenAtMs: nowMs,
            timeQuality: 'synced',
            inventoryVersion: IMPORTER,
          },
          ...{ readings: readings.slice(from, from + MAX_BATCH_READINGS), events: [] },
        });
        buffer.take({ ...place, ...batch, origin, body });
      }
      // Whatever flags its readings bear, the portion is remembered.
      store.flush({ ...buffer, batches: () => new Map([[stream, [[portion, portion]]]]) }, store.cursors());
    },
    close: () => {
      while (store.compact(SERIES_AT_ONCE) > 0);
      store.close();
    },
  };
}
