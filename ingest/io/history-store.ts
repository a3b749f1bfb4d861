/**
 * History's one writer: chunks, summaries, re-dated boots and the journal's cursors in one transaction, so that whatever
 * ends the process leaves each reading stored exactly once. Small chunks of a series are merged later, a few series at a
 * time, and what is old is removed in steps.
 */
import type { StatementSync } from 'node:sqlite';
import type { Retention } from '#model/history.ts';
import { inTransaction, openWritable } from '#model/io/sqlite.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { addRange, hasSeq, type SeqRange } from '#model/seen.ts';
import type { EpochMs } from '#model/time.ts';
import { appendColumns, type Columns, createChunkEncoder, emptyColumns, sortColumns } from '../chunk.ts';
import { strandOf } from '../rollup/levels.ts';
import type { SeriesBuffer } from '../series-buffer.ts';
import { openDamageDesk } from './history-damage.ts';
import { openNewestWriter } from './history-newest.ts';
import { openRetention, type RetainStep } from './history-retention.ts';
import { HISTORY_SCHEMA, historyUpgrade, PENDING, PENDING_SCHEMA, SMALL_READINGS } from './history-schema.ts';
import { openSummaryWriter, partOf } from './history-summaries.ts';

export type HistoryStore = {
  readonly cursors: () => ReadonlyMap<number, number>;
  /** Whether a batch's readings are in the file, whatever row of the journal they came in. */
  readonly isTaken: (stream: string, seq: number) => boolean;
  /** Throws when the disk refuses; then nothing of it is there. */
  readonly flush: (buffer: SeriesBuffer, cursors: ReadonlyMap<number, number>) => void;
  /** Merges the small chunks of at most `series` series, or makes summaries that wait; how many, 0 when all is done. */
  readonly compact: (series: number) => number;
  /** One small step of removing what is too old; the run is over when it says so. */
  readonly retain: (nowMs: EpochMs, retention: Retention) => RetainStep;
  /** Chunks that were found spoilt and put aside since the last call: sensor and stretch of time. */
  readonly damage: () => readonly string[];
  readonly close: () => void;
};

const CHUNK_READINGS = 1_024;
/** So many small chunks of a strand are merged, or fewer when they make a large one. */
const SMALL_CHUNKS = 16;
const MERGED_CHUNKS = 64;
const PENDING_AT_ONCE = 8;
const CHECKPOINT_PAGES = 2_000;
type Waiting = { readonly boot: string; readonly monoShiftMs: number } | null;
/** A series' chunks of one origin: only these are ever merged. */
type Strand = { readonly id: number; readonly origin: Origin | null };
type SmallOnes = Strand & { readonly chunks: number; readonly readings: number };
type ChunkRow = {
  readonly id: number;
  readonly origin: Origin | null;
  readonly n: number;
  readonly summed: number;
  readonly from_ms: number;
  readonly data: Uint8Array;
};

