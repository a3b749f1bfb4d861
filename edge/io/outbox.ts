/**
 * The outbox: what this edge has read, on disk until the centre has it on its own. One row is one batch whose bytes
 * never change; a poll cycle is one transaction (readings, counter bases, unit states and the time of the cycle).
 */
import { inTransaction } from '../../model/io/sqlite.ts';
import type { SensorId } from '../../model/reading.ts';
import { addRange, type SeqRange } from '../../model/seen.ts';
import type { EpochMs } from '../../model/time.ts';
import type { CounterBase } from '../acquire/counter.ts';
import { type Cycle, writeCycle } from './outbox-cycle.ts';
import {
  bytesAside,
  bytesOfLog,
  isCorruption,
  isDiskFull,
  type OutboxFile,
  type OutboxOptions,
  openOutboxFile,
  removeOldestAside,
  replaceFile,
  restartLog,
} from './outbox-file.ts';
import { lockFolder } from './outbox-lock.ts';
import {
  type EngineState,
  readBases,
  readEngine,
  readLastCycleMs,
  readNewestBatchMs,
  readNote,
  readOldestMs,
  readRowAfter,
  readSilentUnits,
  rowsBehind,
  type StoredBatch,
  type WaitingBatch,
} from './outbox-memory.ts';
import { countUnacked, missingOf, putBackRows } from './outbox-resend.ts';
import { openReserve, type Reserve } from './outbox-reserve.ts';
import { makeRoom, type Room, sayWhatWent } from './outbox-room.ts';
import { pendingSalvage, salvageSome } from './outbox-salvage.ts';
import { addTally, isDue, NO_TALLY, readTally, type Tally, toldBy, writeTally } from './outbox-tally.ts';

export type { Cycle } from './outbox-cycle.ts';
export type { OutboxOptions } from './outbox-file.ts';
export type { StoredBatch, WaitingBatch } from './outbox-memory.ts';

/** An acked batch stays that long, so that a centre that lost its newest rows can ask for it again. */
export const KEEP_ACKED_MS = 600_000;
export const MAX_OUTBOX_BYTES = 2_000_000_000;
/** After a full disk: so much of what is used now is the new bound, until the process starts anew. */
const SHRINK = 0.9;
/** When the space is another program's, giving up everything would not bring it back: cycles are refused then. */
const LEAST_SHARE = 0.25;
const RELIEVING_STEPS = 20;
const COMMITS_BETWEEN_LOOKS = 100;

export class Outbox {
  #file: OutboxFile;
  #nextSeq = 1;
  #unacked = 0;
  #batches = 0;
  /** Acks wait for the next transaction: an ack that is lost in a crash only means that its batch is sent again. */
  #acks: readonly SeqRange[] = [];
  #noted = 0;
  /** The next batch will be handed to the network as soon as it is on disk. */
  #isExpected = false;
  #tally: Tally = NO_TALLY;
  #toldAtMs: EpochMs | undefined;
  #asideBytes = 0;
  #commits = 0;
  #maxBytes: number;
  #leastBytes: number | undefined;
  readonly #options: OutboxOptions & { readonly maxBytes: number };
  readonly #reserve: Reserve;
  readonly #lock: { readonly release: () => void };

  constructor(options: OutboxOptions) {
    this.#options = { ...options, maxBytes: options.maxBytes ?? MAX_OUTBOX_BYTES };
    this.#maxBytes = this.#options.maxBytes;
    this.#lock = lockFolder(options.dataDir);
    try {
      this.#file = openOutboxFile(this.#options);
    } catch (cause) {
      this.#lock.release();
      throw cause;
    }
    this.#reserve = openReserve(options.dataDir, this.#maxBytes);
    this.#guarded(() => this.#begin(), undefined);
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

  #begin(): void {
    this.#nextSeq = this.#file.nextSeq;
    this.#acks = [];
    this.#noted = 0;
    this.#tally = readTally(this.#file.sql);
    this.#asideBytes = bytesAside(this.#file);
    this.#recount();
  }

