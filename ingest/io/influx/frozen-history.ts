/**
 * The embedded history as it stood at one moment, for as long as a refill takes: exactly the rows up to a known cursor
 * of each partition, so that what comes later can be written beside it and no reading twice.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { HistoryPoint } from '#model/history.ts';
import { openReadable } from '#model/io/sqlite.ts';
import type { Cursors, JournalReader } from '#model/journal.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { hasSeq, type SeqRange } from '#model/seen.ts';
import { createTally, type Tally } from '#model/tally.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';
import { emptyColumns, pointAt } from '../../chunk.ts';
import type { WaitingReading } from '../../influx/encoder.ts';
import { fieldsOf } from '../../influx/lines.ts';
import { type CopySource, contentOffset } from '../../influx/refill.ts';
import { seriesKeyOf } from '../../influx/series.ts';
import { createJournalTail } from '../../journal-tail.ts';
import { openSoundly } from '../history-damage.ts';
import { historyPath } from '../history-schema.ts';

export type FrozenHistory = {
  readonly source: CopySource;
  /** Of each partition the farther one of what was given and what the chunks hold. */
  readonly cursors: Cursors;
  /** Partitions in which the chunks are ahead of what was given. */
  readonly isAhead: boolean;
  readonly taken: ReadonlyMap<string, readonly SeqRange[]>;
  readonly clocks: ReadonlyMap<string, EpochMs>;
  /** What no clock has dated yet; not in `source`. */
  readonly waiting: readonly WaitingReading[];
  /** Newest instant of each series, by `seriesKeyOf`. */
  readonly newest: () => ReadonlyMap<string, EpochMs>;
  /** Days in UTC that hold readings, newest first. */
  readonly days: readonly EpochMs[];
  readonly close: () => void;
};

/** `originOf` tells what readings are that were stored before origins were kept. */
export function freezeHistory(
  dataDir: string,
  journal: JournalReader,
  given: Cursors,
  originOf: (sensorId: SensorId) => Origin,
): FrozenHistory {
  const db = openMoment(dataDir);
  const stored = db === undefined ? new Map<number, number>() : readPairs(db, 'SELECT partition, pos FROM cursors');
  const cursors = new Map(stored);
  for (const [partition, pos] of given) cursors.set(partition, Math.max(pos, stored.get(partition) ?? 0));
  const taken = readTaken(db);
  const tail = createJournalTail(cappedAt(journal, cursors));
  tail.follow(stored, (stream, seq) => hasSeq(taken.get(stream) ?? [], seq));
  const clocks = readClocks(db);
  for (const [boot, utc] of tail.fixes()) if (!clocks.has(boot)) clocks.set(boot, utc);

  const pieces = createPieces(db, tail, clocks, originOf);
  return {
    source: sourceOf(pieces),
    cursors,
    isAhead: [...stored].some(([partition, pos]) => pos > (given.get(partition) ?? 0)),
    taken,
    clocks,
    waiting: waitingOf(pieces),
    newest: () => newestOf(db, pieces, originOf),
    days: daysOf(db, pieces),
    close: () => {
      db?.exec('COMMIT');
      db?.close();
    },
  };
}

/** One transaction: its moment begins with the first read. */
function openMoment(dataDir: string): DatabaseSync | undefined {
  const db = openReadable(historyPath(dataDir));
  try {
    db?.exec('BEGIN');
    db?.prepare('SELECT pos FROM cursors, taken, clocks, series, chunks LIMIT 1').all();
    return db;
  } catch {
    db?.close(); // The tables are not there yet.
    return undefined;
  }
}

function readPairs(db: DatabaseSync, sql: string): Map<number, number> {
  const rows = db.prepare(sql).all() as { partition: number; pos: number }[];
  return new Map(rows.map(({ partition, pos }) => [partition, pos]));
}

function readTaken(db: DatabaseSync | undefined): Map<string, readonly SeqRange[]> {
  const rows = (db?.prepare('SELECT stream, ranges FROM taken').all() ?? []) as { stream: string; ranges: string }[];
  return new Map(rows.map(({ stream, ranges }) => [stream, JSON.parse(ranges) as SeqRange[]]));
}

function readClocks(db: DatabaseSync | undefined): Map<string, EpochMs> {
  const rows = (db?.prepare('SELECT boot, utc_at_mono_zero_ms AS utc FROM clocks').all() ?? []) as {
    boot: string;
    utc: number;
  }[];
  return new Map(rows.map(({ boot, utc }) => [boot, utc]));
}

