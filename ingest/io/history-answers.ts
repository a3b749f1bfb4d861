/** Answers long questions to the embedded history from its file and the journal's tail, origins apart; used in a thread. */
import type { DatabaseSync } from 'node:sqlite';
import type { Bucket, HistoryPoint, Resolution } from '#model/history.ts';
import type { JournalReader } from '#model/journal.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { createTally, type Tally } from '#model/tally.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';
import { openZoneDays } from '#model/zone-day.ts';
import { bucketsOf } from '../buckets.ts';
import { type Moment, openHistoryFile } from './history-file.ts';
import { collectPoints, type Piece, pieceOfChunk, pieceOfTail, type StoredChunk, selectAll } from './history-pieces.ts';

/** What was stored before origins were kept is of no origin; `takesUnknown` counts it as the wanted one. */
export type Wanted = { readonly sensorId: SensorId; readonly origin: Origin; readonly takesUnknown: boolean };
/** As `DayTally`; `origin` is null for what was stored before origins were kept. */
export type StoredTally = {
  readonly sensorId: SensorId;
  readonly origin: Origin | null;
  readonly dayMs: EpochMs;
  readonly n: number;
  readonly checksum: string;
};
export type Stretch = { readonly fromMs: EpochMs; readonly toMs: EpochMs };

export type HistoryAnswers = {
  readonly range: (wanted: Wanted, stretch: Stretch, limit: number, newest: boolean) => readonly HistoryPoint[];
  readonly buckets: (wanted: Wanted, stretch: Stretch, resolution: Resolution) => readonly Bucket[];
  readonly latest: (wanted: Wanted) => HistoryPoint | undefined;
  readonly tallies: (sensorId: SensorId, stretch: Stretch) => readonly StoredTally[];
  readonly sensorIds: () => readonly SensorId[];
  /** Several answers from one moment. */
  readonly together: <T>(work: () => T) => T;
  readonly close: () => void;
};

type Stored = StoredChunk & { readonly origin: Origin | null };

export function openHistoryAnswers(dataDir: string, journal: JournalReader, zone: string): HistoryAnswers {
  const file = openHistoryFile(dataDir, journal);
  const days = openZoneDays(zone);
  const series = new Map<SensorId, number>();
  let column = 'origin';
  let moment: Moment;
  let isWithin = false;

  const loadSeries = (db: DatabaseSync): void => {
    const rows = selectAll<{ id: number; sensor_id: string }>(db, 'SELECT id, sensor_id FROM series');
    for (const { id, sensor_id } of rows) series.set(sensor_id, id);
  };
  const within = <T>(work: () => T): T => {
    if (isWithin) return work();
    return file.withMoment((now) => {
      moment = now;
      isWithin = true;
      try {
        if (now !== undefined) {
          column = originColumn(now.db);
          const known = selectAll<{ n: number }>(now.db, 'SELECT count(*) AS n FROM series')[0]?.n ?? 0;
          if (known !== series.size) loadSeries(now.db);
        }
        return work();
      } finally {
        isWithin = false;
        moment = undefined;
      }
    });
  };

  const COLUMNS = () => `SELECT from_ms, data, boot, mono_shift, ${column} AS origin FROM chunks WHERE series = ?`;
  /** Chunks that may hold something of the stretch; those that wait for a clock may be of any time. */
  const chunksOf = (sensorId: SensorId, { fromMs, toMs }: Stretch): readonly Stored[] => {
    const id = series.get(sensorId);
    if (moment === undefined || id === undefined) return [];
    const dated = `${COLUMNS()} AND boot IS NULL AND to_ms >= ? AND from_ms < ? ORDER BY from_ms, id`;
    const waiting = `${COLUMNS()} AND boot IS NOT NULL ORDER BY id`;
    return [...selectAll<Stored>(moment.db, dated, id, fromMs, toMs), ...selectAll<Stored>(moment.db, waiting, id)];
  };
  const piecesOf = ({ sensorId, origin, takesUnknown }: Wanted, stretch: Stretch): readonly Piece[] => {
    const isOurs = (of: Origin | null) => of === origin || (takesUnknown && of === null);
    const chunks = chunksOf(sensorId, stretch).filter((chunk) => isOurs(chunk.origin));
    const tail = file.tail.of(sensorId).filter((piece) => isOurs(piece.origin));
    return [...chunks.map((chunk) => pieceOfChunk(file, chunk)), ...tail.map((piece) => pieceOfTail(file, piece))];
  };

  return {
    range: (wanted, stretch, limit, newest) =>
      within(() => {
        const points = collectPoints(piecesOf(wanted, stretch), stretch.fromMs, stretch.toMs);
        return newest ? points.slice(Math.max(0, points.length - limit)) : points.slice(0, limit);
      }),
    buckets: (wanted, { fromMs, toMs }, resolution) =>
      within(() => {
        const whole = { fromMs, toMs: toMs + 2 * DAY_MS };
        const points = collectPoints(piecesOf(wanted, whole), whole.fromMs, whole.toMs);
        return bucketsOf(points, { resolution, days, fromMs, toMs });
      }),
    latest: (wanted) =>
      within(() => {
        const all = { fromMs: -Number.MAX_SAFE_INTEGER, toMs: Number.MAX_SAFE_INTEGER };
        return collectPoints(piecesOf(wanted, all), all.fromMs, all.toMs).at(-1);
      }),
    tallies: (sensorId, stretch) =>
      within(() => {
        const tallies = new Map<string, { origin: Origin | null; dayMs: EpochMs; tally: Tally }>();
        const add = (origin: Origin | null, piece: Piece): void => {
          for (const point of collectPoints([piece], stretch.fromMs, stretch.toMs)) {
            const dayMs = Math.floor(point.atMs / DAY_MS) * DAY_MS;
            const key = `${origin} ${dayMs}`;
            const known = tallies.get(key) ?? { origin, dayMs, tally: createTally() };
            tallies.set(key, known);
            known.tally.add(point);
          }
        };
        for (const chunk of chunksOf(sensorId, stretch)) add(chunk.origin, pieceOfChunk(file, chunk));
        for (const piece of file.tail.of(sensorId)) add(piece.origin, pieceOfTail(file, piece));
        return [...tallies.values()].map(({ origin, dayMs, tally }) => ({
          ...{ sensorId, origin, dayMs },
          ...{ n: tally.n(), checksum: tally.checksum() },
        }));
      }),
    sensorIds: () => within(() => [...new Set([...series.keys(), ...file.tail.sensors()])].sort()),
    together: within,
    close: file.close,
  };
}

/** A file that was last written before origins were kept has no column of them. */
const originColumn = (db: DatabaseSync): string =>
  selectAll(db, `SELECT 1 FROM pragma_table_info('chunks') WHERE name = 'origin'`).length === 0 ? 'NULL' : 'origin';
