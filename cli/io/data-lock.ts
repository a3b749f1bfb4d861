/**
 * One `up` a data folder: two would fight for the same files. The lock is the kernel's, held through SQLite, so that it
 * ends with its process however that ends; a process number in a file may be another program's after a power cut.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { err, ok, type Result } from '#model/result.ts';

const SQLITE_BUSY = 5;

function holderOf(noteFile: string): string {
  try {
    return ` (process ${readFileSync(noteFile, 'utf8').trim()})`;
  } catch {
    return '';
  }
}

/** The release, or a sentence that says what to do. */
export function lockDataFolder(dataDir: string): Result<() => void, string> {
  const runDir = join(dataDir, 'run');
  const noteFile = join(runDir, 'up.pid');
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(runDir, { recursive: true, mode: 0o700 });
    db = new DatabaseSync(join(runDir, 'up.lock.sqlite'));
    db.exec('PRAGMA busy_timeout=0');
    db.exec('BEGIN EXCLUSIVE');
    writeFileSync(noteFile, String(process.pid), { mode: 0o600 });
  } catch (cause) {
    db?.close();
    if ((cause as { readonly errcode?: number }).errcode === SQLITE_BUSY)
      return err(
        `Fengsui already runs on ${dataDir}${holderOf(noteFile)}: stop that one first, or give this one another folder with FENGSUI_DATA.`,
      );
    return err(
      `The data folder ${dataDir} cannot be written (${cause instanceof Error ? cause.message : String(cause)}): see to its owner and to free space, or choose another folder with FENGSUI_DATA.`,
    );
  }
  const held = db;
  return ok(() => {
    rmSync(noteFile, { force: true });
    held.close();
  });
}
