/** The tables of the outbox's file and every statement on them, and what an older file lacks. */
import type { DatabaseSync } from 'node:sqlite';

/** Raw rows, rows that stand for others, and raw rows that thinning would not make smaller. */
export const RAW = 0;
export const THINNED = 1;
export const DENSE = 2;

/**
 * `ord` is where a batch stands in time: its own number, or the first one that it replaces. `sent` is 1 as soon as the
 * batch may have been handed to the network. The flags stand in no bytes of their own, so that a change writes one page.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS batch (
    seq INTEGER PRIMARY KEY, writtenAtMs INTEGER NOT NULL, readings INTEGER NOT NULL, events INTEGER NOT NULL,
    ackedAtMs INTEGER, ord INTEGER NOT NULL, sent INTEGER NOT NULL, thinned INTEGER NOT NULL, replaces TEXT,
    body TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS batch_waiting ON batch (ord) WHERE ackedAtMs IS NULL;
  CREATE INDEX IF NOT EXISTS batch_acked ON batch (ackedAtMs) WHERE ackedAtMs IS NOT NULL;
  CREATE INDEX IF NOT EXISTS batch_fresh ON batch (seq, readings) WHERE ackedAtMs IS NULL AND sent = 0 AND thinned = 0;
  CREATE INDEX IF NOT EXISTS batch_thinned ON batch (ord) WHERE thinned = ${THINNED};
  CREATE TABLE IF NOT EXISTS base (
    sensorId TEXT PRIMARY KEY, raw INTEGER NOT NULL, atMs INTEGER NOT NULL, ofWhat TEXT) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS unit (
    busId TEXT NOT NULL, unitId INTEGER NOT NULL, silent INTEGER NOT NULL, PRIMARY KEY (busId, unitId)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS cycle (busId TEXT PRIMARY KEY, atMs INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS note (
    id INTEGER PRIMARY KEY, prefix TEXT NOT NULL, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS note_prefix ON note (prefix, id);
  CREATE TABLE IF NOT EXISTS engine (
    id INTEGER PRIMARY KEY CHECK (id = 1), judgedSeq INTEGER NOT NULL, snapshotSeq INTEGER NOT NULL, snapshot BLOB);`;

/** Rows freed in one commit: a long backlog that is acked at once must not hold up the next cycle. */
const FREE_PER_COMMIT = 200;

