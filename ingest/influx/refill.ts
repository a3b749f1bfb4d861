/**
 * Copies what one history has and another lacks: series by series and day by day, by count and checksum. Only days that
 * differ are read, and only what is missing is written, so that any number of repeats ends with each reading once.
 */
import type { DayTally, HistoryPoint, HistoryQuery } from '#model/history.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { digestOf } from '#model/tally.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';
import { lineOf, type Places } from './lines.ts';

export type CopySource = Pick<HistoryQuery, 'range' | 'tallies'>;
export type CopySink = {
  readonly query: CopySource;
  /** Resolves when all of them are stored; those that the database refuses for good are its own to set aside. */
  readonly write: (lines: readonly string[]) => Promise<void>;
};

export type CopyDay = {
  readonly dayMs: EpochMs;
  /** Series and days that differed when it was looked. */
  readonly differing: number;
  readonly written: number;
  /** In the sink and not in the source; left as they are. */
  readonly surplus: number;
  /** Sensors whose place nobody knows: their readings have no measurement. */
  readonly unplaced: number;
};

export type CopyAsk = {
  readonly source: CopySource;
  readonly sink: CopySink;
  /** Where a sensor lies; of sensors that the county has no more, the last place known. */
  readonly places: Places;
  /** Midnights in UTC, each a day to compare. */
  readonly days: Iterable<EpochMs>;
  /** A day that was compared before and whose tallies are the same needs no look into the sink. */
  readonly isDone?: (dayMs: EpochMs, wanted: readonly DayTally[]) => boolean;
  /**
   * Another one once a database was dropped: of several equal readings of one instant a later one may then stand there
   * without the first, and would be written over by itself.
   */
  readonly salt?: number;
  /**
   * Up to here nobody else writes at a whole millisecond, who writes beside this; without it, nobody does at all. What
   * is newer gets a part below the millisecond in any case.
   */
  readonly wholeUpToMs?: (origin: Origin, sensorId: SensorId) => EpochMs;
  readonly onDay?: (day: CopyDay) => void;
  readonly signal?: AbortSignal;
};

const POINTS_PER_READ = 100_000;
/** Of several series together: a series' day may be a handful. */
const LINES_PER_WRITE = 10_000;

/** Resolves when every day was compared and what was missing is written, or when the signal aborts. */
export async function copyMissing(ask: CopyAsk): Promise<readonly CopyDay[]> {
  const done: CopyDay[] = [];
  for (const dayMs of ask.days) {
    if (isCut(ask)) break;
    const day = await copyDay(ask, dayMs);
    // Cut short: nobody knows whether all of it was written.
    if (isCut(ask)) break;
    done.push(day);
    ask.onDay?.(day);
  }
  return done;
}

const isCut = ({ signal }: CopyAsk): boolean => signal?.aborted === true;

const seriesKey = ({ sensorId, origin }: Pick<DayTally, 'sensorId' | 'origin'>): string => `${origin} ${sensorId}`;

async function copyDay(ask: CopyAsk, dayMs: EpochMs): Promise<CopyDay> {
  const span = { fromMs: dayMs, toMs: dayMs + DAY_MS };
  const wanted = await ask.source.tallies(span);
  if (wanted.length === 0 || ask.isDone?.(dayMs, wanted) === true)
    return { dayMs, differing: 0, written: 0, surplus: 0, unplaced: 0 };
  const there = new Map((await ask.sink.query.tallies(span)).map((tally) => [seriesKey(tally), tally]));
  let [differing, written, surplus, unplaced] = [0, 0, 0, 0];
  let lines: string[] = [];
  const send = async (least: number): Promise<void> => {
    if (lines.length < least) return;
    const sent = lines;
    lines = [];
    await ask.sink.write(sent);
  };
  for (const tally of wanted) {
    if (isCut(ask)) break;
    const stored = there.get(seriesKey(tally));
    if (stored?.n === tally.n && stored.checksum === tally.checksum) continue;
    differing++;
    const place = ask.places.get(tally.sensorId);
    if (place === undefined) {
      unplaced += tally.n;
      continue;
    }
    const series = { ...span, sensorId: tally.sensorId, origin: tally.origin };
    const difference = await missingOf(ask, series, stored !== undefined);
    surplus += difference.surplus;
    written += difference.missing.length;
    for (const { point, offset } of difference.missing) lines.push(lineOf(tally.origin, place, point, offset));
    await send(LINES_PER_WRITE);
  }
  await send(1);
  return { dayMs, differing, written, surplus, unplaced };
}

type Series = {
  readonly sensorId: SensorId;
  readonly origin: Origin;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
};

async function missingOf(ask: CopyAsk, series: Series, isThere: boolean) {
  const wanted = await readAll(ask.source, series);
  const stored = isThere ? await readAll(ask.sink.query, series) : [];
  const wholeUpToMs = ask.wholeUpToMs?.(series.origin, series.sensorId);
  return missingPoints(wanted, stored, ask.salt, wholeUpToMs);
}

/** All of a day, however many; those of one instant are never cut apart. */
async function readAll(from: CopySource, series: Series): Promise<readonly HistoryPoint[]> {
  const { fromMs, toMs } = series;
  const points = await from.range({ ...series, limit: POINTS_PER_READ });
  if (points.length < POINTS_PER_READ || toMs - fromMs <= 1) return points;
  const middle = Math.floor((fromMs + toMs) / 2);
  const early = await readAll(from, { ...series, toMs: middle });
  return [...early, ...(await readAll(from, { ...series, fromMs: middle }))];
}

export type Missing = { readonly point: HistoryPoint; readonly offset: number };

/**
 * The multiset difference, ignoring what lies below the millisecond. A reading that is alone at its instant gets
 * offset 0, others 1 … 999,999 from what they say and which of equal ones they are: a repeat makes the same.
 */
export function missingPoints(
  wanted: readonly HistoryPoint[],
  stored: readonly HistoryPoint[],
  salt = 0,
  wholeUpToMs = Number.POSITIVE_INFINITY,
): { readonly missing: readonly Missing[]; readonly surplus: number } {
  const left = new Map<string, number>();
  const taken = new Set<EpochMs>();
  for (const point of stored) {
    const key = contentKey(point);
    left.set(key, (left.get(key) ?? 0) + 1);
    taken.add(point.atMs);
  }
  let matched = 0;
  const ordinals = new Map<string, number>();
  const missing: Missing[] = [];
  for (const point of wanted) {
    const key = contentKey(point);
    const ordinal = ordinals.get(key) ?? 0;
    ordinals.set(key, ordinal + 1);
    const held = left.get(key) ?? 0;
    if (held > 0) {
      left.set(key, held - 1);
      matched++;
      continue;
    }
    const isWhole = point.atMs <= wholeUpToMs && !taken.has(point.atMs);
    const offset = isWhole ? 0 : contentOffset(point, ordinal, salt);
    taken.add(point.atMs);
    missing.push({ point, offset });
  }
  return { missing, surplus: stored.length - matched };
}

const contentKey = (point: HistoryPoint): string =>
  `${point.atMs} ${digestOf(point, 1)} ${digestOf(point, 0x85eb_ca6b)}`;

const OFFSETS = 999_999;
/** 1 … 999,999. */
export const contentOffset = (point: HistoryPoint, ordinal: number, salt = 0): number =>
  1 + (digestOf(point, 0x27d4_eb2f ^ Math.imul(ordinal + 1, 0x9e37_79b1) ^ Math.imul(salt, 0x85eb_ca6b)) % OFFSETS);
