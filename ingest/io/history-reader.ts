/** Reads history: chunks and the journal's rows beyond them as one, each reading once, late ones in their place. */
import type { DatabaseSync } from 'node:sqlite';
import type { HistoryPoint, HistoryReader } from '#model/history.ts';
import { openReadable } from '#model/io/sqlite.ts';
import type { Cursors, JournalReader } from '#model/journal.ts';
import type { Flag, SensorId } from '#model/reading.ts';
import { hasSeq, type SeqRange } from '#model/seen.ts';
import type { EpochMs } from '#model/time.ts';
import { type Columns, decodeChunk, pointAt } from '../chunk.ts';
import { createJournalTail } from '../journal-tail.ts';
import { historyPath } from './history-schema.ts';

type StoredChunk = {
  readonly from_ms: number;
  readonly data: Uint8Array;
  readonly boot: string | null;
  readonly mono_shift: number | null;
};
/** Readings whose instants need `shiftMs` added, and whether they still rest on receive times. */
type Piece = { readonly columns: Columns; readonly shiftMs: number; readonly isUnsure: boolean };
/** One moment of the file: cursors and chunks belong together. */
type Moment = { readonly db: DatabaseSync; readonly cursors: Cursors } | undefined;

const UNSURE: readonly Flag[] = ['clock-unsure'];
const SURE: readonly Flag[] = [];
const COLUMNS = 'c.from_ms, c.data, c.boot, c.mono_shift';
const JOINED = 'FROM chunks c JOIN series s ON s.id = c.series WHERE s.sensor_id = ?';

export function openHistoryReader(dataDir: string, journal: JournalReader): HistoryReader {
  const open = openOnDemand(historyPath(dataDir));
  const tail = createJournalTail(journal);

  /** Runs `read` on one moment of history with the tail that continues it. */
  const withMoment = <T>(read: (moment: Moment) => T): T => {
    const db = open.get();
    if (db === undefined) {
      tail.follow(new Map(), () => false);
      return read(undefined);
    }
    db.exec('BEGIN');
    try {
      const cursors = readCursors(db);
      tail.follow(cursors, takenIn(db));
      return read({ db, cursors });
    } finally {
      db.exec('COMMIT');
    }
  };

  const dated = (columns: Columns, boot: string | null, monoShiftMs: number | null): Piece => {
    if (boot === null || monoShiftMs === null) return { columns, shiftMs: 0, isUnsure: false };
    const utc = open.clockOf(boot) ?? tail.fixes().get(boot);
    return utc === undefined
      ? { columns, shiftMs: 0, isUnsure: true }
      : { columns, shiftMs: monoShiftMs + utc, isUnsure: false };
  };
  const fromChunk = (chunk: StoredChunk): Piece =>
    dated(decodeChunk(chunk.data, chunk.from_ms), chunk.boot, chunk.mono_shift);
  const tailOf = (sensorId: SensorId): Piece[] =>
    tail
      .of(sensorId)
      .map(({ columns, waiting }) => dated(columns, waiting?.boot ?? null, waiting?.monoShiftMs ?? null));
  /** Chunks that a clock set since may move anywhere. */
  const waitingOf = (moment: Moment, sensorId: SensorId): Piece[] =>
    select(moment, `SELECT ${COLUMNS} ${JOINED} AND c.boot IS NOT NULL ORDER BY c.id`, sensorId).map(fromChunk);

  const newestOf = (moment: Moment, sensorId: SensorId): HistoryPoint | undefined => {
    const last = select(
      moment,
      `SELECT ${COLUMNS} ${JOINED} AND c.boot IS NULL ORDER BY c.to_ms DESC, c.id DESC LIMIT 1`,
      sensorId,
    ).map(fromChunk);
    const pieces = [...last, ...waitingOf(moment, sensorId), ...tailOf(sensorId)];
    return collect(pieces, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).at(-1);
  };

  return {
    range: (sensorId, fromMs, toMs, limit, newest = false) =>
      withMoment((moment) => {
        const chunks = select(
          moment,
          `SELECT ${COLUMNS} ${JOINED} AND c.boot IS NULL AND c.to_ms >= ? AND c.from_ms < ? ORDER BY c.from_ms, c.id`,
          ...[sensorId, fromMs, toMs],
        ).map(fromChunk);
        const points = collect([...chunks, ...waitingOf(moment, sensorId), ...tailOf(sensorId)], fromMs, toMs);
        return newest ? points.slice(-limit || points.length) : points.slice(0, limit);
      }),
    latest: (sensorIds) =>
      withMoment((moment) => {
        const found = new Map<SensorId, HistoryPoint>();
        for (const id of sensorIds) {
          const point = newestOf(moment, id);
          if (point !== undefined) found.set(id, point);
        }
        return found;
      }),
    counts: () =>
      withMoment((moment) => {
        const counts = new Map<SensorId, number>();
        const sql =
          'SELECT s.sensor_id AS id, sum(c.n) AS n FROM chunks c JOIN series s ON s.id = c.series GROUP BY c.series';
        for (const row of (moment?.db.prepare(sql).all() ?? []) as { id: string; n: number }[])
          counts.set(row.id, row.n);
        for (const id of tail.sensors()) {
          const more = tail.of(id).reduce((sum, piece) => sum + piece.columns.times.length, 0);
          counts.set(id, (counts.get(id) ?? 0) + more);
        }
        return counts;
      }),
    close: open.close,
  };
}

