/** What the console sees of warnings: a read-only connection of its own, also before the file is there. */
import type { DatabaseSync } from 'node:sqlite';
import { prepareLater } from '#model/io/sqlite.ts';
import type { Warning, WarningReader } from '#model/warning.ts';
import { alertsPath } from '../schema.ts';

// The alert's path holds every grid that the warning touches, with all above and below.
const LIST = `SELECT w.body FROM warnings w LEFT JOIN alerts a ON a.id = 'a' || w.id WHERE (?1 IS NULL OR (w.state = 'inForce') = ?1)
AND EXISTS (SELECT 1 FROM json_each(?2) g WHERE instr(a.grid_path, '/' || g.value || '/') > 0)
ORDER BY w.state = 'inForce' DESC, w.issued_at DESC, w.id LIMIT 1000`;

const prepareAll = (db: DatabaseSync) => ({
  list: db.prepare(LIST),
  get: db.prepare('SELECT body FROM warnings WHERE id = ?'),
});

const bodyOf = (row: unknown): Warning => JSON.parse((row as { readonly body: string }).body) as Warning;

export function openWarningReader(dataDir: string): WarningReader & { readonly close: () => void } {
  const { get: ready, close } = prepareLater(alertsPath(dataDir), prepareAll);
  return {
    list: ({ gridCodes, open }) => {
      const isOpen = open === undefined ? null : open ? 1 : 0;
      return (ready()?.list.all(isOpen, JSON.stringify(gridCodes)) ?? []).map(bodyOf);
    },
    get: (id) => {
      const row = ready()?.get.get(id);
      return row === undefined ? undefined : bodyOf(row);
    },
    close,
  };
}
