/**
 * The stage's one file: transitions, cursors and snapshots. Transitions and the cursors that they came from commit
 * together. A snapshot is written in slices under a new generation and counts only when its last slice names it, so
 * that no commit holds up the judging of rows for long.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type LogTable, openLogTable } from '#model/io/append-log.ts';
import { inTransaction, openWritable } from '#model/io/sqlite.ts';
import type { Finding } from '#model/transition.ts';
import { rulesFile } from './transition-reader.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS cursors (partition INTEGER PRIMARY KEY, pos INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS snapshots (partition INTEGER PRIMARY KEY, generation INTEGER NOT NULL, pos INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS slices (id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, generation INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS slices_by_generation ON slices (partition, generation);
CREATE TABLE IF NOT EXISTS skipped (partition INTEGER NOT NULL, pos INTEGER NOT NULL, cause TEXT NOT NULL, PRIMARY KEY (partition, pos));
`;

const SLICE_BYTES = 1_000_000;

export type StoredSnapshot = { readonly pos: number; readonly bytes: Uint8Array };

export type RulesStore = {
  /** One transaction; how many transitions were new. */
  readonly commit: (transitions: readonly Finding[], cursors: ReadonlyMap<number, number>) => number;
  /** Call after `commit` when something was new. */
  readonly wake: () => void;
  readonly cursors: () => ReadonlyMap<number, number>;
  readonly snapshot: (partition: number) => StoredSnapshot | undefined;
  /** Steps that write a snapshot; run each with a pause between, in order. */
  readonly snapshotSteps: (partition: number, pos: number, bytes: Uint8Array) => readonly (() => void)[];
  /** Rows that an earlier run could not judge: left out of every replay. */
  readonly skipped: (partition: number) => ReadonlySet<number>;
  readonly skip: (partition: number, pos: number, cause: string) => void;
  readonly close: () => void;
};

export function openRulesStore(dataDir: string): RulesStore {
  const path = rulesFile(dataDir);
  const db = openWritable(path, SCHEMA);
  const log: LogTable<Finding> = openLogTable<Finding>(db, path);
  const setCursor = db.prepare(
    'INSERT INTO cursors (partition, pos) VALUES (?, ?) ON CONFLICT (partition) DO UPDATE SET pos = max(pos, excluded.pos)',
  );
  return {
    commit: (transitions, cursors) =>
      inTransaction(db, () => {
        const places = log.append(transitions.map((entry) => ({ key: entry.id, entry })));
        for (const [partition, pos] of cursors) setCursor.run(partition, pos);
        return places.filter((place) => place !== undefined).length;
      }),
    wake: log.wake,
    cursors: () => readCursors(db),
    snapshot: (partition) => readSnapshot(db, partition),
    snapshotSteps: (partition, pos, bytes) => snapshotSteps(db, partition, pos, bytes),
    skipped: (partition) => {
      const rows = db.prepare('SELECT pos FROM skipped WHERE partition = ?').all(partition) as { pos: number }[];
      return new Set(rows.map(({ pos }) => pos));
    },
    skip: (partition, pos, cause) => {
      db.prepare('INSERT OR IGNORE INTO skipped (partition, pos, cause) VALUES (?, ?, ?)').run(partition, pos, cause);
    },
    close: () => {
      log.close();
      db.close();
    },
  };
}

function readCursors(db: DatabaseSync): ReadonlyMap<number, number> {
  const rows = db.prepare('SELECT partition, pos FROM cursors').all() as { partition: number; pos: number }[];
  return new Map(rows.map(({ partition, pos }) => [partition, pos]));
}

function readSnapshot(db: DatabaseSync, partition: number): StoredSnapshot | undefined {
  const current = db.prepare('SELECT generation, pos FROM snapshots WHERE partition = ?').get(partition) as
    | { generation: number; pos: number }
    | undefined;
  if (current === undefined) return undefined;
  const slices = db
    .prepare('SELECT body FROM slices WHERE partition = ? AND generation = ? ORDER BY id')
    .all(partition, current.generation) as { body: Uint8Array }[];
  const bytes = new Uint8Array(slices.reduce((sum, { body }) => sum + body.length, 0));
  let at = 0;
  for (const { body } of slices) {
    bytes.set(body, at);
    at += body.length;
  }
  return { pos: current.pos, bytes };
}

function snapshotSteps(db: DatabaseSync, partition: number, pos: number, bytes: Uint8Array): readonly (() => void)[] {
  const generation =
    ((
      db.prepare('SELECT max(generation) AS g FROM slices WHERE partition = ?').get(partition) as
        | { g: number | null }
        | undefined
    )?.g ?? 0) + 1;
  const steps: (() => void)[] = [];
  for (let from = 0; from < bytes.length; from += SLICE_BYTES) {
    const slice = bytes.subarray(from, from + SLICE_BYTES);
    steps.push(() => {
      db.prepare('INSERT INTO slices (partition, generation, body) VALUES (?, ?, ?)').run(partition, generation, slice);
    });
  }
  steps.push(() => {
    db.prepare(
      'INSERT INTO snapshots (partition, generation, pos) VALUES (?, ?, ?) ON CONFLICT (partition) DO UPDATE SET generation = excluded.generation, pos = excluded.pos',
    ).run(partition, generation, pos);
  });
  // What the old generations held, and what a crash left of one that was never finished.
  const count = Math.max(1, Math.ceil(bytes.length / SLICE_BYTES)) + 1;
  for (let step = 0; step < count; step++)
    steps.push(() => {
      db.prepare(
        'DELETE FROM slices WHERE id IN (SELECT id FROM slices WHERE partition = ? AND generation < ? LIMIT 1)',
      ).run(partition, generation);
    });
  return steps;
}
