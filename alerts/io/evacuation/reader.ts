/** What the console sees of evacuation lists: a read-only connection of its own, also before the file is there. */
import type { DatabaseSync } from 'node:sqlite';
import type { Evacuation, EvacuationReader } from '#model/evacuation.ts';
import { prepareLater } from '#model/io/sqlite.ts';
import { alertsPath } from '../schema.ts';
import { HOUSEHOLDS, type ListRow, listOfRows } from './list-table.ts';

const LIST = `SELECT id, version, body FROM evacuation_lists l WHERE (?1 IS NULL OR open = ?1) AND (?2 IS NULL OR origin = ?2)
AND EXISTS (SELECT 1 FROM json_each(?3) g WHERE instr(l.grid_paths, '/' || g.value || '/') > 0)
ORDER BY open DESC, opened_at DESC, id`;

type Row = ListRow & { readonly id: string };

const prepareAll = (db: DatabaseSync) => ({
  list: db.prepare(LIST),
  get: db.prepare('SELECT id, version, body FROM evacuation_lists WHERE id = ?'),
  households: db.prepare(HOUSEHOLDS),
});

export function openEvacuationReader(dataDir: string): EvacuationReader & { readonly close: () => void } {
  const { get: ready, close } = prepareLater(alertsPath(dataDir), prepareAll);
  const whole = (row: Row): Evacuation =>
    listOfRows(row, (ready()?.households.all(row.id) ?? []) as { body: string }[]);
  return {
    list: ({ gridCodes, open, origin }) => {
      const isOpen = open === undefined ? null : open ? 1 : 0;
      const rows = ready()?.list.all(isOpen, origin ?? null, JSON.stringify(gridCodes)) ?? [];
      return (rows as Row[]).map(whole);
    },
    get: (id) => {
      const row = ready()?.get.get(id) as Row | undefined;
      return row === undefined ? undefined : whole(row);
    },
    close,
  };
}
