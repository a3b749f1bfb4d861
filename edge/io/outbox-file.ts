/** The outbox's file: its name that bears the epoch, what happens to one that SQLite cannot read, and the space taken. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction, openWritable } from '../../model/io/sqlite.ts';
import type { Log, Metrics } from '../../model/ports.ts';
import type { KindOf } from '../outbox/thin.ts';
import { beginSalvage } from './outbox-salvage.ts';
import { createTables, prepareStatements, type Statements } from './outbox-schema.ts';

/** Larger files are not read through at start: a corrupt page of theirs shows when it is touched. */
const CHECK_UP_TO_BYTES = 64_000_000;
const PAGE_BYTES = 4_096;
/** The write-ahead log may take this part of the bound, between 64 kB and 2 MB. */
const LOG_SHARE = 32;
const MIN_LOG_PAGES = 16;
const MAX_LOG_PAGES = 500;
/** On a disk that was full once. */
const SHORT_LOG_PAGES = 64;

const newEpoch = (): string => randomBytes(9).toString('base64url');
const FILE = /^outbox-([A-Za-z0-9_-]{1,64})\.sqlite$/;
/** Everything that the outbox ever put into its folder. */
const OURS = /^outbox[-.]/;

export type OutboxPlace = {
  readonly dataDir: string;
  readonly maxBytes: number;
  /** Size of the file in pages at most; for tests of a full disk. */
  readonly maxPages?: number;
  readonly log: Log;
  readonly metrics: Metrics;
};
export type OutboxOptions = Omit<OutboxPlace, 'maxBytes'> & {
  /** All that the outbox may take on disk: its file, the log, what is set aside. */
  readonly maxBytes?: number;
  /** What a sensor's readings mean, for thinning; of one that is not known every reading is kept until it is dropped. */
  readonly kindOf?: KindOf;
};
export type OutboxFile = {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  readonly epoch: string;
  readonly path: string;
  readonly nextSeq: number;
};

const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
const corrupt = (message: string): Error => Object.assign(new Error(message), { errcode: SQLITE_CORRUPT });
const codeOf = (cause: unknown): number => ((cause as { readonly errcode?: number }).errcode ?? 0) & 0xff;

export const isCorruption = (cause: unknown): boolean => [SQLITE_CORRUPT, SQLITE_NOTADB].includes(codeOf(cause));
export const isDiskFull = (cause: unknown): boolean => codeOf(cause) === SQLITE_FULL;

/** The newest outbox in the folder, or a new one. */
export function openOutboxFile(place: OutboxPlace): OutboxFile {
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
  if (newest === undefined) return openFile(place, newEpoch());
  const epoch = FILE.exec(newest.name)?.[1] ?? '';
  try {
    return openFile(place, epoch);
  } catch (cause) {
    // A file that is merely locked or unreachable is not corrupt: that is for the caller to wait out.
    if (!isCorruption(cause)) throw cause;
    return replaceFile(place, epoch, String(cause));
  }
}

const pathOf = ({ dataDir }: OutboxPlace, epoch: string): string => join(dataDir, `outbox-${epoch}.sqlite`);

function openFile(place: OutboxPlace, epoch: string): OutboxFile {
  const path = pathOf(place, epoch);
  const isLarge = existsSync(path) && statSync(path).size > CHECK_UP_TO_BYTES;
  const pages = Math.min(MAX_LOG_PAGES, Math.max(MIN_LOG_PAGES, Math.floor(place.maxBytes / PAGE_BYTES / LOG_SHARE)));
  const db = openWritable(path, '', pages);
  try {
    boundLog(db, pages, pages * PAGE_BYTES);
    createTables(db);
    if (place.maxPages !== undefined) db.exec(`PRAGMA max_page_count=${place.maxPages}`);
    if (!isLarge) {
      const check = db.prepare('PRAGMA quick_check(1)').get() as { quick_check?: string } | undefined;
      if (check?.quick_check !== 'ok') throw corrupt(`quick_check: ${check?.quick_check ?? 'no answer'}`);
    }
    const sql = prepareStatements(db);
    const meta = sql.meta.get('epoch') as { value: string } | undefined;
    if (meta === undefined) sql.setMeta.run('epoch', epoch);
    else if (meta.value !== epoch) throw corrupt(`the file bears epoch ${meta.value}`);
    const seq = sql.meta.get('seq') as { value: string } | undefined;
    const newest = db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM batch').get() as { seq: number };
    return { db, sql, epoch, path, nextSeq: Math.max(Number(seq?.value ?? 0), newest.seq) + 1 };
  } catch (cause) {
    db.close();
    throw cause;
  }
}

/** A file that SQLite cannot read is kept under another name, and a new one, a new epoch, takes over what it can. */
export function replaceFile(place: OutboxPlace, epoch: string, reason: string): OutboxFile {
  const path = pathOf(place, epoch);
  const aside = `${path}.corrupt-${randomBytes(4).toString('hex')}`;
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  place.metrics.count('fengsui_edge_outbox_corrupt_total');
  place.log.error('outbox file is corrupt: set aside, a new one begins', { aside, reason });
  const file = openFile(place, newEpoch());
  inTransaction(file.db, () => beginSalvage(file.sql, aside, epoch));
  return file;
}

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
};

/** What stands on disk beside the pages of the file in use: its log, and files of earlier epochs. */
export const bytesOfLog = ({ path }: OutboxFile): number => sizeOf(`${path}-wal`);
const boundLog = (db: DatabaseSync, pages: number, keptBytes: number): void =>
  db.exec(`PRAGMA wal_autocheckpoint=${pages}; PRAGMA journal_size_limit=${keptBytes}`);

/**
 * Moves the log into the file, so that it begins anew in the space that it has, which nobody else can take then; a disk
 * that is full may refuse even that.
 */
export function restartLog({ db }: OutboxFile): void {
  boundLog(db, SHORT_LOG_PAGES, -1);
  try {
    db.exec('PRAGMA wal_checkpoint(RESTART)');
  } catch {
    // The log goes on where it is.
  }
}

const asides = (file: OutboxFile): readonly string[] => {
  const folder = dirname(file.path);
  const name = basename(file.path);
  return readdirSync(folder)
    .filter((other) => OURS.test(other) && other !== name && !/^-(wal|shm)$/.test(other.slice(name.length)))
    .map((other) => join(folder, other));
};
export const bytesAside = (file: OutboxFile): number => asides(file).reduce((sum, path) => sum + sizeOf(path), 0);

/** Removes the oldest file that was set aside; false when there is none. Other epochs' sound files stay. */
export function removeOldestAside(file: OutboxFile): boolean {
  const broken = asides(file)
    .filter((path) => path.includes('.corrupt-') && !/-(wal|shm)$/.test(path))
    .map((path) => ({ path, changedMs: statSync(path).mtimeMs }))
    .sort((a, b) => a.changedMs - b.changedMs);
  const [oldest] = broken;
  if (oldest === undefined) return false;
  for (const suffix of ['', '-wal', '-shm']) rmSync(oldest.path + suffix, { force: true });
  return true;
}
