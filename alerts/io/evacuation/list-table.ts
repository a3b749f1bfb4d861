/** The lists' two tables: a row a list, a row a household, so that one mark rewrites one short row. */
import type { DatabaseSync } from 'node:sqlite';
import type { Evacuation, EvacuationHousehold } from '#model/evacuation.ts';
import type { Origin } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';

export const EVACUATION_SCHEMA = `
-- At most one list in force for a point and origin. 'grid_paths' holds the point's grid and its households', with all above them.
CREATE TABLE IF NOT EXISTS evacuation_lists (id TEXT PRIMARY KEY, point TEXT NOT NULL, origin TEXT NOT NULL,
  open INTEGER NOT NULL, opened_at INTEGER NOT NULL, grid_paths TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS evacuation_one_open ON evacuation_lists (point, origin) WHERE open = 1;
CREATE INDEX IF NOT EXISTS evacuation_list ON evacuation_lists (open, opened_at DESC, id);
CREATE TABLE IF NOT EXISTS evacuation_households (list TEXT NOT NULL, n INTEGER NOT NULL, id TEXT NOT NULL,
  body TEXT NOT NULL, PRIMARY KEY (list, id)) WITHOUT ROWID;
-- Lists whose unresolved households the desk above has yet to hear of.
CREATE TABLE IF NOT EXISTS evacuation_tell (list TEXT PRIMARY KEY, due_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS evacuation_tell_due ON evacuation_tell (due_at);
`;

export type ListRow = { readonly version: number; readonly body: string };
export const HOUSEHOLDS = 'SELECT body FROM evacuation_households WHERE list = ? ORDER BY n';

export const listOfRows = (row: ListRow, households: readonly { readonly body: string }[]): Evacuation => ({
  ...(JSON.parse(row.body) as Omit<Evacuation, 'households' | 'version'>),
  households: households.map(({ body }) => JSON.parse(body) as EvacuationHousehold),
  version: row.version,
});

export type ListTable = {
  readonly byId: (id: string) => Evacuation | undefined;
  readonly openAt: (pointId: string, origin: Origin) => Evacuation | undefined;
  readonly openIds: () => readonly string[];
  /** Lists that one alert has opened, ended ones as well. */
  readonly countOf: (idPrefix: string) => number;
  /** Writes the list and those households that differ from `before`. */
  readonly put: (list: Evacuation, before: Evacuation | undefined, version: number, gridPaths: string) => void;
  readonly tellAt: (id: string, dueMs: EpochMs) => void;
  readonly told: (id: string) => void;
  readonly nextTellMs: () => EpochMs | null;
  readonly tellDue: (nowMs: EpochMs, limit: number) => readonly string[];
};

const PUT = `INSERT INTO evacuation_lists (id, point, origin, open, opened_at, grid_paths, version, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET open = excluded.open, grid_paths = excluded.grid_paths,
version = excluded.version, body = excluded.body`;
const PUT_HOUSEHOLD = `INSERT INTO evacuation_households (list, n, id, body) VALUES (?, ?, ?, ?)
ON CONFLICT (list, id) DO UPDATE SET n = excluded.n, body = excluded.body`;

export function openListTable(db: DatabaseSync): ListTable {
  const byId = db.prepare('SELECT version, body FROM evacuation_lists WHERE id = ?');
  const openAt = db.prepare('SELECT id FROM evacuation_lists WHERE point = ? AND origin = ? AND open = 1');
  const openIds = db.prepare('SELECT id FROM evacuation_lists WHERE open = 1 ORDER BY opened_at DESC, id');
  const count = db.prepare("SELECT count(*) AS n FROM evacuation_lists WHERE id >= ?1 AND id < ?1 || '~'");
  const households = db.prepare(HOUSEHOLDS);
  const put = db.prepare(PUT);
  const putHousehold = db.prepare(PUT_HOUSEHOLD);
  const tellAt = db.prepare('INSERT INTO evacuation_tell (list, due_at) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const told = db.prepare('DELETE FROM evacuation_tell WHERE list = ?');
  const nextTell = db.prepare('SELECT min(due_at) AS due FROM evacuation_tell');
  const tellDue = db.prepare('SELECT list FROM evacuation_tell WHERE due_at <= ? ORDER BY due_at LIMIT ?');
  const get = (id: string): Evacuation | undefined => {
    const row = byId.get(id) as ListRow | undefined;
    return row === undefined ? undefined : listOfRows(row, households.all(id) as { body: string }[]);
  };
  return {
    byId: get,
    openAt: (pointId, origin) => {
      const row = openAt.get(pointId, origin) as { id: string } | undefined;
      return row === undefined ? undefined : get(row.id);
    },
    openIds: () => (openIds.all() as { id: string }[]).map(({ id }) => id),
    countOf: (idPrefix) => (count.get(idPrefix) as { n: number }).n,
    put: (list, before, version, gridPaths) => {
      const { households: rows, version: _version, ...body } = list;
      const open = list.state === 'closed' ? 0 : 1;
      const { id, pointId, origin, openedAtMs } = list;
      put.run(id, pointId, origin, open, openedAtMs, gridPaths, version, JSON.stringify(body));
      rows.forEach((household, n) => {
        if (before?.households[n] === household) return;
        putHousehold.run(id, n, household.householdId, JSON.stringify(household));
      });
    },
    tellAt: (id, dueMs) => {
      tellAt.run(id, dueMs);
    },
    told: (id) => {
      told.run(id);
    },
    nextTellMs: () => (nextTell.get() as { due: number | null }).due,
    tellDue: (nowMs, limit) => (tellDue.all(nowMs, limit) as { list: string }[]).map(({ list }) => list),
  };
}