const cappedAt = (journal: JournalReader, cursors: Cursors): JournalReader => ({
  heads: () => new Map([...journal.heads()].map(([p, head]) => [p, Math.min(head, cursors.get(p) ?? 0)])),
  read: (partition, after, limit) =>
    journal.read(partition, after, limit).filter(({ pos }) => pos <= (cursors.get(partition) ?? 0)),
  onWake: () => () => undefined,
  close: () => undefined,
});

/** Points of one series that share what dates them. */
type FrozenPiece = {
  readonly sensorId: SensorId;
  readonly origin: Origin;
  /** Null when dated. */
  readonly boot: string | null;
  readonly monoShiftMs: number;
  readonly points: () => readonly HistoryPoint[];
};
type Pieces = {
  readonly sensors: readonly SensorId[];
  readonly dated: (sensorId: SensorId, fromMs: EpochMs, toMs: EpochMs) => readonly FrozenPiece[];
  readonly undated: () => readonly FrozenPiece[];
  /** Dated ones that are in no dated chunk. */
  readonly late: () => readonly FrozenPiece[];
};
type StoredChunk = {
  readonly sensor_id: string;
  readonly from_ms: number;
  readonly data: Uint8Array;
  readonly boot: string | null;
  readonly mono_shift: number | null;
  readonly origin: string | null;
};
const COLUMNS = 's.sensor_id, c.from_ms, c.data, c.boot, c.mono_shift, c.origin';

function createPieces(
  db: DatabaseSync | undefined,
  tail: ReturnType<typeof createJournalTail>,
  clocks: ReadonlyMap<string, EpochMs>,
  originOf: (sensorId: SensorId) => Origin,
): Pieces {
  const ids = new Map<SensorId, number>();
  for (const { id, sensor_id } of (db?.prepare('SELECT id, sensor_id FROM series').all() ?? []) as {
    id: number;
    sensor_id: string;
  }[])
    ids.set(sensor_id, id);
  const longest = (
    db?.prepare('SELECT coalesce(max(to_ms - from_ms), 0) AS ms FROM chunks WHERE boot IS NULL').get() as
      | { ms: number }
      | undefined
  )?.ms;
  const overlapping = db?.prepare(
    `SELECT ${COLUMNS} FROM chunks c JOIN series s ON s.id = c.series
     WHERE c.series = ? AND c.to_ms >= ? AND c.to_ms <= ? AND c.from_ms < ? AND c.boot IS NULL ORDER BY c.from_ms, c.id`,
  );
  const waitingChunks = db?.prepare(
    `SELECT ${COLUMNS} FROM chunks c JOIN series s ON s.id = c.series WHERE c.boot IS NOT NULL ORDER BY c.id`,
  );
  const toPiece = (chunk: StoredChunk): FrozenPiece => {
    const columns = openSoundly(chunk) ?? emptyColumns();
    const utc = chunk.boot === null ? undefined : clocks.get(chunk.boot);
    const shift = utc === undefined ? 0 : utc + (chunk.mono_shift ?? 0);
    return {
      sensorId: chunk.sensor_id,
      origin: (chunk.origin ?? originOf(chunk.sensor_id)) as Origin,
      boot: utc === undefined ? chunk.boot : null,
      monoShiftMs: chunk.mono_shift ?? 0,
      points: () => columns.times.map((_, at) => pointAt(columns, at, shift, [])),
    };
  };
  const tailPieces = [...tail.sensors()].flatMap((sensorId) =>
    tail.of(sensorId).map(({ origin, columns, waiting }): FrozenPiece => {
      const utc = waiting === null ? undefined : clocks.get(waiting.boot);
      const shift = utc === undefined ? 0 : utc + (waiting?.monoShiftMs ?? 0);
      return {
        ...{ sensorId, origin, monoShiftMs: waiting?.monoShiftMs ?? 0 },
        boot: utc === undefined ? (waiting?.boot ?? null) : null,
        points: () => columns.times.map((_, at) => pointAt(columns, at, shift, [])),
      };
    }),
  );
  // Few: history dates a boot's chunks as soon as its clock is known, these are of clocks that only the tail tells.
  const undatedChunks = ((waitingChunks?.all() ?? []) as StoredChunk[]).map(toPiece);
  const late = new Map<SensorId, FrozenPiece[]>();
  for (const piece of [...undatedChunks, ...tailPieces])
    if (piece.boot === null) late.set(piece.sensorId, [...(late.get(piece.sensorId) ?? []), piece]);
  return {
    sensors: [...new Set([...ids.keys(), ...late.keys()])],
    dated: (sensorId, fromMs, toMs) => {
      const id = ids.get(sensorId);
      const chunks = id === undefined ? [] : (overlapping?.all(id, fromMs, toMs + (longest ?? 0), toMs) ?? []);
      return [...(chunks as StoredChunk[]).map(toPiece), ...(late.get(sensorId) ?? [])];
    },
    undated: () => [...undatedChunks, ...tailPieces].filter(({ boot }) => boot !== null),
    late: () => [...late.values()].flat(),
  };
}