/** A file of the first version has no marks: whatever waits in it may have been sent. */
export function createTables(db: DatabaseSync): void {
  const columns = (db.prepare('PRAGMA table_info(batch)').all() as { name: string }[]).map(({ name }) => name);
  if (columns.length > 0 && !columns.includes('sent'))
    db.exec(`BEGIN IMMEDIATE;
      DROP INDEX IF EXISTS batch_unacked;
      ALTER TABLE batch ADD COLUMN ord INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE batch ADD COLUMN sent INTEGER NOT NULL DEFAULT 1;
      ALTER TABLE batch ADD COLUMN thinned INTEGER NOT NULL DEFAULT ${RAW};
      ALTER TABLE batch ADD COLUMN replaces TEXT;
      UPDATE batch SET ord = seq;
      COMMIT`);
  const based = (db.prepare('PRAGMA table_info(base)').all() as { name: string }[]).map(({ name }) => name);
  if (based.length > 0 && !based.includes('ofWhat')) db.exec('ALTER TABLE base ADD COLUMN ofWhat TEXT');
  db.exec(SCHEMA);
}

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(db: DatabaseSync) {
  return {
    setMeta: db.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    ),
    meta: db.prepare('SELECT value FROM meta WHERE key = ?'),
    dropMeta: db.prepare('DELETE FROM meta WHERE key = ?'),
    insert: db.prepare(
      'INSERT INTO batch (seq, writtenAtMs, readings, events, ord, sent, thinned, replaces, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    base: db.prepare(
      'INSERT INTO base VALUES (?, ?, ?, ?) ON CONFLICT (sensorId) DO UPDATE SET raw = excluded.raw, atMs = excluded.atMs, ofWhat = excluded.ofWhat',
    ),
    unit: db.prepare(
      'INSERT INTO unit VALUES (?, ?, ?) ON CONFLICT (busId, unitId) DO UPDATE SET silent = excluded.silent',
    ),
    cycle: db.prepare('INSERT INTO cycle VALUES (?, ?) ON CONFLICT (busId) DO UPDATE SET atMs = excluded.atMs'),
    ack: db.prepare('UPDATE batch SET ackedAtMs = ? WHERE seq BETWEEN ? AND ? AND ackedAtMs IS NULL'),
    countUnacked: db.prepare('SELECT count(*) AS n FROM batch WHERE ackedAtMs IS NULL AND seq BETWEEN ? AND ?'),
    unack: db.prepare('UPDATE batch SET ackedAtMs = NULL WHERE seq BETWEEN ? AND ? AND ackedAtMs IS NOT NULL'),
    free: db.prepare(
      `DELETE FROM batch WHERE seq IN (SELECT seq FROM batch WHERE ackedAtMs < ? AND (seq <= ? OR thinned = ${THINNED}) ORDER BY ackedAtMs LIMIT ${FREE_PER_COMMIT})`,
    ),
    freeAcked: db.prepare(
      `DELETE FROM batch WHERE seq IN (SELECT seq FROM batch WHERE ackedAtMs IS NOT NULL AND (seq <= ? OR thinned = ${THINNED}) ORDER BY ackedAtMs LIMIT ${FREE_PER_COMMIT})`,
    ),
    fresh: db.prepare(
      'SELECT seq, readings FROM batch WHERE ackedAtMs IS NULL AND sent = 0 AND thinned = 0 AND seq <= ? ORDER BY seq LIMIT ?',
    ),
    droppable: db.prepare(
      `SELECT seq, events FROM batch WHERE ackedAtMs IS NULL AND readings > 0 AND (seq <= ? OR thinned = ${THINNED}) AND NOT (events > 0 AND sent = 1) ORDER BY ord LIMIT ?`,
    ),
    mark: db.prepare('UPDATE batch SET thinned = ? WHERE seq = ?'),
    markSent: db.prepare('UPDATE batch SET sent = 1 WHERE seq = ? AND sent = 0'),
    replacing: db.prepare(
      `SELECT seq, replaces, ackedAtMs FROM batch WHERE thinned = ${THINNED} AND ord <= ? ORDER BY ord`,
    ),
    drop: db.prepare('DELETE FROM batch WHERE seq = ?'),
    between: db.prepare('SELECT seq FROM batch WHERE seq BETWEEN ? AND ? ORDER BY seq'),
    waiting: db.prepare(
      'SELECT seq, ord, sent FROM batch WHERE ackedAtMs IS NULL AND ord >= ? AND ord < ? ORDER BY ord LIMIT ?',
    ),
    one: db.prepare('SELECT seq, ord, sent, body FROM batch WHERE seq = ? AND ackedAtMs IS NULL'),
    body: db.prepare('SELECT body FROM batch WHERE seq = ?'),
    after: db.prepare(`SELECT seq, body FROM batch WHERE seq > ? AND thinned <> ${THINNED} ORDER BY seq LIMIT 1`),
    oldest: db.prepare('SELECT writtenAtMs FROM batch WHERE ackedAtMs IS NULL ORDER BY ord LIMIT 1'),
    counts: db.prepare('SELECT count(*) AS batches, count(*) FILTER (WHERE ackedAtMs IS NULL) AS unacked FROM batch'),
    pages: db.prepare(
      'SELECT (SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count) AS used, (SELECT page_size FROM pragma_page_size) AS size',
    ),
    setNote: db.prepare('INSERT OR REPLACE INTO note (prefix, key, value) VALUES (?, ?, ?)'),
    note: db.prepare('SELECT value FROM note WHERE key = ?'),
    trimNotes: db.prepare(
      'DELETE FROM note WHERE prefix = ? AND id <= (SELECT id FROM note WHERE prefix = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
    ),
    engine: db.prepare('SELECT judgedSeq, snapshotSeq, snapshot FROM engine'),
    covered: db.prepare('SELECT snapshotSeq FROM engine'),
    setJudged: db.prepare(
      'INSERT INTO engine VALUES (1, ?, 0, NULL) ON CONFLICT (id) DO UPDATE SET judgedSeq = excluded.judgedSeq',
    ),
    setSnapshot: db.prepare('UPDATE engine SET snapshotSeq = ?, snapshot = ?'),
    dropEngine: db.prepare('DELETE FROM engine'),
  };
}
