/** What the console sees of calls: a read-only connection of its own, also before the file is there. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CallReader } from '#model/call.ts';
import { prepareLater } from '#model/io/sqlite.ts';
import { alertsPath } from '../schema.ts';
import { type CallRow, callOfRow } from './call-table.ts';

const IN_GRIDS = `EXISTS (SELECT 1 FROM alerts a, json_each(?1) g WHERE a.id = c.alert_id
AND instr(a.grid_path, '/' || g.value || '/') > 0)`;
const PAGE = `(?2 IS NULL OR c.n < ?2) AND (?3 IS NULL OR c.alert_id = ?3) AND (?4 IS NULL OR c.person = ?4)
AND ${IN_GRIDS} ORDER BY c.n DESC LIMIT ?5`;
const NOT_REACHED = `SELECT c.* FROM calls c INDEXED BY calls_silent WHERE c.current = 1 AND c.state = 'silent' AND ${PAGE}`;

const prepareAll = (db: DatabaseSync) =>
  ({
    all: db.prepare(`SELECT c.* FROM calls c WHERE ${PAGE}`),
    ofOne: db.prepare(`SELECT c.* FROM calls c WHERE c.alert_id = ?3 AND ${PAGE}`),
    ofPerson: db.prepare(`SELECT c.* FROM calls c WHERE c.person = ?4 AND ${PAGE}`),
    notReached: db.prepare(NOT_REACHED),
    ofAlert: db.prepare('SELECT * FROM calls WHERE alert_id = ? ORDER BY round DESC, n'),
  }) satisfies { readonly [name: string]: StatementSync };

export function openCallReader(dataDir: string): CallReader & { readonly close: () => void } {
  const path = alertsPath(dataDir);
  const { get: ready, close } = prepareLater(path, prepareAll);
  return {
    list: ({ gridCodes, alertId, personId, notReached }, limit, cursor) => {
      const before = cursor !== null && /^\d{1,15}$/.test(cursor) ? Number(cursor) : null;
      const from = ready();
      const wide = alertId !== undefined ? from?.ofOne : personId !== undefined ? from?.ofPerson : from?.all;
      const statement = notReached === true ? from?.notReached : wide;
      const rows = (statement?.all(JSON.stringify(gridCodes), before, alertId ?? null, personId ?? null, limit + 1) ??
        []) as CallRow[];
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return { items: items.map(callOfRow), next: rows.length > limit && last !== undefined ? String(last.n) : null };
    },
    ofAlert: (alertId) => ((ready()?.ofAlert.all(alertId) ?? []) as CallRow[]).map(callOfRow),
    close,
  };
}
