/** Drills and their reports, a row each; `due_at` is when the next step or the end is. */
import type { DatabaseSync } from 'node:sqlite';
import type { Drill, DrillReport } from '#model/drill.ts';
import type { EpochMs } from '#model/time.ts';
import { nextDueMs } from '../../drill/plan.ts';

export const DRILL_SCHEMA = `
CREATE TABLE IF NOT EXISTS drill_runs (id TEXT PRIMARY KEY, running INTEGER NOT NULL, due_at INTEGER,
  started_at INTEGER NOT NULL, grid_path TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS drill_due ON drill_runs (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS drill_list ON drill_runs (running DESC, started_at DESC, id);
CREATE TABLE IF NOT EXISTS drill_reports (id TEXT PRIMARY KEY, body TEXT NOT NULL);
`;

export type DrillRow = { readonly body: string };
export const drillOfRow = (row: DrillRow): Drill => JSON.parse(row.body) as Drill;

export type DrillTable = {
  readonly get: (id: string) => Drill | undefined;
  readonly running: () => readonly Drill[];
  readonly due: (nowMs: EpochMs, limit: number) => readonly Drill[];
  readonly nextDueMs: () => EpochMs | null;
  readonly put: (drill: Drill, gridPath: string) => void;
  readonly keepReport: (report: DrillReport) => void;
};

const PUT = `INSERT INTO drill_runs (id, running, due_at, started_at, grid_path, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET running = excluded.running, due_at = excluded.due_at, body = excluded.body`;

export function openDrillTable(db: DatabaseSync): DrillTable {
  const get = db.prepare('SELECT body FROM drill_runs WHERE id = ?');
  const running = db.prepare('SELECT body FROM drill_runs WHERE running = 1');
  const due = db.prepare('SELECT body FROM drill_runs WHERE due_at <= ? ORDER BY due_at LIMIT ?');
  const next = db.prepare('SELECT min(due_at) AS due FROM drill_runs WHERE due_at IS NOT NULL');
  const put = db.prepare(PUT);
  const keep = db.prepare('INSERT INTO drill_reports (id, body) VALUES (?, ?) ON CONFLICT DO NOTHING');
  return {
    get: (id) => {
      const row = get.get(id) as DrillRow | undefined;
      return row === undefined ? undefined : drillOfRow(row);
    },
    running: () => (running.all() as DrillRow[]).map(drillOfRow),
    due: (nowMs, limit) => (due.all(nowMs, limit) as DrillRow[]).map(drillOfRow),
    nextDueMs: () => (next.get() as { due: number | null }).due,
    put: (drill, gridPath) => {
      const isRunning = drill.state === 'running' ? 1 : 0;
      put.run(drill.id, isRunning, nextDueMs(drill), drill.startedAtMs, gridPath, JSON.stringify(drill));
    },
    keepReport: (report) => {
      keep.run(report.drillId, JSON.stringify(report));
    },
  };
}
