/** What the console sees of drills: a read-only connection of its own, also before the file is there. */
import type { DatabaseSync } from 'node:sqlite';
import type { DrillReader, DrillReport } from '#model/drill.ts';
import { prepareLater } from '#model/io/sqlite.ts';
import { alertsPath } from '../schema.ts';
import { type DrillRow, drillOfRow } from './table.ts';

const LIST = `SELECT body FROM drill_runs d WHERE EXISTS (SELECT 1 FROM json_each(?) g
WHERE instr(d.grid_path, '/' || g.value || '/') > 0) ORDER BY running DESC, started_at DESC, id`;

const prepareAll = (db: DatabaseSync) => ({
  list: db.prepare(LIST),
  get: db.prepare('SELECT body FROM drill_runs WHERE id = ?'),
  report: db.prepare('SELECT body FROM drill_reports WHERE id = ?'),
});

export function openDrillReader(dataDir: string): DrillReader & { readonly close: () => void } {
  const { get: ready, close } = prepareLater(alertsPath(dataDir), prepareAll);
  const get: DrillReader['get'] = (id) => {
    const row = ready()?.get.get(id) as DrillRow | undefined;
    return row === undefined ? undefined : drillOfRow(row);
  };
  return {
    list: ({ gridCodes }) => ((ready()?.list.all(JSON.stringify(gridCodes)) ?? []) as DrillRow[]).map(drillOfRow),
    get,
    report: (id) => {
      const row = ready()?.report.get(id) as DrillRow | undefined;
      if (row !== undefined) return JSON.parse(row.body) as DrillReport;
      return get(id) === undefined ? undefined : null;
    },
    close,
  };
}
