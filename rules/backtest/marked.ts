/** Gives the engine rows that are not plainly good as the batches that an edge would have sent. */
import { encodeBatch, MAX_BATCH_READINGS } from '#model/batch.ts';
import type { JournalRow } from '#model/journal.ts';
import type { Reading, SensorId } from '#model/reading.ts';
import type { Batch } from './merge.ts';
import { ROW_FIRST, ROW_MISSING, ROW_SUSPECT } from './recording.ts';

export type Sender = {
  readonly partition: number;
  readonly edgeIds: readonly string[];
  readonly sensorIds: readonly SensorId[];
};

function readingAt(batch: Batch, row: number, sensorId: SensorId): Reading {
  const mark = batch.marks[row];
  const stamp = { sensorId, measuredAtMs: batch.atMs[row] as number, timeQuality: 'synced' } as const;
  if (mark === ROW_MISSING) return { ...stamp, quality: 'bad', reason: 'sentinel', flags: [] };
  const value = batch.values[row] as number;
  return mark === ROW_SUSPECT
    ? { ...stamp, quality: 'suspect', value, flags: [] }
    : { ...stamp, quality: 'good', value, flags: mark === ROW_FIRST ? ['first'] : [] };
}

/** One row of the journal for each five thousand readings, from position `pos` on. */
export function rowsOf(batch: Batch, { partition, edgeIds, sensorIds }: Sender, pos: number): readonly JournalRow[] {
  const rows: JournalRow[] = [];
  for (let from = 0; from < batch.count; from += MAX_BATCH_READINGS) {
    const readings: Reading[] = [];
    for (let row = from; row < Math.min(batch.count, from + MAX_BATCH_READINGS); row++)
      readings.push(readingAt(batch, row, sensorIds[batch.slots[row] as number] ?? ''));
    const place = { partition, pos: pos + rows.length, receivedAtMs: batch.receivedAtMs };
    // The line of a sensor in it: one that has begun.
    const edgeId = edgeIds[batch.slots[from] as number] ?? '';
    const identity = { edgeId, epoch: 'recorded', seq: place.pos };
    const body = encodeBatch({
      ...{ ...identity, bootId: 'recorded', monoMs: 0, writtenAtMs: batch.receivedAtMs, timeQuality: 'synced' },
      ...{ inventoryVersion: 'recorded', readings, events: [] },
    });
    rows.push({ ...place, ...identity, kind: 'batch', origin: 'replay', body });
  }
  return rows;
}
