/**
 * Removes what is older than the county wants to keep, a little at a time and inside the writer's transaction: readings
 * whose summaries are complete, then summaries by their own ages. What waits for a clock has no age yet and stays.
 * Freed pages are used again; the file does not shrink.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Retention } from '#model/history.ts';
import type { Origin } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';
import { blockOf, firstKeyOf, gridOf, LEVELS, strandOf } from '../rollup/levels.ts';
import type { DamageDesk } from './history-damage.ts';
import type { SummaryWriter } from './history-summaries.ts';

export type RetainStep = {
  readonly readings: number;
  readonly summaries: number;
  readonly isDone: boolean;
};
export type RetentionRun = {
  /** One step of a run that began with its first; the one that is done ends it. */
  readonly step: (nowMs: EpochMs, retention: Retention) => RetainStep;
};

/** A step ends when so many milliseconds are over. */
const STEP_MS = 10;
const CHUNKS_AT_ONCE = 8;
const SUMMARIES_AT_ONCE = 256;

type OldChunk = {
  readonly id: number;
  readonly origin: Origin | null;
  readonly n: number;
  readonly summed: number;
  readonly from_ms: number;
  readonly data: Uint8Array;
};

/** Summaries outlive the readings they are of; 0 is for ever. */
const keptMs = (own: number, rawMs: number): number => (own === 0 || rawMs === 0 ? 0 : Math.max(own, rawMs));

export function openRetention(
  db: DatabaseSync,
  summaries: SummaryWriter,
  open: DamageDesk['open'],
  removed: (strand: { readonly id: number; readonly origin: Origin | null }, n: number) => void,
): RetentionRun {
  const old = db.prepare(
    'SELECT id, origin, n, summed, from_ms, data FROM chunks WHERE series = ? AND to_ms < ? AND boot IS NULL LIMIT ?',
  );
  const remove = db.prepare('DELETE FROM chunks WHERE id = ?');
  const nextSeries = db.prepare('SELECT id FROM series WHERE id > ? ORDER BY id LIMIT 1');
  const removeSummaries = db.prepare(
    'DELETE FROM summaries WHERE key IN (SELECT key FROM summaries WHERE key >= ? AND key < ? LIMIT ?)',
  );
  const saveFloor = db.prepare(
    'INSERT INTO floors (level, before_ms) VALUES (?, ?) ON CONFLICT (level) DO UPDATE SET before_ms = excluded.before_ms',
  );
  let series = 0;

  const raise = (level: keyof typeof LEVELS | 'raw', beforeMs: EpochMs): void => {
    if (beforeMs <= (summaries.floors.get(level) ?? Number.NEGATIVE_INFINITY)) return;
    summaries.floors.set(level, beforeMs);
    saveFloor.run(level, beforeMs);
  };
  const removeChunks = (beforeMs: EpochMs): number => {
    let readings = 0;
    for (const row of old.all(series, beforeMs, CHUNKS_AT_ONCE) as unknown as OldChunk[]) {
      const strand = strandOf(series, row.origin);
      const columns = open(row);
      if (columns !== undefined) {
        if (row.summed === 0) summaries.add(strand, columns, 0);
        summaries.addMinutes(strand, columns);
      }
      remove.run(row.id);
      removed({ id: series, origin: row.origin }, row.n);
      readings += row.n;
    }
    return readings;
  };
  /** True when there is no older reading left. */
  const walk = (beforeMs: EpochMs, endMs: number, took: { readings: number }): boolean => {
    while (performance.now() < endMs) {
      const readings = series === 0 ? 0 : removeChunks(beforeMs);
      took.readings += readings;
      if (readings > 0) continue;
      const next = nextSeries.get(series) as { id: number } | undefined;
      if (next === undefined) return true;
      series = next.id;
    }
    return false;
  };

  return {
    step: (nowMs, retention) => {
      const endMs = performance.now() + STEP_MS;
      const took = { readings: 0 };
      let removedSummaries = 0;
      for (const level of Object.values(LEVELS)) {
        const ageMs = keptMs(retention[level.resolution], retention.rawMs);
        if (ageMs === 0) continue;
        const grid = gridOf(level.resolution, summaries.days);
        const block = blockOf(level, grid.indexOf(nowMs - ageMs));
        raise(level.resolution, grid.startOf(block * level.perBlock));
        const { changes } = removeSummaries.run(firstKeyOf(level), firstKeyOf(level, block), SUMMARIES_AT_ONCE);
        removedSummaries += Number(changes);
      }
      const beforeMs = nowMs - retention.rawMs;
      if (retention.rawMs > 0) raise('raw', beforeMs);
      const isWalked = retention.rawMs === 0 || walk(beforeMs, endMs, took);
      const isDone = isWalked && removedSummaries === 0;
      if (isDone) series = 0;
      return { readings: took.readings, summaries: removedSummaries, isDone };
    },
  };
}