/** How far history has come in the journal; for whoever decides what the journal may forget. */
export function readHistoryCursors(dataDir: string): Cursors {
  const open = openOnDemand(historyPath(dataDir));
  const db = open.get();
  try {
    return db === undefined ? new Map() : readCursors(db);
  } finally {
    open.close();
  }
}

function readCursors(db: DatabaseSync): Cursors {
  const rows = db.prepare('SELECT partition, pos FROM cursors').all() as { partition: number; pos: number }[];
  return new Map(rows.map((row) => [row.partition, row.pos]));
}

/** Which batches are in the chunks, as far as it is asked in one moment. */
function takenIn(db: DatabaseSync): (stream: string, seq: number) => boolean {
  const known = new Map<string, readonly SeqRange[]>();
  const rangesOf = (stream: string): readonly SeqRange[] => {
    const row = db.prepare('SELECT ranges FROM taken WHERE stream = ?').get(stream) as { ranges: string } | undefined;
    return row === undefined ? [] : (JSON.parse(row.ranges) as SeqRange[]);
  };
  return (stream, seq) => {
    let ranges = known.get(stream);
    if (ranges === undefined) {
      ranges = rangesOf(stream);
      known.set(stream, ranges);
    }
    return hasSeq(ranges, seq);
  };
}

const select = (moment: Moment, sql: string, ...values: (string | number)[]): StoredChunk[] =>
  (moment?.db.prepare(sql).all(...values) ?? []) as StoredChunk[];

/** Points of all pieces within from ≤ instant < to, ascending; equal instants in the order of the pieces. */
function collect(pieces: readonly Piece[], fromMs: EpochMs, toMs: EpochMs): HistoryPoint[] {
  const points: HistoryPoint[] = [];
  let isSorted = true;
  for (const { columns, shiftMs, isUnsure } of pieces) {
    for (let at = 0; at < columns.times.length; at++) {
      const atMs = (columns.times[at] ?? 0) + shiftMs;
      if (atMs < fromMs || atMs >= toMs) continue;
      if (isSorted && points.length > 0) isSorted = (points.at(-1)?.atMs ?? atMs) <= atMs;
      points.push(pointAt(columns, at, shiftMs, isUnsure ? UNSURE : SURE));
    }
  }
  return isSorted ? points : points.sort((a, b) => a.atMs - b.atMs);
}

/** The file may come later than its reader. */
function openOnDemand(path: string) {
  let db: DatabaseSync | undefined;
  return {
    get: (): DatabaseSync | undefined => {
      if (db !== undefined) return db;
      const opened = openReadable(path);
      try {
        opened?.prepare('SELECT pos FROM cursors, taken LIMIT 1').all();
        db = opened;
      } catch {
        opened?.close(); // The tables are not there yet.
      }
      return db;
    },
    clockOf: (boot: string): EpochMs | undefined =>
      (
        db?.prepare('SELECT utc_at_mono_zero_ms AS utc FROM clocks WHERE boot = ?').get(boot) as
          | { utc: number }
          | undefined
      )?.utc,
    close: () => {
      db?.close();
      db = undefined;
    },
  };
}
