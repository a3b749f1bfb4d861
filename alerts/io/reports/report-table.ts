/** The reports' table: one row each, with the instant at which it falls due. */
import type { DatabaseSync } from 'node:sqlite';
import type { UpReport } from '#model/report.ts';
import type { EpochMs } from '#model/time.ts';

export const REPORTS_SCHEMA = `
CREATE TABLE IF NOT EXISTS reports (id TEXT PRIMARY KEY, alert_id TEXT NOT NULL, rule TEXT NOT NULL, open INTEGER NOT NULL,
  state TEXT NOT NULL, due_at INTEGER NOT NULL, grid_path TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS reports_due ON reports (due_at) WHERE state = 'due';
CREATE INDEX IF NOT EXISTS reports_alert ON reports (alert_id, due_at);
CREATE INDEX IF NOT EXISTS reports_open ON reports (open, due_at);
`;

export type ReportRow = { readonly body: string };
export const reportOfRow = ({ body }: ReportRow): UpReport => JSON.parse(body) as UpReport;

export type ReportTable = {
  readonly get: (id: string) => UpReport | undefined;
  readonly ofAlert: (alertId: string) => readonly UpReport[];
  readonly put: (report: UpReport, gridPath: string) => void;
  readonly nextDueMs: () => EpochMs | null;
  readonly due: (nowMs: EpochMs, limit: number) => readonly UpReport[];
};

export function openReportTable(db: DatabaseSync): ReportTable {
  const get = db.prepare('SELECT body FROM reports WHERE id = ?');
  const ofAlert = db.prepare('SELECT body FROM reports WHERE alert_id = ? ORDER BY due_at, id');
  const put = db.prepare(`INSERT INTO reports (id, alert_id, rule, open, state, due_at, grid_path, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET open = excluded.open, state = excluded.state,
due_at = excluded.due_at, body = excluded.body`);
  const next = db.prepare("SELECT min(due_at) AS due FROM reports WHERE state = 'due'");
  const due = db.prepare("SELECT body FROM reports WHERE state = 'due' AND due_at <= ? ORDER BY due_at LIMIT ?");
  return {
    get: (id) => {
      const row = get.get(id) as ReportRow | undefined;
      return row === undefined ? undefined : reportOfRow(row);
    },
    ofAlert: (alertId) => (ofAlert.all(alertId) as ReportRow[]).map(reportOfRow),
    put: (report, gridPath) => {
      const { id, alertId, rule, state, dueAtMs } = report;
      const open = state === 'due' || state === 'overdue' ? 1 : 0;
      put.run(id, alertId, rule, open, state, dueAtMs, gridPath, JSON.stringify(report));
    },
    nextDueMs: () => (next.get() as { due: number | null }).due,
    due: (nowMs, limit) => (due.all(nowMs, limit) as ReportRow[]).map(reportOfRow),
  };
}
