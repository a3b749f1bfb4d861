/**
 * Reads whole stretches of history as columns, for a backtest: each reading of one origin once, in order of its instant,
 * from the chunks and from the journal's rows beyond them.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { JournalReader } from '#model/journal.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';
import { emptyReadingColumns, type ReadingColumns, readChunkInto, stateOfCode, withFlag } from '../chunk-columns.ts';
import type { TailPiece } from '../journal-tail.ts';
import { DamagedBytesError } from '../varint.ts';
import { type HistoryFile, openHistoryFile } from './history-file.ts';

export type StoredSeries = { readonly sensorId: SensorId; readonly count: number; readonly columns: ReadingColumns };

export type Wanted = {
  readonly origin: Origin;
  /** Whether what was stored before origins were kept is of that origin. */
  readonly isUnknownOurs: (sensorId: SensorId) => boolean;
  /** Both ends included; chunks that reach over an end are read whole. */
  readonly fromMs?: EpochMs;
  readonly toMs?: EpochMs;
};

export type StoredColumns = {
  readonly series: readonly StoredSeries[];
  /** How many readings there are of each origin; looked up only when there is none of the wanted one. */
  readonly origins: ReadonlyMap<Origin | 'unknown', number>;
};

type StoredChunk = {
  readonly from_ms: number;
  readonly data: Uint8Array;
  readonly boot: string | null;
  readonly mono_shift: number | null;
};

export function readHistoryColumns(
  dataDir: string,
  journal: JournalReader,
  wanted: Wanted,
  onProgress: (done: number, of: number) => void = () => {},
): StoredColumns {
  const file = openHistoryFile(dataDir, journal);
  try {
    return file.withMoment((moment) => {
      const db = moment?.db;
      const { tail } = file;
      const ids = db === undefined ? new Map<SensorId, number>() : seriesIds(db);
      const sensorIds = [...new Set([...ids.keys(), ...tail.sensors()])].sort();
      const open = db === undefined ? undefined : openChunks(db, wanted);
      const series: StoredSeries[] = [];
      for (const [done, sensorId] of sensorIds.entries()) {
        onProgress(done, sensorIds.length);
        const pieces = tail.of(sensorId).filter(({ origin }) => origin === wanted.origin);
        const one = readSeries(file, open?.(ids.get(sensorId), wanted.isUnknownOurs(sensorId)), pieces);
        if (one.count > 0) series.push({ sensorId, ...one });
      }
      return { series, origins: series.length > 0 ? new Map() : countOrigins(db, file) };
    });
  } finally {
    file.close();
  }
}

function seriesIds(db: DatabaseSync): Map<SensorId, number> {
  const rows = db.prepare('SELECT id, sensor_id FROM series').all() as { id: number; sensor_id: string }[];
  return new Map(rows.map(({ id, sensor_id }) => [sensor_id, id]));
}

/** A file that was last written before origins were kept has no column of them. */
const originColumn = (db: DatabaseSync): string =>
  db.prepare(`SELECT 1 FROM pragma_table_info('chunks') WHERE name = 'origin'`).get() === undefined ? 'NULL' : 'origin';

type Chunks = { readonly count: number; readonly each: () => Iterable<StoredChunk> };

/** The chunks of a series that may hold what is wanted; those that wait for a clock may be of any time. */
function openChunks(db: DatabaseSync, wanted: Wanted) {
  const { origin, fromMs = -Number.MAX_SAFE_INTEGER, toMs = Number.MAX_SAFE_INTEGER } = wanted;
  const column = originColumn(db);
  const where = `FROM chunks WHERE series = ? AND (boot IS NOT NULL OR (to_ms >= ? AND from_ms <= ?))
    AND (${column} = ? OR (? AND ${column} IS NULL))`;
  const count = db.prepare(`SELECT coalesce(sum(n), 0) AS n ${where}`);
  const select = db.prepare(`SELECT from_ms, data, boot, mono_shift ${where} ORDER BY from_ms, id`);
  return (series: number | undefined, takesUnknown: boolean): Chunks => {
    const values: SQLInputValue[] = [series ?? -1, fromMs, toMs, origin, takesUnknown ? 1 : 0];
    return {
      count: (count.get(...values) as { n: number }).n,
      each: () => select.iterate(...values) as Iterable<unknown> as Iterable<StoredChunk>,
    };
  };
}

