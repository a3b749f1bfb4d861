/** What the console sees of reports: a read-only connection of its own, also before the file is there. */
import type { DatabaseSync } from 'node:sqlite';
import { prepareLater } from '#model/io/sqlite.ts';
import type { ReportReader } from '#model/report.ts';
import { alertsPath } from '../schema.ts';
import { type ReportRow, reportOfRow } from './report-table.ts';

/** More than anybody reads; the open ones come first, the next to fall due on top. */
const AT_MOST = 2_000;
const LIST = `SELECT body FROM reports r WHERE (?1 IS NULL OR open = ?1) AND (?2 IS NULL OR alert_id = ?2)
AND EXISTS (SELECT 1 FROM json_each(?3) g WHERE instr(r.grid_path, '/' || g.value || '/') > 0)
ORDER BY open DESC, CASE open WHEN 1 THEN due_at ELSE -due_at END, id LIMIT ${AT_MOST}`;

const prepareAll = (db: DatabaseSync) => ({
  list: db.prepare(LIST),
  get: db.prepare('SELECT body FROM reports WHERE id = ?'),
});

export function openReportReader(dataDir: string): ReportReader & { readonly close: () => void } {
  const { get: ready, close } = prepareLater(alertsPath(dataDir), prepareAll);
  return {
    list: ({ gridCodes, alertId, open }) => {
      const isOpen = open === undefined ? null : open ? 1 : 0;
      const rows = ready()?.list.all(isOpen, alertId ?? null, JSON.stringify(gridCodes)) ?? [];
      return (rows as ReportRow[]).map(reportOfRow);
    },
    get: (id) => {
      const row = ready()?.get.get(id) as ReportRow | undefined;
      return row === undefined ? undefined : reportOfRow(row);
    },
    close,
  };
}