  #recount(): void {
    const { batches, unacked } = this.#file.sql.counts.get() as { batches: number; unacked: number };
    [this.#batches, this.#unacked] = [batches, unacked];
    this.#report();
  }

  #report(): void {
    this.#options.metrics.gauge('fengsui_edge_outbox_batches', this.#batches);
    this.#options.metrics.gauge('fengsui_edge_outbox_unacked', this.unacked);
  }

  /**
   * Puts one cycle on disk; throws when the disk refuses, and nothing of it is there then. A corrupt file is replaced by
   * a new one and the cycle goes there; when the disk is full, older rows make room by the stated policy.
   */
  commit(cycle: Cycle): readonly number[] {
    try {
      return this.#commitOnce(cycle);
    } catch (cause) {
      if (isCorruption(cause)) this.#startAnew(String(cause));
      else if (!isDiskFull(cause) || !this.#relieve(cycle.header.writtenAtMs)) throw cause;
      return this.#commitOnce(cycle);
    }
  }

  #startAnew(reason: string): void {
    try {
      this.#file.db.close();
    } catch {
      // A broken file may refuse even that.
    }
    this.#file = replaceFile(this.#options, this.#file.epoch, reason);
    this.#begin();
  }

  /** What the new file took over is read there; acquisition begins and goes on whatever page is broken. */
  #again<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      if (!isCorruption(cause)) throw cause;
      this.#startAnew(String(cause));
      return read();
    }
  }

  /** Other methods go on with nothing where a page is broken; acquisition and uplink must not end by it. */
  #guarded<T>(read: () => T, otherwise: T): T {
    const { epoch } = this.#file;
    return this.#again(() => (this.#file.epoch === epoch ? read() : otherwise));
  }

  #commitOnce(cycle: Cycle): readonly number[] {
    const { sql } = this.#file;
    const nowMs = cycle.header.writtenAtMs;
    const isTelling = isDue(this.#tally, this.#toldAtMs, nowMs, this.#isExpected);
    const events = isTelling ? [...cycle.events, ...toldBy(this.#tally)] : cycle.events;
    const firstSeq = this.#nextSeq;
    const done = inTransaction(this.#file.db, () => {
      const acked = this.#writeAcks(this.#acks, nowMs);
      const freed = Number(sql.free.run(nowMs - KEEP_ACKED_MS, this.#covered()).changes);
      const place = { sql, epoch: this.#file.epoch, sent: this.#isExpected };
      const endSeq = writeCycle(place, { ...cycle, events }, firstSeq);
      const room = this.#makeRoom(endSeq);
      const salvaged = salvageSome(sql, this.#file.epoch, room.nextSeq);
      const nextSeq = room.nextSeq + salvaged.taken;
      sql.setMeta.run('seq', String(nextSeq - 1));
      const tally = addTally(isTelling ? NO_TALLY : this.#tally, {
        thinned: room.thinnedReadings,
        dropped: room.droppedReadings,
        unreadable: salvaged.lostReadings,
      });
      if (tally !== this.#tally) writeTally(sql, tally);
      return { acked, freed, endSeq, nextSeq, room, tally, salvaged: salvaged.taken };
    });
    const written = done.nextSeq - firstSeq - (done.room.nextSeq - done.endSeq);
    this.#acks = [];
    this.#noted = 0;
    this.#isExpected = false;
    this.#nextSeq = done.nextSeq;
    this.#batches += written - done.freed - done.room.rowsGone;
    this.#unacked += written - done.acked - done.room.unackedGone;
    this.#tally = done.tally;
    if (isTelling) this.#toldAtMs = nowMs;
    this.#options.metrics.count('fengsui_edge_outbox_salvaged_batches_total', {}, done.salvaged);
    this.#look(done.room);
    return Array.from({ length: done.endSeq - firstSeq }, (_, index) => firstSeq + index);
  }

  /** Rows up to here are not needed to build the engine again. */
  #covered(): number {
    const row = this.#file.sql.covered.get() as { snapshotSeq: number } | undefined;
    return row?.snapshotSeq ?? Number.MAX_SAFE_INTEGER;
  }

  /** `pageBound` is what the rows may take now; without it they may take what the bound leaves them. */
  #makeRoom(nextSeq: number, pageBound?: number): Room {
    const { sql, epoch } = this.#file;
    const beside = bytesOfLog(this.#file);
    const isFull = (): boolean => this.#pageBytes() > (pageBound ?? this.#maxBytes - beside - this.#asideBytes);
    if (isFull() && pendingSalvage(sql) === undefined && removeOldestAside(this.#file))
      this.#asideBytes = bytesAside(this.#file);
    const kindOf = this.#options.kindOf ?? (() => 'unknown');
    return makeRoom({ sql, epoch, kindOf, coveredSeq: this.#covered(), isFull }, nextSeq);
  }

  /** What the last commit gave up is said; now and then the space beside the file is measured. */
  #look(room: Room): void {
    const { metrics, log } = this.#options;
    sayWhatWent(room, log, metrics);
    if (this.#commits++ % COMMITS_BETWEEN_LOOKS === 0) {
      this.#reserve.takeBack();
      this.#asideBytes = bytesAside(this.#file);
      metrics.gauge('fengsui_edge_outbox_bytes', this.usedBytes());
    }
    this.#report();
  }

  /** The disk has no room although the bound is not reached: the bound comes down. False when nothing could go. */
  #relieve(nowMs: EpochMs): boolean {
    this.#options.metrics.count('fengsui_edge_outbox_disk_full_total');
    const pages = this.#pageBytes();
    const pageBound = Math.floor(pages * SHRINK);
    this.#leastBytes ??= Math.floor(pages * LEAST_SHARE);
    if (pageBound < this.#leastBytes) return false;
    this.#maxBytes = Math.min(this.#maxBytes, this.usedBytes() - pages + pageBound);
    const gaveUp = this.#reserve.giveUp();
    this.#asideBytes = bytesAside(this.#file);
    try {
      restartLog(this.#file);
      this.flushAcks(nowMs);
      this.#options.log.error('the disk is full: older rows make room', { maxBytes: this.#maxBytes });
      for (let step = 0; step < RELIEVING_STEPS && this.#pageBytes() > pageBound; step++) this.#relieveOnce(pageBound);
      return true;
    } catch (cause) {
      if (!isDiskFull(cause)) throw cause;
      return gaveUp;
    }
  }

  #relieveOnce(pageBound: number): void {
    const { sql } = this.#file;
    const { room, tally } = inTransaction(this.#file.db, () => {
      const made = this.#makeRoom(this.#nextSeq, pageBound);
      sql.setMeta.run('seq', String(made.nextSeq - 1));
      const given = addTally(this.#tally, { thinned: made.thinnedReadings, dropped: made.droppedReadings });
      writeTally(sql, given);
      return { room: made, tally: given };
    });
    this.#nextSeq = room.nextSeq;
    this.#batches -= room.rowsGone;
    this.#unacked -= room.unackedGone;
    this.#tally = tally;
    this.#look(room);
  }

  #writeAcks(ranges: readonly SeqRange[], nowMs: EpochMs): number {
    let acked = 0;
    for (const [from, to] of ranges) acked += Number(this.#file.sql.ack.run(nowMs, from, to).changes);
    return acked;
  }

  #pageBytes(): number {
    const { used, size } = this.#file.sql.pages.get() as { used: number; size: number };
    return used * size;
  }

  /** All that the outbox takes on disk. */
  usedBytes(): number {
    return this.#pageBytes() + bytesOfLog(this.#file) + this.#asideBytes;
  }

  /** The centre has these on its disk; durable with the next commit or `flushAcks`. */
  noteAcked(ranges: readonly SeqRange[]): void {
    for (const range of ranges) {
      const to = Math.min(range[1], this.#nextSeq - 1);
      if (range[0] <= to) this.#acks = addRange(this.#acks, [range[0], to]);
    }
    this.#noted = this.#guarded(() => countUnacked(this.#file.sql, this.#acks), 0);
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

  /** Puts batches back that are still here, or what stands for them; their number. */
  putBack(epoch: string, ranges: readonly SeqRange[], nowMs: EpochMs): number {
    if (epoch !== this.#file.epoch) return 0;
    return this.#guarded(() => {
      this.flushAcks(nowMs);
      const changed = inTransaction(this.#file.db, () => putBackRows(this.#file.sql, ranges));
      this.#recount();
      return changed;
    }, 0);
  }

  /** What of these numbers was given out and is not here any more, nor stands in an aggregate that is. */
  missing(ranges: readonly SeqRange[]): readonly SeqRange[] {
    return this.#guarded(() => missingOf(this.#file.sql, ranges, this.#nextSeq - 1), []);
  }

  /** Batches that wait for an ack, oldest first, `from` ≤ ord < `before`. */
  waiting(from: number, before: number, limit: number): readonly WaitingBatch[] {
    return this.#guarded(() => this.#file.sql.waiting.all(from, before, limit) as WaitingBatch[], []);
  }

  /** When the first batch that still waits was written; undefined when none does. */
  oldestUnackedMs(): EpochMs | undefined {
    return this.#guarded(() => readOldestMs(this.#file.sql), undefined);
  }

  /** The bytes of a batch that waits; undefined when it is acked or gone. */
  read(seq: number): (StoredBatch & WaitingBatch) | undefined {
    return this.#guarded(() => this.#file.sql.one.get(seq) as (StoredBatch & WaitingBatch) | undefined, undefined);
  }

  /**
   * Before anything of these is handed to the network: from now on they may have been sent, and are never thinned. False
   * when that cannot be written; then they must not be sent.
   */
  markSent(seqs: readonly number[]): boolean {
    try {
      inTransaction(this.#file.db, () => {
        for (const seq of seqs) this.#file.sql.markSent.run(seq);
      });
      return true;
    } catch (cause) {
      this.#options.metrics.count('fengsui_edge_outbox_refused_total');
      this.#options.log.error('the disk refused the mark of what is to be sent: it waits', { cause: String(cause) });
      if (isCorruption(cause)) this.#startAnew(String(cause));
      return false;
    }
  }

  /** Whether the uplink would send the next batch at once; its mark then goes to disk together with it. */
  expectSend(isExpected: boolean): void {
    this.#isExpected = isExpected;
  }

  /** What a protocol noted under this key with a cycle that is on disk. */
  note(key: string): string | undefined {
    return this.#again(() => readNote(this.#file.sql, key));
  }

  /** How far an engine had judged when this file was last committed; undefined when none was in use. */
  engineState(): EngineState | undefined {
    return this.#again(() => readEngine(this.#file.sql));
  }

  /**
   * The batches behind `seq` as they were written, acked or not, for an engine that is built again: from its snapshot's
   * number on none is missing. Aggregates are left out, they stand for rows that were judged.
   */
  rowsAfter(seq: number): Generator<StoredBatch> {
    return rowsBehind(seq, (at) => this.#guarded(() => readRowAfter(this.#file.sql, at), undefined));
  }

  bases(): ReadonlyMap<SensorId, CounterBase> {
    return this.#again(() => readBases(this.#file.db));
  }
  silentUnits(busId: string): readonly number[] {
    return this.#again(() => readSilentUnits(this.#file.db, busId));
  }
  lastCycleMs(busId: string): EpochMs | undefined {
    return this.#again(() => readLastCycleMs(this.#file.db, busId));
  }
  newestBatchMs(): EpochMs | undefined {
    return this.#again(() => readNewestBatchMs(this.#file.db));
  }

  close(nowMs: EpochMs): void {
    try {
      this.flushAcks(nowMs);
    } finally {
      this.#file.db.close();
      this.#lock.release();
    }
  }
}
