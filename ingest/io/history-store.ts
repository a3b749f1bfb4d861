/**
 * History's one writer: chunks, re-dated boots and the journal's cursors in one transaction, so that whatever ends the
 * process leaves each reading stored exactly once. Small chunks of a series are merged later, a few series at a time.
 */
import type { StatementSync } from 'node:sqlite';
import { inTransaction, openWritable } from '#model/io/sqlite.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { addRange, hasSeq, type SeqRange } from '#model/seen.ts';
import {
  appendColumns,
  type Columns,
  createChunkEncoder,
  decodeChunk,
  emptyColumns,
  sliceColumns,
  sortColumns,
  summarise,
} from '../chunk.ts';
import type { SeriesBuffer } from '../series-buffer.ts';
import { HISTORY_SCHEMA, historyUpgrade } from './history-schema.ts';

export type HistoryStore = {
  readonly cursors: () => ReadonlyMap<number, number>;
  /** Whether a batch's readings are in the file, whatever row of the journal they came in. */
  readonly isTaken: (stream: string, seq: number) => boolean;
  /** Throws when the disk refuses; then nothing of it is there. */
  readonly flush: (buffer: SeriesBuffer, cursors: ReadonlyMap<number, number>) => void;
  /** Merges the small chunks of at most `series` series; the number of those that it merged. */
  readonly compact: (series: number) => number;
  readonly close: () => void;
};

const CHUNK_READINGS = 1_024;
/** A chunk with fewer readings is small; so many small ones of a series are merged. */
const SMALL_READINGS = 512;
const SMALL_CHUNKS = 16;
const MERGED_CHUNKS = 64;
const CHECKPOINT_PAGES = 2_000;
type Waiting = { readonly boot: string; readonly monoShiftMs: number } | null;
/** A series' chunks of one origin: only these are ever merged. */
type Strand = { readonly id: number; readonly origin: Origin | null };

export function openHistoryStore(path: string): HistoryStore {
  const db = openWritable(path, HISTORY_SCHEMA, CHECKPOINT_PAGES);
  const there = db.prepare(`SELECT name FROM pragma_table_info('chunks')`).all() as { name: string }[];
  db.exec(historyUpgrade(there.map(({ name }) => name)));
  const insert = db.prepare(
    `INSERT INTO chunks (series, from_ms, to_ms, n, good, min, max, sum, boot, mono_shift, data, origin)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
  const encode = createChunkEncoder();
  const series = new Map<SensorId, number>();
  const clocks = new Map<string, number>();
  const taken = new Map<string, readonly SeqRange[]>();
  /** Strands with small chunks, and how many. */
  const small = new Map<string, Strand & { readonly chunks: number }>();
  load();

  function load(): void {
    series.clear();
    clocks.clear();
    taken.clear();
    small.clear();
    for (const row of db.prepare('SELECT id, sensor_id FROM series').all() as { id: number; sensor_id: string }[])
      series.set(row.sensor_id, row.id);
    for (const row of db.prepare('SELECT stream, ranges FROM taken').all() as { stream: string; ranges: string }[])
      taken.set(row.stream, JSON.parse(row.ranges) as SeqRange[]);
    const booted = db.prepare('SELECT boot, utc_at_mono_zero_ms AS utc FROM clocks').all();
    for (const row of booted as { boot: string; utc: number }[]) clocks.set(row.boot, row.utc);
    const sums = db.prepare(
      'SELECT series, origin, count(*) AS n FROM chunks WHERE n < ? AND boot IS NULL GROUP BY series, origin',
    );
    for (const row of sums.all(SMALL_READINGS) as { series: number; origin: Origin | null; n: number }[])
      countSmall({ id: row.series, origin: row.origin }, row.n);
  }

  function countSmall({ id, origin }: Strand, more: number): void {
    const key = `${id} ${origin}`;
    const chunks = Math.max(0, (small.get(key)?.chunks ?? 0) + more);
    if (chunks === 0) small.delete(key);
    else small.set(key, { id, origin, chunks });
  }

  const idOf = (sensorId: SensorId): number => {
    let id = series.get(sensorId);
    if (id === undefined) {
      id = Number(insertSeries.run(sensorId).lastInsertRowid);
      series.set(sensorId, id);
    }
    return id;
  };

  const writeChunks = (strand: Strand, sorted: Columns, shiftMs: number, waiting: Waiting): void => {
    for (let at = 0; at < sorted.times.length; at += CHUNK_READINGS) {
      const part = sorted.times.length <= CHUNK_READINGS ? sorted : sliceColumns(sorted, at, at + CHUNK_READINGS);
      const n = part.times.length;
      const { good, min, max, sum } = summarise(part);
      const from = (part.times[0] ?? 0) + shiftMs;
      const to = (part.times[n - 1] ?? 0) + shiftMs;
      insert.run(
        strand.id,
        from,
        to,
        n,
        good,
        min,
        max,
        sum,
        waiting?.boot ?? null,
        waiting?.monoShiftMs ?? null,
        encode(part),
        strand.origin,
      );
      if (n < SMALL_READINGS && waiting === null) countSmall(strand, 1);
    }
  };

  const mergeStrand = (select: StatementSync, remove: StatementSync, strand: Strand): void => {
    const rows = select.all(strand.id, strand.origin, SMALL_READINGS, MERGED_CHUNKS) as {
      id: number;
      from_ms: number;
      data: Uint8Array;
    }[];
    const merged = emptyColumns();
    for (const row of rows) {
      appendColumns(merged, decodeChunk(row.data, row.from_ms));
      remove.run(row.id);
    }
    countSmall(strand, -rows.length);
    writeChunks(strand, sortColumns(merged), 0, null);
  };

  /** A rolled back transaction leaves what is remembered of the file wrong: read it anew. */
  const atomically = (work: () => void): void => {
    try {
      inTransaction(db, work);
    } catch (cause) {
      load();
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
          redate.run(utc, utc, boot);
        }
        for (const { sensorId, origin, columns } of buffer.sure())
          writeChunks({ id: idOf(sensorId), origin }, sortColumns(columns), 0, null);
        for (const { sensorId, origin, boot, monoShiftMs, columns } of buffer.unsure()) {
          const strand = { id: idOf(sensorId), origin };
          const utc = clocks.get(boot);
          const sorted = sortColumns(columns);
          if (utc === undefined) writeChunks(strand, sorted, 0, { boot, monoShiftMs });
          else writeChunks(strand, sorted, monoShiftMs + utc, null);
        }
        for (const [stream, ranges] of buffer.batches()) {
          const all = ranges.reduce(addRange, taken.get(stream) ?? []);
          taken.set(stream, all);
          saveTaken.run(stream, JSON.stringify(all));
        }
        for (const [partition, pos] of cursors) saveCursor.run(partition, pos);
      }),
    compact: (limit) => {
      const ripe = [...small.values()].filter(({ chunks }) => chunks >= SMALL_CHUNKS).slice(0, limit);
      if (ripe.length === 0) return 0;
      const select = db.prepare(
        'SELECT id, from_ms, data FROM chunks WHERE series = ? AND origin IS ? AND n < ? AND boot IS NULL ORDER BY id LIMIT ?',
      );
      const remove = db.prepare('DELETE FROM chunks WHERE id = ?');
      atomically(() => {
        for (const strand of ripe) mergeStrand(select, remove, strand);
      });
      return ripe.length;
    },
    close: () => db.close(),
  };
}