/** `zone` is the county's, by which days are cut; a file goes on with the one that it was begun with. */
export function openHistoryStore(path: string, { zone = 'UTC' }: { readonly zone?: string } = {}): HistoryStore {
  const db = openWritable(path, HISTORY_SCHEMA, CHECKPOINT_PAGES);
  const there = db.prepare(`SELECT name FROM pragma_table_info('chunks')`).all() as { name: string }[];
  const upgraded = inTransaction(db, () => {
    db.exec(historyUpgrade(there.map(({ name }) => name)));
    db.exec(PENDING_SCHEMA);
    return { damage: openDamageDesk(db), newest: openNewestWriter(db), summaries: openSummaryWriter(db, zone) };
  });
  const { damage, newest, summaries } = upgraded;
  const insert = db.prepare(
    `INSERT INTO chunks (series, from_ms, to_ms, n, good, sum, boot, mono_shift, data, origin, summed)
     VALUES (?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?)`,
  );
  const insertSeries = db.prepare('INSERT INTO series (sensor_id) VALUES (?)');
  const saveCursor = db.prepare(
    'INSERT INTO cursors (partition, pos) VALUES (?, ?) ON CONFLICT (partition) DO UPDATE SET pos = excluded.pos',
  );
  const saveTaken = db.prepare(
    'INSERT INTO taken (stream, ranges) VALUES (?, ?) ON CONFLICT (stream) DO UPDATE SET ranges = excluded.ranges',
  );
  const saveClock = db.prepare(
    'INSERT INTO clocks (boot, utc_at_mono_zero_ms) VALUES (?, ?) ON CONFLICT (boot) DO NOTHING',
  );
  const redate = db.prepare(
    `UPDATE chunks SET from_ms = from_ms + mono_shift + ?, to_ms = to_ms + mono_shift + ?, boot = NULL, mono_shift = NULL
     WHERE boot = ?`,
  );
  const ofBoot = db.prepare(
    'SELECT id, series, origin, n, summed, from_ms, mono_shift, data FROM chunks WHERE boot = ?',
  );
  const selectSmall = db.prepare(
    `SELECT id, origin, n, summed, from_ms, data FROM chunks
     WHERE series = ? AND origin IS ? AND n < ? AND boot IS NULL ORDER BY id LIMIT ?`,
  );
  const remove = db.prepare('DELETE FROM chunks WHERE id = ?');
  const pending = db.prepare(
    `SELECT id, series, origin, n, summed, from_ms, data FROM chunks INDEXED BY chunks_pending
     WHERE ${PENDING} LIMIT ?`,
  );
  const setSummed = db.prepare('UPDATE chunks SET summed = 1 WHERE id = ?');
  const retention = openRetention(db, summaries, damage.open, (strand, n) => {
    if (n < SMALL_READINGS) countSmall(strand, -1, -n);
  });
  const encode = createChunkEncoder();
  const series = new Map<SensorId, number>();
  const clocks = new Map<string, number>();
  const taken = new Map<string, readonly SeqRange[]>();
  /** Strands with small chunks, how many, and of how many readings. */
  const small = new Map<number, SmallOnes>();
  const ripe = new Set<number>();
  load();

  function load(): void {
    series.clear();
    clocks.clear();
    taken.clear();
    small.clear();
    ripe.clear();
    for (const row of db.prepare('SELECT id, sensor_id FROM series').all() as { id: number; sensor_id: string }[])
      series.set(row.sensor_id, row.id);
    for (const row of db.prepare('SELECT stream, ranges FROM taken').all() as { stream: string; ranges: string }[])
      taken.set(row.stream, JSON.parse(row.ranges) as SeqRange[]);
    const booted = db.prepare('SELECT boot, utc_at_mono_zero_ms AS utc FROM clocks').all();
    for (const row of booted as { boot: string; utc: number }[]) clocks.set(row.boot, row.utc);
    const sums = db.prepare(
      `SELECT series AS id, origin, count(*) AS chunks, sum(n) AS readings FROM chunks
       WHERE n < ? AND boot IS NULL GROUP BY series, origin`,
    );
    for (const row of sums.all(SMALL_READINGS) as unknown as SmallOnes[]) countSmall(row, row.chunks, row.readings);
  }

  function countSmall({ id, origin }: Strand, moreChunks: number, moreReadings: number): void {
    const key = strandOf(id, origin);
    const known = small.get(key);
    const chunks = (known?.chunks ?? 0) + moreChunks;
    const readings = (known?.readings ?? 0) + moreReadings;
    if (chunks <= 0) small.delete(key);
    else small.set(key, { id, origin, chunks, readings });
    // One alone has nothing to be merged with.
    if (chunks >= SMALL_CHUNKS || (chunks > 1 && readings >= SMALL_READINGS)) ripe.add(key);
    else ripe.delete(key);
  }

  const idOf = (sensorId: SensorId): number => {
    let id = series.get(sensorId);
    if (id === undefined) {
      id = Number(insertSeries.run(sensorId).lastInsertRowid);
      series.set(sensorId, id);
    }
    return id;
  };

  const writeChunks = (strand: Strand, sorted: Columns, shiftMs: number, waiting: Waiting, summed: boolean): void => {
    const { times } = sorted;
    for (let at = 0; at < times.length; at += CHUNK_READINGS) {
      const part = partOf(sorted, at, at + CHUNK_READINGS);
      const n = part.times.length;
      const from = (part.times[0] ?? 0) + shiftMs;
      const to = (part.times[n - 1] ?? 0) + shiftMs;
      const { boot = null, monoShiftMs = null } = waiting ?? {};
      insert.run(strand.id, from, to, n, boot, monoShiftMs, encode(part), strand.origin, summed ? 1 : 0);
      if (n < SMALL_READINGS && waiting === null) countSmall(strand, 1, n);
    }
  };
  const writeDated = (strand: Strand, columns: Columns, shiftMs: number): void => {
    if (columns.times.length === 0) return;
    const sorted = sortColumns(columns);
    const key = strandOf(strand.id, strand.origin);
    const summed = sorted.times.length >= SMALL_READINGS;
    if (summed) summaries.add(key, sorted, shiftMs);
    newest.note(key, sorted, shiftMs);
    writeChunks(strand, sorted, shiftMs, null, summed);
  };

  /** The readings of a boot whose clock was set go where they belong; their summaries wait for the next merge. */
  const redateBoot = (boot: string, utc: number): void => {
    for (const row of ofBoot.all(boot) as unknown as (ChunkRow & { series: number; mono_shift: number })[]) {
      const strand = { id: row.series, origin: row.origin };
      const columns = damage.open(row);
      if (columns === undefined) continue;
      if (row.n < SMALL_READINGS) countSmall(strand, 1, row.n);
      newest.note(strandOf(row.series, row.origin), columns, row.mono_shift + utc);
    }
    redate.run(utc, utc, boot);
  };

  const mergeStrand = (select: StatementSync, remove: StatementSync, strand: Strand): void => {
    const rows = select.all(strand.id, strand.origin, SMALL_READINGS, MERGED_CHUNKS) as unknown as ChunkRow[];
    const merged = emptyColumns();
    const fresh = emptyColumns();
    // Most often none of them is in the summaries yet.
    const isAllFresh = rows.every(({ summed }) => summed === 0);
    for (const row of rows) {
      const columns = damage.open(row);
      if (columns === undefined) continue;
      appendColumns(merged, columns);
      if (!isAllFresh && row.summed === 0) appendColumns(fresh, columns);
      remove.run(row.id);
    }
    countSmall(strand, -rows.length, -rows.reduce((sum, { n }) => sum + n, 0));
    const sorted = sortColumns(merged);
    const unsummed = isAllFresh ? sorted : sortColumns(fresh);
    if (unsummed.times.length > 0) summaries.add(strandOf(strand.id, strand.origin), unsummed, 0);
    writeChunks(strand, sorted, 0, null, true);
  };

  /** Summaries of chunks that were too large to be merged when they were dated, or are of an older file. */
  const addPending = (limit: number): number => {
    const rows = pending.all(limit) as unknown as (ChunkRow & { series: number })[];
    for (const row of rows) {
      const columns = damage.open(row);
      if (columns === undefined) continue;
      summaries.add(strandOf(row.series, row.origin), columns, 0);
      setSummed.run(row.id);
    }
    return rows.length;
  };

  /** A rolled back transaction leaves what is remembered of the file wrong: read it anew. */
  const atomically = (work: () => void): void => {
    try {
      inTransaction(db, work);
    } catch (cause) {
      load();
      newest.reload();
      summaries.reload();
      damage.forget();
      throw cause;
    }
  };

  return {
    cursors: () => {
      const rows = db.prepare('SELECT partition, pos FROM cursors').all() as { partition: number; pos: number }[];
      return new Map(rows.map((row) => [row.partition, row.pos]));
    },
    isTaken: (stream, seq) => hasSeq(taken.get(stream) ?? [], seq),
    flush: (buffer, cursors) =>
      atomically(() => {
        for (const [boot, utc] of buffer.fixes()) {
          if (clocks.has(boot)) continue;
          clocks.set(boot, utc);
          saveClock.run(boot, utc);
          redateBoot(boot, utc);
        }
        for (const { sensorId, origin, columns } of buffer.sure())
          writeDated({ id: idOf(sensorId), origin }, columns, 0);
        for (const { sensorId, origin, boot, monoShiftMs, columns } of buffer.unsure()) {
          const strand = { id: idOf(sensorId), origin };
          const utc = clocks.get(boot);
          if (utc === undefined) writeChunks(strand, sortColumns(columns), 0, { boot, monoShiftMs }, false);
          else writeDated(strand, columns, monoShiftMs + utc);
        }
        for (const [stream, ranges] of buffer.batches()) {
          const all = ranges.reduce(addRange, taken.get(stream) ?? []);
          taken.set(stream, all);
          saveTaken.run(stream, JSON.stringify(all));
        }
        for (const [partition, pos] of cursors) saveCursor.run(partition, pos);
      }),
    compact: (limit) => {
      const strands = [...ripe].slice(0, limit).flatMap((key) => small.get(key) ?? []);
      if (strands.length === 0 && pending.all(1).length === 0) return 0;
      let pendingDone = 0;
      atomically(() => {
        for (const strand of strands) mergeStrand(selectSmall, remove, strand);
        if (strands.length === 0) pendingDone = addPending(PENDING_AT_ONCE);
      });
      return strands.length + pendingDone;
    },
    retain: (nowMs, keep) => {
      let step: RetainStep = { readings: 0, summaries: 0, isDone: true };
      atomically(() => {
        step = retention.step(nowMs, keep);
      });
      return step;
    },
    damage: damage.found,
    close: () => db.close(),
  };
}
