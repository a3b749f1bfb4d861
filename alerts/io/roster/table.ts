/** The table of hand-overs, one row a shift of a desk; and until when shifts have been looked at. */
import type { DatabaseSync } from 'node:sqlite';
import type { Handover } from '#model/handover.ts';
import type { EpochMs } from '#model/time.ts';

export const ROSTER_SCHEMA = `CREATE TABLE IF NOT EXISTS roster_handovers
(grid TEXT NOT NULL, shift_from INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (grid, shift_from)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS roster_watch (one INTEGER PRIMARY KEY CHECK (one = 1), until INTEGER NOT NULL);`;

export const HANDOVER = 'SELECT body FROM roster_handovers WHERE grid = ? AND shift_from = ?';
export const HANDOVERS = 'SELECT body FROM roster_handovers WHERE grid = ? ORDER BY shift_from DESC LIMIT ?';
export type HandoverRow = { readonly body: string };
export const handoverOf = (row: HandoverRow): Handover => JSON.parse(row.body) as Handover;

export function openHandoverTable(db: DatabaseSync) {
  const get = db.prepare(HANDOVER);
  const put = db.prepare(
    'INSERT INTO roster_handovers (grid, shift_from, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
  );
  const until = db.prepare('SELECT until FROM roster_watch');
  const setUntil = db.prepare(
    'INSERT INTO roster_watch (one, until) VALUES (1, ?) ON CONFLICT DO UPDATE SET until = excluded.until',
  );
  return {
    get: (grid: string, shiftFromMs: EpochMs): Handover | undefined => {
      const row = get.get(grid, shiftFromMs) as HandoverRow | undefined;
      return row === undefined ? undefined : handoverOf(row);
    },
    put: (handover: Handover): void => {
      put.run(handover.gridCode, handover.shiftFromMs, JSON.stringify(handover));
    },
    /** Beginnings of shifts up to here have been looked at; undefined before the first look. */
    until: (): EpochMs | undefined => (until.get() as { readonly until: number } | undefined)?.until,
    setUntil: (atMs: EpochMs): void => {
      setUntil.run(atMs);
    },
  };
}
