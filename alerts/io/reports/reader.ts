/** What the console sees of reports: a read-only connection of its own, also before the file is there. */
import type { DatabaseSync } from 'node:sqlite';
import { openReadable } from '#model/io/sqlite.ts';
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
  let db: DatabaseSync | undefined;
  let prepared: ReturnType<typeof prepareAll> | undefined;
  const ready = () => {
    if (prepared !== undefined) return prepared;
    db = openReadable(alertsPath(dataDir));
    if (db === undefined) return undefined;
    try {
      prepared = prepareAll(db);
    } catch {
      db.close(); // The tables are not there yet.
      db = undefined;
    }
    return prepared;
  };
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
    close: () => {
      db?.close();
      db = undefined;
      prepared = undefined;
    },
  };
}
