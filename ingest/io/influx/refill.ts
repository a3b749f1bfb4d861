/**
 * Brings back what the database lacks, from the embedded history: after it was dropped and made anew, or when the
 * writer was parked longer than the journal keeps its rows. It runs beside the writer, newest days first.
 */

import { hashOf } from '#model/hash.ts';
import type { JournalReader } from '#model/journal.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';
import type { WaitingReading } from '../../influx/encoder.ts';
import type { Places } from '../../influx/lines.ts';
import { type CopyDay, type CopySink, copyMissing } from '../../influx/refill.ts';
import { textHash } from '../../influx/series.ts';
import { type FrozenHistory, freezeHistory } from './frozen-history.ts';
import type { InfluxState, Jump, StoredWaiting } from './state.ts';

export type RefillReason = 'new-database' | 'gap';

export type RefillParts = {
  readonly dataDir: string;
  readonly journal: JournalReader;
  readonly state: InfluxState;
  readonly places: () => Places;
};

export type Begun = {
  readonly frozen: FrozenHistory;
  /** Days of readings that waited for a clock and are the refill's now. */
  readonly datedDays: ReadonlySet<EpochMs>;
};

/**
 * The moment that is copied. Where the embedded history is ahead, the writer goes on from there: call it only while
 * nothing is on its way, and begin with the state anew.
 */
export function beginRefill(parts: RefillParts): Begun {
  const { dataDir, journal, state, places } = parts;
  const originOf = (sensorId: SensorId): Origin => places().get(sensorId)?.origin ?? 'live';
  const before = state.load();
  const frozen = freezeHistory(dataDir, journal, before.cursors, originOf);
  const stored = state.allWaiting();
  const { waiting, kept } = waitingOf(frozen.waiting, stored);
  state.jump({
    cursors: frozen.cursors,
    taken: frozen.taken,
    clocks: frozen.clocks,
    // Whatever the refill writes at a whole millisecond, no later row may be written there.
    newest: newerOf(frozen.newest(), before.newest),
    ...{ waiting, kept },
  });
  const isKept = new Set(kept);
  const datedDays = stored
    .filter(({ id, isWritten }) => !isWritten && !isKept.has(id))
    .map(({ boot, atMs, monoShiftMs }) => atMs + monoShiftMs + (frozen.clocks.get(boot) ?? 0))
    .map((atMs) => Math.floor(atMs / DAY_MS) * DAY_MS);
  return { frozen, datedDays: new Set(datedDays) };
}

type Newest = ReadonlyMap<string, { readonly home: number; readonly newestMs: number }>;
function newerOf(stored: ReadonlyMap<string, EpochMs>, known: Newest): Newest {
  const newer = new Map<string, { readonly home: number; readonly newestMs: number }>();
  for (const [key, ms] of stored) {
    const before = known.get(key);
    if (before === undefined || before.newestMs < ms) newer.set(key, { home: before?.home ?? -1, newestMs: ms });
  }
  return newer;
}

/**
 * What waits already stays as it is, for it may stand in the database by its receive time: written again it must be the
 * same point.
 */
function waitingOf(all: readonly WaitingReading[], stored: readonly StoredWaiting[]): Pick<Jump, 'waiting' | 'kept'> {
  const keyOf = ({ boot, sensorId, origin, atMs, monoShiftMs, value, raw, bits, code }: WaitingReading): string =>
    JSON.stringify([boot, sensorId, origin, atMs + monoShiftMs, value, raw, bits, code]);
  const held = new Map<string, number[]>();
  for (const one of stored) held.set(keyOf(one), [...(held.get(keyOf(one)) ?? []), one.id]);
  const kept: number[] = [];
  const waiting = all.filter((one) => {
    const id = held.get(keyOf(one))?.shift();
    if (id !== undefined) kept.push(id);
    return id === undefined;
  });
  return { waiting, kept };
}

/** Resolves true when every day was compared. A day that was, and has not changed since, is passed over after a restart. */
export async function runRefill(
  parts: RefillParts,
  frozen: Pick<FrozenHistory, 'source' | 'days'>,
  sink: CopySink,
  how: { readonly signal: AbortSignal; readonly onDay: (day: CopyDay, left: number) => void },
): Promise<boolean> {
  const { state } = parts;
  let left = frozen.days.length;
  const tallied = new Map<EpochMs, string>();
  await copyMissing({
    source: frozen.source,
    sink,
    places: parts.places(),
    days: frozen.days,
    signal: how.signal,
    salt: textHash(`${state.meta('store')} ${state.meta('dropped')}`),
    isDone: (dayMs, tallies) => {
      tallied.set(dayMs, hashOf(tallies));
      return state.refilled(dayMs) === tallied.get(dayMs);
    },
    onDay: (day) => {
      state.setRefilled(day.dayMs, tallied.get(day.dayMs) ?? '');
      tallied.delete(day.dayMs);
      how.onDay(day, --left);
    },
  });
  return !how.signal.aborted;
}
