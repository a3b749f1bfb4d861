/** One row a round of an alert: the notice that began it, how it asks, and when it is asked anew. */
import type { DatabaseSync } from 'node:sqlite';
import type { CallRule } from '#model/policy.ts';
import type { EpochMs } from '#model/time.ts';
import type { Notice } from '../../episode.ts';

export type Round = {
  readonly notice: Notice;
  readonly rule: CallRule;
  readonly askedAtMs: EpochMs;
  /** It is on record that nobody was reached. */
  readonly said: boolean;
};

export type RoundTable = {
  readonly put: (notice: Notice, rule: CallRule, atMs: EpochMs, againAtMs: EpochMs | null) => void;
  readonly get: (alertId: string, round: number) => Round | undefined;
  readonly markSaid: (alertId: string, round: number) => void;
  /** Null: not again. */
  readonly setAgain: (alertId: string, round: number, atMs: EpochMs | null) => void;
  readonly stop: (alertId: string) => void;
  readonly due: (nowMs: EpochMs, limit: number) => readonly { readonly alertId: string; readonly round: number }[];
  readonly earliestDue: () => EpochMs | null;
};

type Row = { readonly notice: string; readonly rule: string; readonly asked_at: number; readonly said: number };

export function openRounds(db: DatabaseSync): RoundTable {
  const put = db.prepare(`INSERT INTO calls_rounds (alert_id, round, notice, rule, asked_at, again_at, said)
VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (alert_id, round) DO NOTHING`);
  const get = db.prepare('SELECT notice, rule, asked_at, said FROM calls_rounds WHERE alert_id = ? AND round = ?');
  const markSaid = db.prepare('UPDATE calls_rounds SET said = 1 WHERE alert_id = ? AND round = ?');
  const setAgain = db.prepare('UPDATE calls_rounds SET again_at = ? WHERE alert_id = ? AND round = ?');
  const stop = db.prepare('UPDATE calls_rounds SET again_at = NULL WHERE alert_id = ? AND again_at IS NOT NULL');
  const due = db.prepare(`SELECT alert_id AS alertId, round FROM calls_rounds
WHERE again_at IS NOT NULL AND again_at <= ? ORDER BY again_at LIMIT ?`);
  const earliest = db.prepare('SELECT min(again_at) AS due FROM calls_rounds WHERE again_at IS NOT NULL');
  return {
    put: (notice, rule, atMs, againAtMs) => {
      stop.run(notice.alertId);
      put.run(notice.alertId, notice.round, JSON.stringify(notice), JSON.stringify(rule), atMs, againAtMs);
    },
    get: (alertId, round) => {
      const row = get.get(alertId, round) as Row | undefined;
      if (row === undefined) return undefined;
      const notice = JSON.parse(row.notice) as Notice;
      return { notice, rule: JSON.parse(row.rule) as CallRule, askedAtMs: row.asked_at, said: row.said === 1 };
    },
    markSaid: (alertId, round) => {
      markSaid.run(alertId, round);
    },
    setAgain: (alertId, round, atMs) => {
      setAgain.run(atMs, alertId, round);
    },
    stop: (alertId) => {
      stop.run(alertId);
    },
    due: (nowMs, limit) => due.all(nowMs, limit) as { alertId: string; round: number }[],
    earliestDue: () => (earliest.get() as { due: number | null }).due,
  };
}
