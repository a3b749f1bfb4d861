/** Answers long questions to the embedded history from its file and the journal's tail, origins apart; used in a thread. */
import type { Bucket, HistoryPoint, Resolution } from '#model/history.ts';
import type { JournalReader } from '#model/journal.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { createTally, type Tally } from '#model/tally.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';
import { openZoneDays } from '#model/zone-day.ts';
import { readingStateOf } from '../chunk.ts';
import { type PointColumns, packPoints, pointOf } from '../point-columns.ts';
import { firstIndexAt, gridOf, strandOf } from '../rollup/levels.ts';
import { bucketsOfPartials, foldPieces, mergePartials } from '../rollup/partials.ts';
import { openHistoryFile } from './history-file.ts';
import { collectPoints, type Piece, pieceOfChunk, pieceOfTail } from './history-pieces.ts';
import { type HistoryTables, type KnownSeries, readTables } from './history-tables.ts';

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
  readonly range: (wanted: Wanted, stretch: Stretch, limit: number, newest: boolean) => PointColumns;
  readonly buckets: (wanted: Wanted, stretch: Stretch, resolution: Resolution) => readonly Bucket[];
  readonly latest: (wanted: Wanted) => HistoryPoint | undefined;
  readonly tallies: (sensorId: SensorId, stretch: Stretch) => readonly StoredTally[];
  readonly sensorIds: () => readonly SensorId[];
  /** Several answers from one moment. */
  readonly together: <T>(work: () => T) => T;
  readonly close: () => void;
};

/** Years for which a calendar has an answer; nothing that ingest lets in lies outside. */
const clamp = (atMs: EpochMs): EpochMs => Math.min(Math.max(atMs, -DAY_MS * 36_500), DAY_MS * 73_000);
const EVER: Stretch = { fromMs: -Number.MAX_SAFE_INTEGER, toMs: Number.MAX_SAFE_INTEGER };

export function openHistoryAnswers(dataDir: string, journal: JournalReader, zone: string): HistoryAnswers {
  const file = openHistoryFile(dataDir, journal);
  const series: KnownSeries = { ids: new Map(), lastId: 0 };
  let days = openZoneDays(zone);
  let tables: HistoryTables | undefined;
  let isWithin = false;

  const within = <T>(work: () => T): T => {
    if (isWithin) return work();
    return file.withMoment((moment) => {
      isWithin = true;
      try {
        tables = moment === undefined ? undefined : readTables(moment.db);
        const fileZone = tables?.zone();
        if (fileZone !== undefined && fileZone !== days.zone) days = openZoneDays(fileZone);
        tables?.loadSeries(series);
        return work();
      } finally {
        isWithin = false;
        tables = undefined;
      }
    });
  };

  const tailOf = ({ sensorId, origin }: Wanted): readonly Piece[] =>
    file.tail
      .of(sensorId)
      .filter((piece) => piece.origin === origin)
      .map((piece) => pieceOfTail(file, piece));
  /** What may hold something of the stretch; `isPending` leaves out what is in the summaries. */
  const chunksOf = (
    { sensorId, origin, takesUnknown }: Wanted,
    stretch: Stretch,
    isPending: boolean,
  ): readonly Piece[] =>
    (tables?.chunks(series.ids.get(sensorId), stretch, isPending) ?? [])
      .filter((chunk) => chunk.origin === origin || (takesUnknown && chunk.origin === null))
      .map((chunk) => pieceOfChunk(file, chunk));
  const strandsOf = ({ sensorId, origin, takesUnknown }: Wanted): readonly number[] => {
    const id = series.ids.get(sensorId);
    if (id === undefined) return [];
    return takesUnknown ? [strandOf(id, origin), strandOf(id, null)] : [strandOf(id, origin)];
  };

  const buckets = (wanted: Wanted, { fromMs, toMs }: Stretch, resolution: Resolution): readonly Bucket[] => {
    const grid = gridOf(resolution, days);
    const floorMs = tables?.floorOf(resolution) ?? Number.NEGATIVE_INFINITY;
    // A bucket belongs to the stretch when it begins in it.
    const fromIndex = firstIndexAt(grid, clamp(Math.max(fromMs, floorMs)));
    const toIndex = firstIndexAt(grid, clamp(toMs));
    if (fromIndex >= toIndex) return [];
    const whole = { fromMs: grid.startOf(fromIndex), toMs: grid.startOf(toIndex) };
    const stored = strandsOf(wanted).flatMap((strand) => tables?.summaries(grid, strand, fromIndex, toIndex) ?? []);
    // Minutes are stored only of readings that are gone: all that are there count.
    const pieces = [...chunksOf(wanted, whole, resolution !== '1m'), ...tailOf(wanted)];
    const fresh = foldPieces(pieces, whole, grid);
    return bucketsOfPartials(mergePartials([...stored, ...fresh]), grid, fromIndex, toIndex);
  };

  return {
    range: (wanted, stretch, limit, newest) =>
      within(() => packPoints([...chunksOf(wanted, stretch, false), ...tailOf(wanted)], { ...stretch, limit, newest })),
    buckets: (wanted, stretch, resolution) => within(() => buckets(wanted, stretch, resolution)),
    latest: (wanted) =>
      within(() => {
        const newest = tables?.newest(strandsOf(wanted));
        // Without the table of an up-to-date file, all is looked through.
        const pieces = newest === undefined ? chunksOf(wanted, EVER, false) : waitingOf(wanted);
        const others = collectPoints([...pieces, ...tailOf(wanted)], EVER.fromMs, EVER.toMs).at(-1);
        const row = newest?.at(-1);
        if (row === undefined || (others !== undefined && others.atMs >= row.at_ms)) return others;
        return pointOf(row.at_ms, row.code, row.value, row.raw, readingStateOf(row.code));
      }),
    tallies: (sensorId, stretch) => within(() => tally(sensorId, stretch)),
    sensorIds: () => within(() => [...new Set([...series.ids.keys(), ...file.tail.sensors()])].sort()),
    together: within,
    close: file.close,
  };

  function waitingOf({ sensorId, origin, takesUnknown }: Wanted): readonly Piece[] {
    return (tables?.waiting(series.ids.get(sensorId)) ?? [])
      .filter((chunk) => chunk.origin === origin || (takesUnknown && chunk.origin === null))
      .map((chunk) => pieceOfChunk(file, chunk));
  }

  function tally(sensorId: SensorId, stretch: Stretch): readonly StoredTally[] {
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
    for (const chunk of tables?.chunks(series.ids.get(sensorId), stretch, false) ?? [])
      add(chunk.origin, pieceOfChunk(file, chunk));
    for (const piece of file.tail.of(sensorId)) add(piece.origin, pieceOfTail(file, piece));
    return [...tallies.values()].map(({ origin, dayMs, tally: { n, checksum } }) => ({
      ...{ sensorId, origin, dayMs },
      ...{ n: n(), checksum: checksum() },
    }));
  }
}
