/** What the rules stage has judged so far, read from outside: how far it is, its snapshots, and the rows that it left out. */
import type { DatabaseSync } from 'node:sqlite';
import { openReadable } from '#model/io/sqlite.ts';
import type { Finding } from '#model/transition.ts';
import type { StoredSnapshot } from './store.ts';
import { rulesFile } from './transition-reader.ts';

export type Judged = {
  /** By partition, the last row that was judged and whose findings are on disk. */
  readonly cursors: ReadonlyMap<number, number>;
  readonly snapshot: (partition: number) => StoredSnapshot | undefined;
  readonly skipped: (partition: number) => ReadonlySet<number>;
  /** Everything that was decided, in order. */
  readonly findings: readonly Finding[];
};

/** One consistent look at the file; undefined when the stage never ran there. */
export function readJudged(dataDir: string): Judged | undefined {
  const db = openReadable(rulesFile(dataDir));
  if (db === undefined) return undefined;
  try {
    db.exec('BEGIN');
    return readAll(db);
  } catch {
    return undefined; // The tables are not there yet.
  } finally {
    db.close();
  }
}

function readAll(db: DatabaseSync): Judged {
  const cursors = db.prepare('SELECT partition, pos FROM cursors').all() as { partition: number; pos: number }[];
  const skipped = db.prepare('SELECT partition, pos FROM skipped').all() as { partition: number; pos: number }[];
  const log = db.prepare('SELECT body FROM log ORDER BY pos').all() as { body: string }[];
  const heads = db.prepare('SELECT partition, generation, pos FROM snapshots').all() as {
    partition: number;
    generation: number;
    pos: number;
  }[];
  const slices = db.prepare('SELECT body FROM slices WHERE partition = ? AND generation = ? ORDER BY id');
  const snapshots = new Map(
    heads.map(({ partition, generation, pos }) => {
      const parts = (slices.all(partition, generation) as { body: Uint8Array }[]).map(({ body }) => body);
      return [partition, { pos, bytes: new Uint8Array(Buffer.concat(parts)) }];
    }),
  );
  return {
    cursors: new Map(cursors.map(({ partition, pos }) => [partition, pos])),
    snapshot: (partition) => snapshots.get(partition),
    skipped: (partition) => new Set(skipped.filter((row) => row.partition === partition).map(({ pos }) => pos)),
    findings: log.map(({ body }) => JSON.parse(body) as Finding),
  };
}
