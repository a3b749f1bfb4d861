/**
 * The outbox: what this edge has read, on disk until the centre has it on its own. One row is one batch whose bytes
 * never change; a poll cycle is one transaction (readings, counter bases, unit states and the time of the cycle).
 */
import { type Batch, encodeBatch, MAX_BATCH_BYTES } from '../../model/batch.ts';
import type { EdgeEvent } from '../../model/edge-event.ts';
import { inTransaction } from '../../model/io/sqlite.ts';
import type { Log, Metrics } from '../../model/ports.ts';
import type { Reading, SensorId } from '../../model/reading.ts';
import { addRange, holesIn, type SeqRange } from '../../model/seen.ts';
import type { EpochMs } from '../../model/time.ts';
import type { CounterBase } from '../acquire/counter.ts';
import { createFile, isCorruption, type OutboxFile, openOutboxFile, setAside } from './outbox-file.ts';
import {
  type EngineMark,
  type EngineState,
  type Note,
  readEngine,
  readNote,
  readSalvage,
  writeEngine,
  writeNotes,
  writeSalvage,
} from './outbox-memory.ts';
import { RAW } from './outbox-schema.ts';

/** An acked batch stays that long, so that a centre that lost its newest rows can ask for it again. */
export const KEEP_ACKED_MS = 600_000;
/** Readings of one batch; at 40 bytes a reading this stays far below `MAX_BATCH_BYTES`. */
const READINGS_PER_BATCH = 2_000;
export type OutboxOptions = {
  readonly dataDir: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly maxBytes?: number;
};

