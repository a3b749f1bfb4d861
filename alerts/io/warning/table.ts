/** The warnings' tables: what stands, when it ends, and every CAP message about it that ever came. */
import type { DatabaseSync } from 'node:sqlite';
import type { EpochMs } from '#model/time.ts';
import type { Warning } from '#model/warning.ts';

export const WARNING_SCHEMA = `
CREATE TABLE IF NOT EXISTS warnings (id TEXT PRIMARY KEY, state TEXT NOT NULL, issued_at INTEGER NOT NULL,
  due_at INTEGER, grids TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS warnings_due ON warnings (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS warnings_list ON warnings (state, issued_at DESC);
-- CAP messages that came in; warning is null where one was only written down.
CREATE TABLE IF NOT EXISTS warning_messages (sender TEXT NOT NULL, identifier TEXT NOT NULL, sent TEXT NOT NULL,
  type TEXT NOT NULL, warning TEXT, PRIMARY KEY (sender, identifier)) WITHOUT ROWID;
-- Messages that a later one named: should they come after it, they are old news.
CREATE TABLE IF NOT EXISTS warning_superseded (sender TEXT NOT NULL, identifier TEXT NOT NULL, warning TEXT,
  PRIMARY KEY (sender, identifier)) WITHOUT ROWID;
`;

type Name = { readonly sender: string; readonly identifier: string };

export type WarningTable = {
  readonly get: (id: string) => Warning | undefined;
  /** `dueAtMs`: when something of it ends or is cleared away; null when nothing will. */
  readonly put: (warning: Warning, dueAtMs: EpochMs | null) => void;
  readonly nextDueMs: () => EpochMs | null;
  readonly due: (nowMs: EpochMs, limit: number) => readonly Warning[];
  readonly message: (name: Name) => { readonly warning: string | null } | undefined;
  readonly putMessage: (
    message: Name & { readonly sent: string; readonly type: string },
    warning: string | null,
  ) => void;
  readonly superseded: (name: Name) => boolean;
  readonly supersede: (name: Name, warning: string | null) => void;
};

const bodyOf = (row: unknown): Warning | undefined =>
  row === undefined ? undefined : (JSON.parse((row as { body: string }).body) as Warning);

export function openWarningTable(db: DatabaseSync): WarningTable {
  const get = db.prepare('SELECT body FROM warnings WHERE id = ?');
  const put = db.prepare(
    'INSERT OR REPLACE INTO warnings (id, state, issued_at, due_at, grids, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const next = db.prepare('SELECT min(due_at) AS due FROM warnings WHERE due_at IS NOT NULL');
  const due = db.prepare('SELECT body FROM warnings WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?');
  const message = db.prepare('SELECT warning FROM warning_messages WHERE sender = ? AND identifier = ?');
  const putMessage = db.prepare(
    'INSERT INTO warning_messages (sender, identifier, sent, type, warning) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const superseded = db.prepare('SELECT 1 FROM warning_superseded WHERE sender = ? AND identifier = ?');
  const supersede = db.prepare(
    'INSERT INTO warning_superseded (sender, identifier, warning) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  return {
    get: (id) => bodyOf(get.get(id)),
    put: (warning, dueAtMs) => {
      const grids = JSON.stringify(warning.areas.map(({ gridCode }) => gridCode));
      put.run(warning.id, warning.state, warning.issuedAtMs, dueAtMs, grids, JSON.stringify(warning));
    },
    nextDueMs: () => (next.get() as { due: number | null }).due,
    due: (nowMs, limit) => (due.all(nowMs, limit) as { body: string }[]).flatMap((row) => bodyOf(row) ?? []),
    message: ({ sender, identifier }) => message.get(sender, identifier) as { warning: string | null } | undefined,
    putMessage: ({ sender, identifier, sent, type }, warning) => {
      putMessage.run(sender, identifier, sent, type, warning);
    },
    superseded: ({ sender, identifier }) => superseded.get(sender, identifier) !== undefined,
    supersede: ({ sender, identifier }, warning) => {
      supersede.run(sender, identifier, warning);
    },
  };
}
