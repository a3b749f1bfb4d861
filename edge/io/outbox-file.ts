/** The outbox's file: its name that bears the epoch, and what happens to one that SQLite cannot read. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { openWritable } from '../../model/io/sqlite.ts';
import type { Log, Metrics } from '../../model/ports.ts';
import { createTables, prepareStatements, type Statements } from './outbox-schema.ts';

/** Larger files are not read through at start: a corrupt page of theirs shows when it is touched. */
const CHECK_UP_TO_BYTES = 64_000_000;

const newEpoch = (): string => randomBytes(9).toString('base64url');
const FILE = /^outbox-([A-Za-z0-9_-]{1,64})\.sqlite$/;

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
  const db = openWritable(path, '');
  try {
    createTables(db);
    if (!isLarge) {
      const check = db.prepare('PRAGMA quick_check(1)').get() as { quick_check?: string } | undefined;
      if (check?.quick_check !== 'ok') throw corrupt(`quick_check: ${check?.quick_check ?? 'no answer'}`);
    }
    const sql = prepareStatements(db);
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
