/** One process writes a data folder: two would give the same numbers to different batches. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const SQLITE_BUSY = 5;
/** A predecessor that is just ending gets so long. */
const WAIT_MS = 2_000;

/**
 * The lock is the kernel's, held through an empty database: it ends with the process that holds it, however that ends,
 * so that nothing stale is ever in the way. The file beside it only names the holder.
 */
export function lockFolder(dataDir: string): { readonly release: () => void } {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(join(dataDir, 'outbox.lock'));
  const holder = join(dataDir, 'outbox.pid');
  try {
    db.exec(`PRAGMA busy_timeout=${WAIT_MS}`);
    db.exec('BEGIN EXCLUSIVE');
    writeFileSync(holder, `${process.pid}\n`, { mode: 0o600 });
  } catch (cause) {
    db.close();
    if (((cause as { readonly errcode?: number }).errcode ?? 0) % 256 !== SQLITE_BUSY) throw cause;
    throw new Error(
      `the data folder ${dataDir} is in use by another edge (process ${nameHolder(holder)}): stop it, or give this edge a folder of its own`,
      { cause },
    );
  }
  return { release: () => db.close() };
}

function nameHolder(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
