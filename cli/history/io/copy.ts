/**
 * Copies the embedded history into InfluxDB, days with their newest first, also beside the writer that follows the
 * journal: exactly what that one has behind it is compared, so that nothing is written by both. What was done is kept
 * day by day for whoever goes on after a crash; at the end both stores are compared.
 */
import { randomInt } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compareTallies, type Difference } from '#cli/history/compare.ts';
import type { Places } from '#ingest/influx/lines.ts';
import { type CopyAsk, type CopySink, type CopySource, copyMissing } from '#ingest/influx/refill.ts';
import { hashOf } from '#model/hash.ts';
import type { DayTally } from '#model/history.ts';
import { writeWhole } from '#model/io/write-whole.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';

export type CopyWish = {
  readonly dataDir: string;
  /** Names the target, so that what was done for another one does not count. */
  readonly target: string;
  readonly source: CopySource;
  readonly sink: CopySink;
  readonly places: Places;
  /** Midnights in UTC. */
  readonly days: readonly EpochMs[];
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly signal: AbortSignal;
  /** Of a writer beside this; see CopyAsk. */
  readonly wholeUpToMs?: CopyAsk['wholeUpToMs'];
};
export type CopyDone = {
  readonly days: number;
  readonly written: number;
  readonly unplaced: number;
  readonly differences: readonly Difference[];
  /** False when it was ended on the way. */
  readonly isWhole: boolean;
};
export type OnDay = (what: 'copy' | 'verify', done: number, of: number, dayMs: EpochMs) => void;

const LINES_AT_ONCE = 5_000;
const SALTS = 2 ** 32;

/** Only what lies in the stretch, whole days or not. */
export function clamp(source: CopySource, fromMs: EpochMs, toMs: EpochMs): CopySource {
  const cut = <T extends { readonly fromMs: EpochMs; readonly toMs: EpochMs }>(ask: T): T => ({
    ...ask,
    fromMs: Math.max(ask.fromMs, fromMs),
    toMs: Math.min(ask.toMs, toMs),
  });
  return { range: (ask) => source.range(cut(ask)), tallies: (ask) => source.tallies(cut(ask)) };
}

export const daysWithin = (days: readonly EpochMs[], fromMs: EpochMs, toMs: EpochMs): readonly EpochMs[] =>
  days.filter((dayMs) => dayMs + DAY_MS > fromMs && dayMs < toMs);

export async function copyHistory(wish: CopyWish, onDay: OnDay): Promise<CopyDone> {
  const { fromMs, toMs, signal } = wish;
  const days = daysWithin(wish.days, fromMs, toMs);
  const source = clamp(wish.source, fromMs, toMs);
  const query = clamp(wish.sink.query, fromMs, toMs);
  const book = openBook(wish.dataDir, wish.target);
  /** Days of which the copy alone does not prove that they are equal. */
  const doubtful = new Set<EpochMs>();
  let written = 0;
  let unplaced = 0;
  let done = 0;
  const tallied = new Map<EpochMs, string>();
  await copyMissing({
    source,
    places: wish.places,
    days,
    signal,
    salt: book.salt,
    ...(wish.wholeUpToMs === undefined ? {} : { wholeUpToMs: wish.wholeUpToMs }),
    sink: { query, write: (lines) => writeInPortions(wish.sink, lines) },
    isDone: (dayMs, tallies) => {
      tallied.set(dayMs, hashOf(tallies));
      const isKnown = tallies.length > 0 && book.has(dayMs, hashOf(tallies));
      if (isKnown) doubtful.add(dayMs);
      return isKnown;
    },
    onDay: (day) => {
      if (day.differing > 0) doubtful.add(day.dayMs);
      written += day.written;
      unplaced += day.unplaced;
      book.add(day.dayMs, tallied.get(day.dayMs) ?? '');
      onDay('copy', ++done, days.length, day.dayMs);
    },
  });
  if (signal.aborted) return { days: done, written, unplaced, differences: [], isWhole: false };
  const again = days.filter((dayMs) => doubtful.has(dayMs));
  const differences = await compareDays({ source, query, days: again, signal }, (part, of, dayMs) =>
    onDay('verify', part, of, dayMs),
  );
  const isWhole = !signal.aborted;
  if (isWhole) book.close();
  return { days: done, written, unplaced, differences, isWhole };
}

async function writeInPortions(sink: CopySink, lines: readonly string[]): Promise<void> {
  for (let from = 0; from < lines.length; from += LINES_AT_ONCE)
    await sink.write(lines.slice(from, from + LINES_AT_ONCE));
}

type Comparison = {
  readonly source: CopySource;
  readonly query: CopySource;
  readonly days: readonly EpochMs[];
  readonly signal: AbortSignal;
};

export async function compareDays(
  { source, query, days, signal }: Comparison,
  onDay: (done: number, of: number, dayMs: EpochMs) => void,
): Promise<readonly Difference[]> {
  const found: Difference[] = [];
  for (const [at, dayMs] of days.entries()) {
    if (signal.aborted) break;
    onDay(at, days.length, dayMs);
    const span = { fromMs: dayMs, toMs: dayMs + DAY_MS };
    const here: readonly DayTally[] = await source.tallies(span);
    found.push(...compareTallies(here, await query.tallies(span)));
  }
  return found;
}

/** Which days were copied, while a copy is under way: whoever begins it again goes on from there. */
function openBook(dataDir: string, target: string) {
  const path = join(dataDir, 'history', 'copy.json');
  const days = new Map<EpochMs, string>();
  let salt = randomInt(SALTS);
  try {
    const read = JSON.parse(readFileSync(path, 'utf8')) as { target?: unknown; salt?: unknown; days?: unknown };
    if (read.target === target && typeof read.salt === 'number') salt = read.salt;
    if (read.target === target && Array.isArray(read.days))
      for (const one of read.days) if (Array.isArray(one)) days.set(Number(one[0]), String(one[1]));
  } catch {
    // None is under way, or what it kept is damaged: then every day is compared.
  }
  return {
    /** The same for whoever goes on with this copy, another for the next one. */
    salt,
    has: (dayMs: EpochMs, tallies: string): boolean => days.get(dayMs) === tallies,
    add: (dayMs: EpochMs, tallies: string): void => {
      days.set(dayMs, tallies);
      writeWhole(path, JSON.stringify({ target, salt, days: [...days] }));
    },
    close: (): void => rmSync(path, { force: true }),
  };
}