function readSeries(
  file: HistoryFile,
  chunks: Chunks | undefined,
  pieces: readonly TailPiece[],
): { readonly count: number; readonly columns: ReadingColumns } {
  const capacity = pieces.reduce((sum, { columns }) => sum + columns.times.length, chunks?.count ?? 0);
  const columns = emptyReadingColumns(capacity);
  let count = 0;
  for (const chunk of chunks?.each() ?? []) {
    const { shiftMs, isUnsure } = file.datingOf(chunk.boot, chunk.mono_shift);
    const from = count;
    count += readSoundly(columns, from, chunk.data, chunk.from_ms + shiftMs);
    if (isUnsure) flagUnsure(columns, from, count);
  }
  for (const piece of pieces) count = appendPiece(file, columns, count, piece);
  return { count, columns: inOrder(count < capacity ? firstRows(columns, count) : columns, count) };
}

/** A chunk that a disk has spoilt is a gap. */
function readSoundly(columns: ReadingColumns, from: number, data: Uint8Array, fromMs: number): number {
  try {
    return readChunkInto(columns, from, data, fromMs);
  } catch (cause) {
    if (!(cause instanceof DamagedBytesError)) throw cause;
    columns.states?.fill(0, from);
    return 0;
  }
}

const firstRows = ({ atMs, values, states }: ReadingColumns, count: number): ReadingColumns => ({
  ...{ atMs: atMs.subarray(0, count), values: values.subarray(0, count) },
  states: states?.subarray(0, count),
});

function flagUnsure(columns: ReadingColumns, from: number, to: number): void {
  columns.states ??= new Uint16Array(columns.atMs.length);
  for (let row = from; row < to; row++) columns.states[row] = withFlag(columns.states[row] as number, 'clock-unsure');
}

function appendPiece(file: HistoryFile, columns: ReadingColumns, from: number, piece: TailPiece): number {
  const { shiftMs, isUnsure } = file.datingOf(piece.waiting?.boot ?? null, piece.waiting?.monoShiftMs ?? null);
  const { times, values, codes } = piece.columns;
  for (let at = 0; at < times.length; at++) {
    const row = from + at;
    const state = stateOfCode(codes[at] as number);
    columns.atMs[row] = (times[at] as number) + shiftMs;
    columns.values[row] = values[at] as number;
    if (state === 0) continue;
    columns.states ??= new Uint16Array(columns.atMs.length);
    columns.states[row] = state;
  }
  if (isUnsure) flagUnsure(columns, from, from + times.length);
  return from + times.length;
}

/** By instant; of equal ones, what came in first stays first. Chunks overlap only where something came late. */
function inOrder(columns: ReadingColumns, count: number): ReadingColumns {
  const { atMs, values, states } = columns;
  let row = 1;
  while (row < count && (atMs[row] as number) >= (atMs[row - 1] as number)) row++;
  if (row >= count) return columns;
  const order = Uint32Array.from({ length: count }, (_, at) => at);
  order.sort((a, b) => (atMs[a] as number) - (atMs[b] as number) || a - b);
  return {
    atMs: Float64Array.from(order, (at) => atMs[at] as number),
    values: Int32Array.from(order, (at) => values[at] as number),
    states: states === undefined ? undefined : Uint16Array.from(order, (at) => states[at] as number),
  };
}

function countOrigins(db: DatabaseSync | undefined, { tail }: HistoryFile): ReadonlyMap<Origin | 'unknown', number> {
  const counts = new Map<Origin | 'unknown', number>();
  const add = (origin: Origin | null, n: number) =>
    counts.set(origin ?? 'unknown', (counts.get(origin ?? 'unknown') ?? 0) + n);
  if (db !== undefined) {
    const sql = `SELECT ${originColumn(db)} AS origin, sum(n) AS n FROM chunks GROUP BY 1`;
    for (const row of db.prepare(sql).all() as { origin: Origin | null; n: number }[]) add(row.origin, row.n);
  }
  for (const sensorId of tail.sensors())
    for (const { origin, columns } of tail.of(sensorId)) add(origin, columns.times.length);
  return counts;
}
