/** The outbox's file: its tables, its name that bears the epoch, and what happens to one that SQLite cannot read. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { openWritable } from '../../model/io/sqlite.ts';
import type { Log, Metrics } from '../../model/ports.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS batch (
    seq INTEGER PRIMARY KEY, writtenAtMs INTEGER NOT NULL, readings INTEGER NOT NULL, events INTEGER NOT NULL,
    ackedAtMs INTEGER, body TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS batch_unacked ON batch (seq) WHERE ackedAtMs IS NULL;
  CREATE INDEX IF NOT EXISTS batch_acked ON batch (ackedAtMs) WHERE ackedAtMs IS NOT NULL;
  CREATE TABLE IF NOT EXISTS base (sensorId TEXT PRIMARY KEY, raw INTEGER NOT NULL, atMs INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS unit (
    busId TEXT NOT NULL, unitId INTEGER NOT NULL, silent INTEGER NOT NULL, PRIMARY KEY (busId, unitId)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS cycle (busId TEXT PRIMARY KEY, atMs INTEGER NOT NULL) WITHOUT ROWID;`;

/** Rows freed in one commit: a long backlog that is acked at once must not hold up the next cycle. */
const FREE_PER_COMMIT = 200;
/** Larger files are not read through at start: a corrupt page of theirs shows when it is touched. */
const CHECK_UP_TO_BYTES = 64_000_000;

const newEpoch = (): string => randomBytes(9).toString('base64url');
const FILE = /^outbox-([A-Za-z0-9_-]{1,64})\.sqlite$/;

export type Statements = ReturnType<typeof prepare>;

function prepare(db: DatabaseSync) {
  return {
    setMeta: db.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    ),
    insert: db.prepare('INSERT INTO batch (seq, writtenAtMs, readings, events, body) VALUES (?, ?, ?, ?, ?)'),
    base: db.prepare(
      'INSERT INTO base VALUES (?, ?, ?) ON CONFLICT (sensorId) DO UPDATE SET raw = excluded.raw, atMs = excluded.atMs',
    ),
    unit: db.prepare(
      'INSERT INTO unit VALUES (?, ?, ?) ON CONFLICT (busId, unitId) DO UPDATE SET silent = excluded.silent',
    ),
    cycle: db.prepare('INSERT INTO cycle VALUES (?, ?) ON CONFLICT (busId) DO UPDATE SET atMs = excluded.atMs'),
    ack: db.prepare('UPDATE batch SET ackedAtMs = ? WHERE seq BETWEEN ? AND ? AND ackedAtMs IS NULL'),
    countUnacked: db.prepare('SELECT count(*) AS n FROM batch WHERE ackedAtMs IS NULL AND seq BETWEEN ? AND ?'),
    unack: db.prepare('UPDATE batch SET ackedAtMs = NULL WHERE seq BETWEEN ? AND ? AND ackedAtMs IS NOT NULL'),
    free: db.prepare(
      `DELETE FROM batch WHERE seq IN (SELECT seq FROM batch WHERE ackedAtMs < ? ORDER BY ackedAtMs LIMIT ${FREE_PER_COMMIT})`,
    ),
    freeAcked: db.prepare(
      `DELETE FROM batch WHERE seq IN (SELECT seq FROM batch WHERE ackedAtMs IS NOT NULL ORDER BY ackedAtMs LIMIT ${FREE_PER_COMMIT})`,
    ),
    oldestReadings: db.prepare(
      'SELECT seq, readings FROM batch WHERE ackedAtMs IS NULL AND events = 0 ORDER BY seq LIMIT 50',
    ),
    drop: db.prepare('DELETE FROM batch WHERE seq = ?'),
    between: db.prepare('SELECT seq FROM batch WHERE seq BETWEEN ? AND ? ORDER BY seq'),
    one: db.prepare('SELECT seq, body FROM batch WHERE seq = ? AND ackedAtMs IS NULL'),
    unacked: db.prepare('SELECT seq FROM batch WHERE ackedAtMs IS NULL AND seq >= ? AND seq < ? ORDER BY seq LIMIT ?'),
    oldest: db.prepare('SELECT writtenAtMs FROM batch WHERE ackedAtMs IS NULL ORDER BY seq LIMIT 1'),
    counts: db.prepare('SELECT count(*) AS batches, count(*) FILTER (WHERE ackedAtMs IS NULL) AS unacked FROM batch'),
    pages: db.prepare(
      'SELECT (SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count) AS used, (SELECT page_size FROM pragma_page_size) AS size',
    ),
  };
}