function sourceOf(pieces: Pieces): CopySource {
  const within = (piece: FrozenPiece, fromMs: EpochMs, toMs: EpochMs) =>
    piece.points().filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  return {
    range: async ({ sensorId, origin, fromMs, toMs, limit, newest = false }) => {
      const points = pieces
        .dated(sensorId, fromMs, toMs)
        .filter((piece) => piece.origin === origin)
        .flatMap((piece) => within(piece, fromMs, toMs))
        .sort((a, b) => a.atMs - b.atMs);
      return newest ? points.slice(-limit) : points.slice(0, limit);
    },
    tallies: async ({ fromMs, toMs }) =>
      pieces.sensors.flatMap((sensorId) => {
        const days = new Map<string, { readonly origin: Origin; readonly dayMs: EpochMs; readonly tally: Tally }>();
        for (const piece of pieces.dated(sensorId, fromMs, toMs))
          for (const point of within(piece, fromMs, toMs)) {
            const dayMs = Math.floor(point.atMs / DAY_MS) * DAY_MS;
            const key = `${piece.origin} ${dayMs}`;
            let day = days.get(key);
            if (day === undefined) {
              day = { origin: piece.origin, dayMs, tally: createTally() };
              days.set(key, day);
            }
            day.tally.add(point);
          }
        return [...days.values()].map(({ origin, dayMs, tally }) => ({
          ...{ sensorId, origin, dayMs },
          ...{ n: tally.n(), checksum: tally.checksum() },
        }));
      }),
  };
}

function waitingOf(pieces: Pieces): readonly WaitingReading[] {
  const ordinals = new Map<string, number>();
  return pieces.undated().flatMap(({ sensorId, origin, boot, monoShiftMs, points }) =>
    points().map((point) => {
      const fields = fieldsOf(point);
      const key = JSON.stringify([sensorId, origin, point.atMs, fields]);
      const ordinal = ordinals.get(key) ?? 0;
      ordinals.set(key, ordinal + 1);
      return {
        ...{ ...fields, boot: boot ?? '', sensorId, origin, atMs: point.atMs, monoShiftMs },
        ...{ offset: contentOffset(point, ordinal), receivedAtMs: point.atMs },
      };
    }),
  );
}

function newestOf(
  db: DatabaseSync | undefined,
  pieces: Pieces,
  originOf: (sensorId: SensorId) => Origin,
): Map<string, EpochMs> {
  const rows = (db
    ?.prepare(
      `SELECT s.sensor_id AS sensor, c.origin AS origin, max(c.to_ms) AS ms FROM chunks c JOIN series s ON s.id = c.series
       WHERE c.boot IS NULL GROUP BY c.series, c.origin`,
    )
    .all() ?? []) as { sensor: string; origin: string | null; ms: number }[];
  const newest = new Map<string, EpochMs>();
  const see = (key: string, ms: EpochMs): void => {
    newest.set(key, Math.max(ms, newest.get(key) ?? ms));
  };
  for (const { sensor, origin, ms } of rows) see(seriesKeyOf((origin ?? originOf(sensor)) as Origin, sensor), ms);
  for (const { sensorId, origin, points } of pieces.late())
    for (const { atMs } of points()) see(seriesKeyOf(origin, sensorId), atMs);
  return newest;
}

function daysOf(db: DatabaseSync | undefined, pieces: Pieces): readonly EpochMs[] {
  const spans = (db
    ?.prepare(`SELECT DISTINCT from_ms / ${DAY_MS} AS first, to_ms / ${DAY_MS} AS last FROM chunks WHERE boot IS NULL`)
    .all() ?? []) as { first: number; last: number }[];
  const days = new Set<number>();
  for (const { first, last } of spans) for (let day = first; day <= last; day++) days.add(day);
  for (const { points } of pieces.late()) for (const { atMs } of points()) days.add(Math.floor(atMs / DAY_MS));
  return [...days].sort((a, b) => b - a).map((day) => day * DAY_MS);
}
