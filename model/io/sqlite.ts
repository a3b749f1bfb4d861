/** SQLite as every store here opens it: WAL, fsync at every commit for whoever writes, read-only for whoever reads. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * The one writer of a file. `synchronous=FULL`: in WAL mode NORMAL loses committed rows at power loss.
 * `checkpointPages` bounds the work of one automatic checkpoint.
 */
export function openWritable(path: string, schema: string, checkpointPages = 1_000): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode=WAL');
  db.exec('PRAGMA synchronous=FULL');
  db.exec(`PRAGMA wal_autocheckpoint=${checkpointPages}`);
  db.exec('PRAGMA busy_timeout=5000');
  db.exec(schema);
  return db;
}

/** A reader of somebody else's file; undefined while the writer has not made it. */
export function openReadable(path: string): DatabaseSync | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    db.exec('PRAGMA busy_timeout=2000');
    return db;
  } catch {
    return undefined;
  }
}

/** Runs `work` in one transaction; a throw rolls back and goes on to the caller. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    db.exec('COMMIT');
    return value;
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw cause;
  }
}

/** A reader's statements, prepared once the writer has made the file and its tables. */
export type PreparedLater<P> = { readonly get: () => P | undefined; readonly close: () => void };

export function prepareLater<P>(path: string, prepare: (db: DatabaseSync) => P): PreparedLater<P> {
  let db: DatabaseSync | undefined;
  let prepared: P | undefined;
  return {
    get: () => {
      if (prepared !== undefined) return prepared;
      db = openReadable(path);
      if (db === undefined) return undefined;
      try {
        prepared = prepare(db);
      } catch {
        db.close(); // The tables are not there yet.
        db = undefined;
      }
      return prepared;
    },
    close: () => {
      db?.close();
      db = undefined;
      prepared = undefined;
    },
  };
}
