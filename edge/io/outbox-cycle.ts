/** What one commit of the outbox takes: a poll cycle or a frame with all that has to stand or fall with it. */
import { type Batch, encodeBatch, MAX_BATCH_BYTES } from '../../model/batch.ts';
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { Reading, SensorId } from '../../model/reading.ts';
import type { CounterBase } from '../acquire/counter.ts';
import { type EngineMark, type Note, writeEngine, writeNotes } from './outbox-memory.ts';
import { RAW, type Statements } from './outbox-schema.ts';

/** Readings of one batch; at 40 bytes a reading this stays far below `MAX_BATCH_BYTES`. */
const READINGS_PER_BATCH = 2_000;

export type Cycle = {
  readonly header: Omit<Batch, 'epoch' | 'seq' | 'readings' | 'events' | 'replaces'>;
  readonly readings: readonly Reading[];
  readonly events: readonly EdgeEvent[];
  readonly bases: ReadonlyMap<SensorId, CounterBase>;
  readonly units: readonly { readonly busId: string; readonly unitId: number; readonly silent: boolean }[];
  readonly busId?: string;
  /** What protocols remember of the wire; of the same prefix (up to the last `/`) the newest 512 are kept. */
  readonly notes?: readonly Note[];
  /** How far the rules engine came with this commit; null when none is in use any more. */
  readonly engine?: EngineMark | null;
};

/** Pieces of one cycle that each fit a batch; halved while the bytes would be too many. */
function* pieces(cycle: Pick<Cycle, 'readings' | 'events'>): Generator<Pick<Cycle, 'readings' | 'events'>> {
  if (cycle.readings.length === 0) {
    if (cycle.events.length > 0) yield { readings: [], events: cycle.events };
    return;
  }
  for (let from = 0; from < cycle.readings.length; from += READINGS_PER_BATCH)
    yield {
      readings: cycle.readings.slice(from, from + READINGS_PER_BATCH),
      events: from === 0 ? cycle.events : [],
    };
}

type Place = {
  readonly sql: Statements;
  readonly epoch: string;
  /** The uplink will send it as soon as it is on disk. */
  readonly sent: boolean;
};

/** Part of a transaction; the number behind the last one that was given out. */
export function writeCycle(place: Place, cycle: Cycle, firstSeq: number): number {
  const { sql } = place;
  let seq = firstSeq;
  for (const part of pieces(cycle)) seq = insert(place, cycle, part, seq);
  for (const [sensorId, base] of cycle.bases) sql.base.run(sensorId, base.raw, base.atMs, base.of ?? null);
  for (const { busId, unitId, silent } of cycle.units) sql.unit.run(busId, unitId, silent ? 1 : 0);
  if (cycle.busId !== undefined) sql.cycle.run(cycle.busId, cycle.header.writtenAtMs);
  if (cycle.notes !== undefined) writeNotes(sql, cycle.notes);
  if (cycle.engine !== undefined) writeEngine(sql, cycle.engine, seq - 1);
  return seq;
}

function insert(place: Place, cycle: Cycle, part: Pick<Cycle, 'readings' | 'events'>, seq: number): number {
  const body = encodeBatch({ ...cycle.header, ...part, epoch: place.epoch, seq });
  const half = part.readings.length >> 1;
  if (Buffer.byteLength(body) > MAX_BATCH_BYTES && half > 0) {
    const next = insert(place, cycle, { readings: part.readings.slice(0, half), events: part.events }, seq);
    return insert(place, cycle, { readings: part.readings.slice(half), events: [] }, next);
  }
  const some = part.events.length >> 1;
  if (Buffer.byteLength(body) > MAX_BATCH_BYTES && some > 0) {
    const next = insert(place, cycle, { readings: part.readings, events: part.events.slice(0, some) }, seq);
    return insert(place, cycle, { readings: [], events: part.events.slice(some) }, next);
  }
  const { writtenAtMs } = cycle.header;
  const sent = place.sent ? 1 : 0;
  place.sql.insert.run(seq, writtenAtMs, part.readings.length, part.events.length, seq, sent, RAW, null, body);
  return seq + 1;
}