export type OutboxPlace = { readonly dataDir: string; readonly log: Log; readonly metrics: Metrics };
export type OutboxFile = {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  readonly epoch: string;
  readonly path: string;
  readonly nextSeq: number;
};

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
const corrupt = (message: string): Error => Object.assign(new Error(message), { errcode: SQLITE_CORRUPT });

export function isCorruption(cause: unknown): boolean {
  const code = (cause as { readonly errcode?: number }).errcode;
  return code !== undefined && [SQLITE_CORRUPT, SQLITE_NOTADB].includes(code & 0xff);
}

/** The newest outbox in the folder, or a new one. */
export function openOutboxFile(place: OutboxPlace): OutboxFile {
  mkdirSync(place.dataDir, { recursive: true, mode: 0o700 });
  return openNewest(place) ?? createFile(place);
}

/** A new file is a new epoch, a random token. */
export function createFile(place: OutboxPlace): OutboxFile {
  const epoch = newEpoch();
  return openFile(join(place.dataDir, `outbox-${epoch}.sqlite`), epoch);
}

function openNewest(place: OutboxPlace): OutboxFile | undefined {
  const files = readdirSync(place.dataDir)
    .filter((name) => FILE.test(name))
    .map((name) => ({ name, changedMs: statSync(join(place.dataDir, name)).mtimeMs }))
    .sort((a, b) => b.changedMs - a.changedMs);
  if (files.length > 1)
    place.log.warn('more than one outbox: the newest is used, the others are left as they are', {
      files: files.map(({ name }) => name).join(' '),
    });
  place.metrics.gauge('fengsui_edge_outbox_files', Math.max(1, files.length));
  const [newest] = files;
  if (newest === undefined) return undefined;
  const path = join(place.dataDir, newest.name);
  const epoch = FILE.exec(newest.name)?.[1] ?? '';
  try {
    return openFile(path, epoch);
  } catch (cause) {
    // A file that is merely locked or unreachable is not corrupt: that is for the caller to wait out.
    if (!isCorruption(cause)) throw cause;
    setAside(place, path, String(cause));
    return undefined;
  }
}

function openFile(path: string, epoch: string): OutboxFile {
  const isLarge = existsSync(path) && statSync(path).size > CHECK_UP_TO_BYTES;
  const db = openWritable(path, SCHEMA);
  try {
    if (!isLarge) {
      const check = db.prepare('PRAGMA quick_check(1)').get() as { quick_check?: string } | undefined;
      if (check?.quick_check !== 'ok') throw corrupt(`quick_check: ${check?.quick_check ?? 'no answer'}`);
    }
    const sql = prepare(db);
    const meta = db.prepare("SELECT value FROM meta WHERE key = 'epoch'").get() as { value: string } | undefined;
    if (meta === undefined) sql.setMeta.run('epoch', epoch);
    else if (meta.value !== epoch) throw corrupt(`the file bears epoch ${meta.value}`);
    const seq = db.prepare("SELECT value FROM meta WHERE key = 'seq'").get() as { value: string } | undefined;
    const newest = db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM batch').get() as { seq: number };
    const nextSeq = Math.max(Number(seq?.value ?? 0), newest.seq) + 1;
    return { db, sql, epoch, path, nextSeq };
  } catch (cause) {
    db.close();
    throw cause;
  }
}

/** A file that SQLite cannot read is kept under another name for whoever wants to salvage it. */
export function setAside(place: OutboxPlace, path: string, reason: string): void {
  const aside = `${path}.corrupt-${randomBytes(4).toString('hex')}`;
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  place.metrics.count('fengsui_edge_outbox_corrupt_total');
  place.log.error('outbox file is corrupt: set aside, a new one begins', { aside, reason });
}
