/** Reads history: chunks and the journal's rows beyond them as one, each reading once, late ones in their place. */
import type { HistoryPoint, HistoryReader } from '#model/history.ts';
import type { JournalReader } from '#model/journal.ts';
import type { SensorId } from '#model/reading.ts';
import { type Moment, openHistoryFile } from './history-file.ts';
import { collectPoints, type Piece, pieceOfChunk, pieceOfTail, type StoredChunk } from './history-pieces.ts';

const COLUMNS = 'c.from_ms, c.data, c.boot, c.mono_shift';
const JOINED = 'FROM chunks c JOIN series s ON s.id = c.series WHERE s.sensor_id = ?';

export function openHistoryReader(dataDir: string, journal: JournalReader): HistoryReader {
  const file = openHistoryFile(dataDir, journal);
  const { tail, withMoment } = file;

  const fromChunk = (chunk: StoredChunk): Piece => pieceOfChunk(file, chunk);
  const tailOf = (sensorId: SensorId): Piece[] => tail.of(sensorId).map((piece) => pieceOfTail(file, piece));
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
    return collectPoints(pieces, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).at(-1);
  };

  return {
    range: (sensorId, fromMs, toMs, limit, newest = false) =>
      withMoment((moment) => {
        const chunks = select(
          moment,
          `SELECT ${COLUMNS} ${JOINED} AND c.boot IS NULL AND c.to_ms >= ? AND c.from_ms < ? ORDER BY c.from_ms, c.id`,
          ...[sensorId, fromMs, toMs],
        ).map(fromChunk);
        const points = collectPoints([...chunks, ...waitingOf(moment, sensorId), ...tailOf(sensorId)], fromMs, toMs);
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
    close: file.close,
  };
}

const select = (moment: Moment, sql: string, ...values: (string | number)[]): StoredChunk[] =>
  (moment?.db.prepare(sql).all(...values) ?? []) as StoredChunk[];
