/**
 * What a restored centre cannot know: what the old one still told after the backup was taken. Until everything that comes
 * again has come, every message may be a repeat and says so (重发); keys stay as they are, so that a receiver that keeps
 * keys drops what it has.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type EpochMs, MINUTE_MS } from '#model/time.ts';
import type { EventDraft } from '../episode.ts';

/** A row a restore; `began_ms` is when the restored centre first ran. */
export const RESTORED_SCHEMA = `
CREATE TABLE IF NOT EXISTS restored (from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, began_ms INTEGER);
`;

/**
 * Counted from the first start. Edges keep what was acked for ten minutes; by then whatever comes again has come, and what
 * still stands has been judged.
 */
const DOUBT_MS = 30 * MINUTE_MS;

/** What a restore does to the file: `fromMs` is when the backup was taken, `toMs` when it was put back, both by the chain's clock. */
export const restoredSql = (fromMs: EpochMs, toMs: EpochMs): string => `${RESTORED_SCHEMA}
INSERT INTO restored (from_ms, to_ms) VALUES (${Math.trunc(fromMs)}, ${Math.trunc(toMs)});
UPDATE deliveries SET repeated = 1 WHERE state IN ('queued', 'unknown', 'claimed') AND due_at <= ${Math.trunc(toMs)};
`;

export type Restored = {
  /** At a start: the doubt begins with the first one after a restore, and the ledger says so. */
  readonly begin: (nowMs: EpochMs) => readonly EventDraft[];
  readonly mayRepeat: (nowMs: EpochMs) => boolean;
};

export function openRestored(db: DatabaseSync): Restored {
  const newest = db.prepare('SELECT max(began_ms) AS at FROM restored');
  let beganMs = (newest.get() as { at: EpochMs | null }).at;
  return {
    begin: (nowMs) => {
      const rows = db.prepare('SELECT from_ms AS fromMs, to_ms AS toMs FROM restored WHERE began_ms IS NULL').all();
      if (rows.length === 0) return [];
      db.prepare('UPDATE restored SET began_ms = ? WHERE began_ms IS NULL').run(nowMs);
      beganMs = nowMs;
      return (rows as { fromMs: EpochMs; toMs: EpochMs }[]).map(({ fromMs, toMs }) => said(fromMs, toMs, nowMs));
    },
    mayRepeat: (nowMs) => beganMs !== null && nowMs >= beganMs && nowMs <= beganMs + DOUBT_MS,
  };
}

function said(fromMs: EpochMs, toMs: EpochMs, nowMs: EpochMs): EventDraft {
  const from = new Date(fromMs).toISOString();
  return {
    ...{ alertId: 'restore', atMs: nowMs, by: 'alerts', kind: 'note' },
    text: {
      zh: `数据由 ${from} 的备份恢复；此后 ${DOUBT_MS / MINUTE_MS} 分钟内发出的消息可能是重发，均有标记`,
      en: `restored from a backup of ${from}; what is sent within ${DOUBT_MS / MINUTE_MS} minutes may be a repeat and is marked`,
    },
    facts: { fromMs, toMs, untilMs: nowMs + DOUBT_MS },
  };
}
