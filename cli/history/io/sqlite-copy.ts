/**
 * Copies one moment of a database while its writer goes on. A read transaction is held for as long as it takes: without
 * one SQLite begins anew whenever another process commits, and a busy journal's copy would never end.
 */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';

const PAGES_AT_ONCE = 2_000;

/** Throws what SQLite or the disk says. Returns a digest of the tables. */
export async function copyDatabase(
  from: string,
  to: string,
  onProgress: (pages: number, of: number) => void,
): Promise<string> {
  rmSync(to, { force: true });
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    source.exec('PRAGMA busy_timeout=10000');
    source.exec('BEGIN');
    source.prepare('SELECT count(*) AS n FROM sqlite_schema').get();
    await backup(source, to, {
      rate: PAGES_AT_ONCE,
      progress: ({ totalPages, remainingPages }) => onProgress(totalPages - remainingPages, totalPages),
    });
    source.exec('COMMIT');
  } finally {
    source.close();
  }
  return examine(to);
}

/** The copy must be whole, and a file without companions: no `-wal` that somebody could forget to carry along. */
function examine(path: string): string {
  const db = new DatabaseSync(path);
  try {
    db.exec('PRAGMA journal_mode=DELETE');
    const found = db.prepare('PRAGMA quick_check(1)').get() as { readonly quick_check: string };
    if (found.quick_check !== 'ok') throw new Error(`${path} is damaged: ${found.quick_check}`);
    const tables = db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all();
    return createHash('sha256').update(JSON.stringify(tables)).digest('hex').slice(0, 16);
  } finally {
    db.close();
  }
}
