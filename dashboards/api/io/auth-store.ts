/** Who can sign in and who is signed in: `console/auth.sqlite`; of a session only a hash of its cookie is kept. */
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { inTransaction, openWritable } from '#model/io/sqlite.ts';
import type { PersonId } from '#model/registry.ts';
import { err, type Failure, ok, type Result } from '#model/result.ts';
import { hashPassword } from './password.ts';

export const SESSION_IDLE_MS = 30 * 60_000;
export const SESSION_MAX_MS = 12 * 3_600_000;
export const MIN_PASSWORD = 12;
/** `seen` is written at most this often, so that a request does not cost an fsync. */
const TOUCH_EVERY_MS = 60_000;
const MAX_SESSIONS_A_PERSON = 20;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS logins (person_id TEXT PRIMARY KEY, hash TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (hash TEXT PRIMARY KEY, person_id TEXT NOT NULL, created_ms INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_person ON sessions (person_id, created_ms);`;

const openAuth = (dataDir: string) => openWritable(join(dataDir, 'console', 'auth.sqlite'), SCHEMA);

export type Session = { readonly hash: string; readonly personId: PersonId };

export type AuthStore = {
  readonly passwordHash: (personId: PersonId) => string | null;
  /** The cookie's value, which is nowhere else. */
  readonly open: (personId: PersonId, nowMs: number) => string;
  /** The session of a cookie while it is valid; using it keeps it alive. */
  readonly use: (cookie: string, nowMs: number) => Session | null;
  /** The same for a stream that is already open, by the session's hash. */
  readonly keep: (hash: string, nowMs: number) => boolean;
  readonly end: (hash: string) => void;
  readonly close: () => void;
};

const hashOf = (cookie: string): string => createHash('sha256').update(cookie).digest('base64url');

export function openAuthStore(dataDir: string): AuthStore {
  const db = openAuth(dataDir);
  const login = db.prepare('SELECT hash FROM logins WHERE person_id = ?');
  const session = db.prepare(
    'SELECT person_id AS personId, created_ms AS createdMs, seen_ms AS seenMs FROM sessions WHERE hash = ?',
  );
  const insert = db.prepare('INSERT INTO sessions (hash, person_id, created_ms, seen_ms) VALUES (?, ?, ?, ?)');
  const touch = db.prepare('UPDATE sessions SET seen_ms = ? WHERE hash = ?');
  const remove = db.prepare('DELETE FROM sessions WHERE hash = ?');
  const expire = db.prepare('DELETE FROM sessions WHERE seen_ms < ? OR created_ms < ?');
  const trim = db.prepare(
    'DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE person_id = ? ORDER BY created_ms DESC LIMIT -1 OFFSET ?)',
  );
  const valid = (hash: string, nowMs: number): Session | null => {
    const row = session.get(hash) as { personId: string; createdMs: number; seenMs: number } | undefined;
    if (row === undefined) return null;
    if (nowMs - row.seenMs > SESSION_IDLE_MS || nowMs - row.createdMs > SESSION_MAX_MS) {
      remove.run(hash);
      return null;
    }
    if (nowMs - row.seenMs > TOUCH_EVERY_MS) touch.run(nowMs, hash);
    return { hash, personId: row.personId };
  };
  return {
    passwordHash: (personId) => (login.get(personId) as { hash: string } | undefined)?.hash ?? null,
    open: (personId, nowMs) => {
      const cookie = randomBytes(24).toString('base64url');
      inTransaction(db, () => {
        expire.run(nowMs - SESSION_IDLE_MS, nowMs - SESSION_MAX_MS);
        insert.run(hashOf(cookie), personId, nowMs, nowMs);
        trim.run(personId, MAX_SESSIONS_A_PERSON);
      });
      return cookie;
    },
    use: (cookie, nowMs) => valid(hashOf(cookie), nowMs),
    keep: (hash, nowMs) => valid(hash, nowMs) !== null,
    end: (hash) => {
      remove.run(hash);
    },
    close: () => db.close(),
  };
}

/** Lets a person sign in with this password from now on; ends whatever sessions he had. */
export async function createLogin(
  dataDir: string,
  personId: PersonId,
  password: string,
  cost?: number,
): Promise<Result<null, Failure>> {
  if ([...password].length < MIN_PASSWORD)
    return err({ kind: 'password', message: `A password needs at least ${MIN_PASSWORD} characters.`, retry: 'never' });
  const hash = await hashPassword(password, cost);
  const db = openAuth(dataDir);
  try {
    inTransaction(db, () => {
      db.prepare(
        'INSERT INTO logins (person_id, hash) VALUES (?, ?) ON CONFLICT DO UPDATE SET hash = excluded.hash',
      ).run(personId, hash);
      db.prepare('DELETE FROM sessions WHERE person_id = ?').run(personId);
    });
  } finally {
    db.close();
  }
  return ok(null);
}

/** Who can sign in already; empty at the first start. */
export function listLogins(dataDir: string): readonly PersonId[] {
  const db = openAuth(dataDir);
  try {
    return (db.prepare('SELECT person_id AS id FROM logins ORDER BY 1').all() as { id: string }[]).map((row) => row.id);
  } finally {
    db.close();
  }
}
