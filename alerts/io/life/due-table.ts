/** Stored instants at which an alert's side changes by itself, and which alert is explained by which. */
import type { DatabaseSync } from 'node:sqlite';
import type { AlertId } from '#model/alert.ts';
import type { EpochMs } from '#model/time.ts';

export const LIFE_SCHEMA = `
CREATE TABLE IF NOT EXISTS life_due (alert_id TEXT NOT NULL, kind TEXT NOT NULL, due_at INTEGER NOT NULL,
  PRIMARY KEY (alert_id, kind)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS life_due_at ON life_due (due_at);
CREATE TABLE IF NOT EXISTS life_suppressed (alert_id TEXT PRIMARY KEY, parent TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS life_suppressed_parent ON life_suppressed (parent);
`;

/** `shelf`: shelving ends; `calm`: it may chatter no longer; `grace`: sensors of a gateway that is back should speak. */
export type DueKind = 'shelf' | 'calm' | 'grace';
export type Due = { readonly alertId: AlertId; readonly kind: DueKind };

export type LifeTable = {
  /** Null: it waits for nothing of that kind. */
  readonly setDue: (alertId: AlertId, kind: DueKind, dueAtMs: EpochMs | null) => void;
  readonly isDue: (alertId: AlertId, kind: DueKind) => boolean;
  readonly nextDueMs: () => EpochMs | null;
  readonly due: (nowMs: EpochMs, limit: number) => readonly Due[];
  readonly setParent: (alertId: AlertId, parent: AlertId | null) => void;
  readonly hasParent: (alertId: AlertId) => boolean;
  readonly childrenOf: (parent: AlertId) => readonly AlertId[];
};

export function openLifeTable(db: DatabaseSync): LifeTable {
  const put = db.prepare(
    'INSERT INTO life_due (alert_id, kind, due_at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET due_at = excluded.due_at',
  );
  const drop = db.prepare('DELETE FROM life_due WHERE alert_id = ? AND kind = ?');
  const has = db.prepare('SELECT 1 FROM life_due WHERE alert_id = ? AND kind = ?');
  const next = db.prepare('SELECT min(due_at) AS due FROM life_due');
  const due = db.prepare('SELECT alert_id AS alertId, kind FROM life_due WHERE due_at <= ? ORDER BY due_at LIMIT ?');
  const putParent = db.prepare(
    'INSERT INTO life_suppressed (alert_id, parent) VALUES (?, ?) ON CONFLICT DO UPDATE SET parent = excluded.parent',
  );
  const dropParent = db.prepare('DELETE FROM life_suppressed WHERE alert_id = ?');
  const hasParent = db.prepare('SELECT 1 FROM life_suppressed WHERE alert_id = ?');
  const children = db.prepare('SELECT alert_id AS id FROM life_suppressed WHERE parent = ?');
  return {
    setDue: (alertId, kind, dueAtMs) => {
      if (dueAtMs === null) drop.run(alertId, kind);
      else put.run(alertId, kind, dueAtMs);
    },
    isDue: (alertId, kind) => has.get(alertId, kind) !== undefined,
    nextDueMs: () => (next.get() as { due: number | null }).due,
    due: (nowMs, limit) => due.all(nowMs, limit) as Due[],
    setParent: (alertId, parent) => {
      if (parent === null) dropParent.run(alertId);
      else putParent.run(alertId, parent);
    },
    hasParent: (alertId) => hasParent.get(alertId) !== undefined,
    childrenOf: (parent) => (children.all(parent) as { id: string }[]).map(({ id }) => id),
  };
}
