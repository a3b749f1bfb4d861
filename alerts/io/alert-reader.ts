/** What others see of the alerts: a read-only connection of its own, also before the file is there. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Alert, AlertReader } from '#model/alert.ts';
import { prepareLater } from '#model/io/sqlite.ts';
import { watchWake } from '#model/io/wake.ts';
import type { Text } from '#model/text.ts';
import { headsPath, readHeadFile } from './anchor/head-file.ts';
import { type DeliveryRow, deliveryOfRow } from './delivery-table.ts';
import { type EventRow, eventOfRow } from './ledger.ts';
import { alertsPath, alertsWakePath } from './schema.ts';

type AlertRow = { readonly body: string; readonly version: number; readonly rank: number; readonly raised_at: number };

// The newest event of an alert may be a delivery's, which does not touch the projection.
const ALERT = `SELECT a.body, a.rank, a.raised_at, (SELECT max(seq) FROM events e WHERE e.alert_id = a.id) AS version
FROM alerts a`;
const LIST = `${ALERT} WHERE a.open = ?1 AND (?2 IS NULL OR a.origin = ?2)
AND EXISTS (SELECT 1 FROM json_each(?3) g WHERE instr(a.grid_path, '/' || g.value || '/') > 0)
AND (?4 IS NULL OR a.rank < ?4 OR (a.rank = ?4 AND (a.raised_at < ?5 OR (a.raised_at = ?5 AND a.id > ?6))))
ORDER BY a.rank DESC, a.raised_at DESC, a.id LIMIT ?7`;

const alertOfRow = (row: AlertRow): Alert => ({ ...(JSON.parse(row.body) as Alert), version: row.version });

/** `rank.raisedAt.id` of the last alert of a page; an odd cursor starts at the beginning. */
function parseCursor(cursor: string | null): readonly [number | null, number | null, string | null] {
  const match = /^([1-4])\.(-?\d{1,16})\.([A-Za-z0-9_-]{1,64})$/.exec(cursor ?? '');
  return match === null ? [null, null, null] : [Number(match[1]), Number(match[2]), match[3] ?? ''];
}

function prepareAll(db: DatabaseSync) {
  return {
    list: db.prepare(LIST),
    get: db.prepare(`${ALERT} WHERE a.id = ?`),
    events: db.prepare('SELECT seq, body, hash FROM events WHERE alert_id = ? ORDER BY seq'),
    deliveries: db.prepare('SELECT * FROM deliveries WHERE alert_id = ? ORDER BY n'),
    eventsAfter: db.prepare('SELECT seq, body, hash FROM events WHERE seq > ? ORDER BY seq LIMIT ?'),
    head: db.prepare('SELECT max(seq) AS seq FROM events'),
    result: db.prepare('SELECT ok, message FROM results WHERE command = ?'),
  } satisfies { readonly [name: string]: StatementSync };
}

export function openAlertReader(dataDir: string): AlertReader {
  const path = alertsPath(dataDir);
  const { get: ready, close } = prepareLater(path, prepareAll);
  return {
    list: (filter, limit, cursor) => {
      const open = (filter.open ?? true) ? 1 : 0;
      const grids = JSON.stringify(filter.gridCodes);
      const [rank, raisedAt, id] = parseCursor(cursor);
      const rows = (ready()?.list.all(open, filter.origin ?? null, grids, rank, raisedAt, id, limit + 1) ??
        []) as AlertRow[];
      const items = rows.slice(0, limit).map(alertOfRow);
      const last = rows[limit - 1];
      const more = rows.length > limit && last !== undefined;
      return { items, next: more ? `${last.rank}.${last.raised_at}.${items.at(-1)?.id}` : null };
    },
    get: (id) => {
      const row = ready()?.get.get(id) as AlertRow | undefined;
      return row === undefined ? undefined : alertOfRow(row);
    },
    events: (id) => ((ready()?.events.all(id) ?? []) as EventRow[]).map(eventOfRow),
    deliveries: (id) => ((ready()?.deliveries.all(id) ?? []) as DeliveryRow[]).map(deliveryOfRow),
    eventsAfter: (seq, limit) => ((ready()?.eventsAfter.all(seq, limit) ?? []) as EventRow[]).map(eventOfRow),
    head: () => (ready()?.head.get() as { seq: number | null } | undefined)?.seq ?? 0,
    signedHead: () => readHeadFile(headsPath(dataDir))?.heads.at(-1),
    onWake: (wake) => watchWake(alertsWakePath(dataDir), wake),
    commandResult: (commandId) => {
      const row = ready()?.result.get(commandId) as { ok: number; message: string } | undefined;
      return row === undefined ? undefined : { ok: row.ok === 1, message: JSON.parse(row.message) as Text };
    },
    close,
  };
}
