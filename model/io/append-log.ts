/** A log in a file: one stage appends its decisions, another reads them with a cursor of its own. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { inTransaction, openReadable, openWritable } from '#model/io/sqlite.ts';
import { openWakeWriter, watchWake } from '#model/io/wake.ts';
import type { LogReader, LogWriter } from '#model/journal.ts';

const SCHEMA =
  'CREATE TABLE IF NOT EXISTS log (pos INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, body TEXT NOT NULL)';
const wakePath = (path: string): string => `${path}.wake`;

/** Appends inside a transaction that the caller holds (effects and cursor of a stage commit together). */
export type LogTable<T> = {
  readonly append: (entries: readonly { readonly key: string; readonly entry: T }[]) => readonly (number | undefined)[];
  /** Call after the commit. */
  readonly wake: () => void;
  readonly close: () => void;
};

/** Puts a log's table into a writable database of the stage; `path` is that database's file. */
export function openLogTable<T>(db: DatabaseSync, path: string): LogTable<T> {
  db.exec(SCHEMA);
  const insert = db.prepare('INSERT INTO log (key, body) VALUES (?, ?) ON CONFLICT (key) DO NOTHING RETURNING pos');
  const wake = openWakeWriter(wakePath(path));
  return {
    append: (entries) =>
      entries.map(({ key, entry }) => (insert.get(key, JSON.stringify(entry)) as { pos: number } | undefined)?.pos),
    wake: wake.wake,
    close: wake.close,
  };
}

/** A log that is a file of its own. */
export function openLogWriter<T>(path: string): LogWriter<T> {
  const db = openWritable(path, SCHEMA);
  const table = openLogTable<T>(db, path);
  return {
    append: (entries) => {
      const positions = inTransaction(db, () => table.append(entries));
      table.wake();
      return positions;
    },
    close: () => {
      table.close();
      db.close();
    },
  };
}

/** Reads a log, also before its writer has made the file, and across its writer's restarts. */
export function openLogReader<T>(path: string): LogReader<T> {
  let db: DatabaseSync | undefined;
  let select: StatementSync | undefined;
  let newest: StatementSync | undefined;
  const ready = (): boolean => {
    if (db !== undefined) return true;
    db = openReadable(path);
    try {
      select = db?.prepare('SELECT pos, body FROM log WHERE pos > ? ORDER BY pos LIMIT ?');
      newest = db?.prepare('SELECT max(pos) AS pos FROM log');
    } catch {
      db?.close(); // The table is not there yet.
      db = undefined;
    }
    return db !== undefined;
  };
  return {
    read: (afterPos, limit) =>
      ready()
        ? ((select?.all(afterPos, limit) ?? []) as { pos: number; body: string }[]).map(({ pos, body }) => ({
            pos,
            entry: JSON.parse(body) as T,
          }))
        : [],
    head: () => (ready() ? ((newest?.get() as { pos: number | null } | undefined)?.pos ?? 0) : 0),
    onWake: (run) => watchWake(wakePath(path), run),
    close: () => {
      db?.close();
      db = undefined;
    },
  };
}