export type Cycle = {
  readonly header: Omit<Batch, 'epoch' | 'seq' | 'readings' | 'events'>;
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

export type StoredBatch = { readonly seq: number; readonly body: string };

/** Pieces of one cycle that each fit a batch; halved while the bytes would be too many. */
function* pieces(cycle: Cycle): Generator<{ readings: readonly Reading[]; events: readonly EdgeEvent[] }> {
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

export class Outbox {
  #file: OutboxFile;
  #nextSeq = 1;
  #unacked = 0;
  #batches = 0;
  /** Acks wait for the next transaction: an ack that is lost in a crash only means that its batch is sent again. */
  #acks: readonly SeqRange[] = [];
  #noted = 0;
  readonly #options: OutboxOptions;
  readonly #maxBytes: number;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? 2_000_000_000;
    this.#file = openOutboxFile(options);
    this.#nextSeq = this.#file.nextSeq;
    this.#recount();
  }

  get epoch(): string {
    return this.#file.epoch;
  }
  /** The seq that the next batch will bear. */
  get nextSeq(): number {
    return this.#nextSeq;
  }
  /** Batches without an ack, those not counted whose ack is not on disk yet. */
  get unacked(): number {
    return this.#unacked - this.#noted;
  }

  #recount(): void {
    const { batches, unacked } = this.#file.sql.counts.get() as { batches: number; unacked: number };
    this.#batches = batches;
    this.#unacked = unacked;
    this.#report();
  }

  #report(): void {
    this.#options.metrics.gauge('fengsui_edge_outbox_batches', this.#batches);
    this.#options.metrics.gauge('fengsui_edge_outbox_unacked', this.unacked);
  }

  /**
   * Puts one cycle on disk; throws when the disk refuses, and nothing of it is there then. A corrupt file is replaced by
   * a new one and the cycle goes there.
   */
  commit(cycle: Cycle): readonly number[] {
    try {
      return this.#commitOnce(cycle);
    } catch (cause) {
      if (!isCorruption(cause)) throw cause;
      this.#startAnew(String(cause));
      return this.#commitOnce(cycle);
    }
  }

  #startAnew(reason: string): void {
    const salvage = readSalvage(this.#file.db);
    try {
      this.#file.db.close();
    } catch {
      // A broken file may refuse even that.
    }
    setAside(this.#options, this.#file.path, reason);
    this.#acks = [];
    this.#noted = 0;
    this.#file = createFile(this.#options);
    this.#nextSeq = this.#file.nextSeq;
    inTransaction(this.#file.db, () => writeSalvage(this.#file.sql, salvage));
    this.#recount();
  }

  #commitOnce(cycle: Cycle): readonly number[] {
    const firstSeq = this.#nextSeq;
    let seq = firstSeq;
    const acks = this.#acks;
    let acked = 0;
    let freed = 0;
    let dropped = 0;
    inTransaction(this.#file.db, () => {
      acked = this.#writeAcks(acks, cycle.header.writtenAtMs);
      freed = Number(this.#file.sql.free.run(cycle.header.writtenAtMs - KEEP_ACKED_MS, this.#covered()).changes);
      const room = this.#makeRoom();
      freed += room.freed;
      dropped = room.dropped;
      for (const part of pieces({ ...cycle, events: [...cycle.events, ...room.events] }))
        seq = this.#insert(cycle, part, seq);
      this.#file.sql.setMeta.run('seq', String(seq - 1));
      for (const [sensorId, base] of cycle.bases) this.#file.sql.base.run(sensorId, base.raw, base.atMs);
      for (const { busId, unitId, silent } of cycle.units) this.#file.sql.unit.run(busId, unitId, silent ? 1 : 0);
      if (cycle.busId !== undefined) this.#file.sql.cycle.run(cycle.busId, cycle.header.writtenAtMs);
      if (cycle.notes !== undefined) writeNotes(this.#file.sql, cycle.notes);
      if (cycle.engine !== undefined) writeEngine(this.#file.sql, cycle.engine, seq - 1);
    });
    this.#acks = [];
    this.#noted = 0;
    this.#nextSeq = seq;
    this.#batches += seq - firstSeq - freed - dropped;
    this.#unacked += seq - firstSeq - acked - dropped;
    this.#report();
    return Array.from({ length: seq - firstSeq }, (_, index) => firstSeq + index);
  }

  #insert(cycle: Cycle, part: { readings: readonly Reading[]; events: readonly EdgeEvent[] }, seq: number): number {
    const body = encodeBatch({ ...cycle.header, ...part, epoch: this.#file.epoch, seq });
    const half = part.readings.length >> 1;
    if (Buffer.byteLength(body) > MAX_BATCH_BYTES && half > 0) {
      const next = this.#insert(cycle, { readings: part.readings.slice(0, half), events: part.events }, seq);
      return this.#insert(cycle, { readings: part.readings.slice(half), events: [] }, next);
    }
    const { writtenAtMs } = cycle.header;
    this.#file.sql.insert.run(seq, writtenAtMs, part.readings.length, part.events.length, seq, 1, RAW, null, body);
    return seq + 1;
  }

  /** Rows up to here are not needed to build the engine again. */
  #covered(): number {
    const row = this.#file.sql.covered.get() as { snapshotSeq: number } | undefined;
    return row?.snapshotSeq ?? Number.MAX_SAFE_INTEGER;
  }

  #writeAcks(ranges: readonly SeqRange[], nowMs: EpochMs): number {
    let acked = 0;
    for (const [from, to] of ranges) acked += Number(this.#file.sql.ack.run(nowMs, from, to).changes);
    return acked;
  }

  /** Over the bound, acked batches go first, then the oldest that hold readings only; what was given up is told. */
  #makeRoom(): { readonly freed: number; readonly dropped: number; readonly events: readonly EdgeEvent[] } {
    if (this.usedBytes() <= this.#maxBytes) return { freed: 0, dropped: 0, events: [] };
    const freed = Number(this.#file.sql.freeAcked.run(this.#covered()).changes);
    if (freed > 0) return { freed, dropped: 0, events: [] };
    const oldest = this.#file.sql.oldestReadings.all() as { seq: number; readings: number }[];
    let readings = 0;
    for (const row of oldest) {
      this.#file.sql.drop.run(row.seq);
      readings += row.readings;
    }
    if (readings === 0) return { freed: 0, dropped: oldest.length, events: [] };
    this.#options.metrics.count('fengsui_edge_outbox_dropped_readings_total', {}, readings);
    this.#options.log.error('outbox is full: the oldest readings were given up', { readings, batches: oldest.length });
    return {
      freed: 0,
      dropped: oldest.length,
      events: [{ kind: 'drop', count: readings, reason: 'outbox is full' }],
    };
  }

  usedBytes(): number {
    const { used, size } = this.#file.sql.pages.get() as { used: number; size: number };
    return used * size;
  }

  /** The centre has these on its disk; durable with the next commit or `flushAcks`. */
  noteAcked(ranges: readonly SeqRange[]): void {
    for (const range of ranges) {
      const to = Math.min(range[1], this.#nextSeq - 1);
      if (range[0] <= to) this.#acks = addRange(this.#acks, [range[0], to]);
    }
    this.#noted = this.#acks.reduce(
      (sum, [from, to]) => sum + (this.#file.sql.countUnacked.get(from, to) as { n: number }).n,
      0,
    );
    this.#report();
  }

  flushAcks(nowMs: EpochMs): void {
    if (this.#acks.length === 0) return;
    const acked = inTransaction(this.#file.db, () => this.#writeAcks(this.#acks, nowMs));
    this.#acks = [];
    this.#noted = 0;
    this.#unacked -= acked;
    this.#report();
  }

  /** Puts batches back that are still here; their number. */
  putBack(epoch: string, ranges: readonly SeqRange[], nowMs: EpochMs): number {
    if (epoch !== this.#file.epoch) return 0;
    this.flushAcks(nowMs);
    const changed = inTransaction(this.#file.db, () =>
      ranges.reduce((sum, [from, to]) => sum + Number(this.#file.sql.unack.run(from, to).changes), 0),
    );
    this.#recount();
    return changed;
  }

  /** What of these numbers was given out and is not here any more. */
  missing(ranges: readonly SeqRange[]): readonly SeqRange[] {
    return ranges.flatMap(([from, to]) => {
      const end = Math.min(to, this.#nextSeq - 1);
      if (end < from) return [];
      const here: [number, number][] = [];
      for (const { seq } of this.#file.sql.between.iterate(from, end) as Iterable<{ readonly seq: number }>) {
        const last = here.at(-1);
        if (last !== undefined && seq === last[1] + 1) last[1] = seq;
        else here.push([seq, seq]);
      }
      return holesIn(here, [from, end]);
    });
  }

  /** Sequence numbers that wait for an ack, oldest first, `from` ≤ seq < `before`. */
  waiting(from: number, before: number, limit: number): readonly number[] {
    return (this.#file.sql.waiting.all(from, before, limit) as { seq: number }[]).map(({ seq }) => seq);
  }

  /** When the first batch that still waits was written; undefined when none does. */
  oldestUnackedMs(): EpochMs | undefined {
    return (this.#file.sql.oldest.get() as { writtenAtMs: number } | undefined)?.writtenAtMs;
  }

  /** The bytes of a batch that waits; undefined when it is acked or gone. */
  read(seq: number): StoredBatch | undefined {
    return this.#file.sql.one.get(seq) as StoredBatch | undefined;
  }

  /** What a protocol noted under this key with a cycle that is on disk. */
  note(key: string): string | undefined {
    return readNote(this.#file.sql, key);
  }

  /** How far an engine had judged when this file was last committed; undefined when none was in use. */
  engineState(): EngineState | undefined {
    return readEngine(this.#file.sql);
  }

  /**
   * The batches behind `seq` as they were written, acked or not, for an engine that is built again: from its snapshot's
   * number on none is missing. Aggregates are left out, they stand for rows that were judged.
   */
  *rowsAfter(seq: number): Generator<StoredBatch> {
    for (let at = seq; ; ) {
      const row = this.#file.sql.after.get(at) as StoredBatch | undefined;
      if (row === undefined) return;
      yield row;
      at = row.seq;
    }
  }

  bases(): ReadonlyMap<SensorId, CounterBase> {
    const rows = this.#file.db.prepare('SELECT sensorId, raw, atMs FROM base').all() as {
      sensorId: string;
      raw: number;
      atMs: number;
    }[];
    return new Map(rows.map(({ sensorId, raw, atMs }) => [sensorId, { raw, atMs }]));
  }

  silentUnits(busId: string): readonly number[] {
    const rows = this.#file.db.prepare('SELECT unitId FROM unit WHERE busId = ? AND silent = 1').all(busId);
    return (rows as { unitId: number }[]).map(({ unitId }) => unitId);
  }

  lastCycleMs(busId: string): EpochMs | undefined {
    return (this.#file.db.prepare('SELECT atMs FROM cycle WHERE busId = ?').get(busId) as { atMs: number } | undefined)
      ?.atMs;
  }

  newestBatchMs(): EpochMs | undefined {
    const row = this.#file.db
      .prepare('SELECT max(writtenAtMs) AS atMs FROM (SELECT writtenAtMs FROM batch ORDER BY seq DESC LIMIT 100)')
      .get();
    return (row as { atMs: number | null } | undefined)?.atMs ?? undefined;
  }

  close(nowMs: EpochMs): void {
    try {
      this.flushAcks(nowMs);
    } finally {
      this.#file.db.close();
    }
  }
}
