/** Who read which personal data, and when: one entry of the ledger for a viewer, an object and ten minutes. */
import type { AccessCommand, DeskCommand } from '#model/command.ts';
import type { Text } from '#model/text.ts';
import { MINUTE_MS } from '#model/time.ts';
import type { World } from '../../episode.ts';
import type { CommandResult, OpenPart, Part, PartTools } from '../part.ts';

const ONCE_IN_MS = 10 * MINUTE_MS;

const ACCESS_SCHEMA = `
-- When a viewer's reading of an object was last entered; older rows are dropped.
CREATE TABLE IF NOT EXISTS access_seen (viewer TEXT NOT NULL, what TEXT NOT NULL, object TEXT NOT NULL,
  at INTEGER NOT NULL, PRIMARY KEY (viewer, what, object)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS access_at ON access_seen (at);
`;

/** What changes the registry is entered each time; only readings are told once in a while. */
const SAID: { readonly [what: string]: Text } = {
  import: { zh: '导入登记表', en: 'imported into the registry' },
  'import-failed': { zh: '导入登记表未成功', en: 'could not write an import into the registry' },
};
const READ: Text = { zh: '查看个人信息', en: 'read personal data' };

const DONE: CommandResult = { ok: true, message: { zh: '已记', en: 'on record' } };

function openAccess({ db, tables }: PartTools): OpenPart {
  const seen = db.prepare('SELECT at FROM access_seen WHERE viewer = ? AND what = ? AND object = ?');
  const put = db.prepare(`INSERT INTO access_seen (viewer, what, object, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (viewer, what, object) DO UPDATE SET at = excluded.at`);
  const forget = db.prepare('DELETE FROM access_seen WHERE at <= ?');
  const take = ({ id, by, what, object, from, note, atMs }: AccessCommand, { directory, nowMs }: World) => {
    const said = SAID[what];
    const last = seen.get(by, what, object) as { at: number } | undefined;
    if (said === undefined && last !== undefined && Math.abs(atMs - last.at) < ONCE_IN_MS) return DONE;
    forget.run(nowMs - 2 * ONCE_IN_MS);
    put.run(by, what, object, atMs);
    const name = directory.registry.people.get(by)?.name ?? by;
    tables.ledger.append({
      alertId: 'access',
      atMs: nowMs,
      by,
      kind: 'access',
      text:
        said === undefined
          ? { zh: `${name}${READ.zh}：${what} ${object}`, en: `${name} ${READ.en}: ${what} ${object}` }
          : { zh: `${name}${said.zh}：${object}`, en: `${name} ${said.en}: ${object}` },
      facts: { command: id, what, object, from, note, readAtMs: atMs },
    });
    return DONE;
  };
  return {
    command: (command: DeskCommand, world) => (command.kind === 'access' ? take(command, world) : undefined),
  };
}

export const accessPart: Part = { name: 'access', schema: ACCESS_SCHEMA, open: openAccess };
