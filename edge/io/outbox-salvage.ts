/**
 * What can still be read of an outbox file that was set aside: bases, notes and the engine's snapshot at once, batches a
 * few with each commit. Only batches that were never sent enter the new epoch; the centre knows the others by their old
 * number, and under a new one their rain would count twice.
 */
import { DatabaseSync } from 'node:sqlite';
import { decodeBatch, encodeBatch } from '../../model/batch.ts';
import { type Salvage, writeSalvage } from './outbox-memory.ts';
import { type Statements, THINNED } from './outbox-schema.ts';

/** Numbers that one commit looks at, and batches that it takes over. */
const LOOKED_AT = 500;
const TAKEN = 20;
const KEY = 'salvage';

/** Where the search stands; on disk in the new file, so that no batch is taken over twice. */
type Search = { readonly path: string; readonly epoch: string; readonly nextSeq: number; readonly lastSeq: number };

export type SalvageStep = { readonly taken: number; readonly lostReadings: number };

const attempt = <T, E>(read: () => T, otherwise: E): T | E => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};

/** A broken file may refuse to be opened at all. */
const openBroken = (path: string): DatabaseSync | undefined =>
  attempt(() => new DatabaseSync(path, { readOnly: true }), undefined);

function readSalvage(db: DatabaseSync): Salvage {
  const all = <T>(query: string): readonly T[] => attempt(() => db.prepare(query).all() as T[], []);
  return {
    bases: all('SELECT * FROM base'),
    notes: all('SELECT key, value FROM note ORDER BY id'),
    snapshot: all<{ snapshot: Uint8Array | null }>('SELECT snapshot FROM engine')[0]?.snapshot ?? undefined,
  };
}

const numberFrom = (db: DatabaseSync, query: string): number | undefined =>
  attempt(() => {
    const { n } = db.prepare(query).get() as { n: number | string | null };
    return n === null ? undefined : Number(n);
  }, undefined);

/** Takes over at once what the next cycle counts on, and writes down which batches are to be looked for. */
export function beginSalvage(sql: Statements, path: string, epoch: string): void {
  const db = openBroken(path);
  if (db !== undefined) writeSalvage(sql, readSalvage(db));
  const last =
    db &&
    (numberFrom(db, "SELECT value AS n FROM meta WHERE key = 'seq'") ??
      numberFrom(db, 'SELECT max(seq) AS n FROM batch'));
  const first = db && numberFrom(db, 'SELECT min(seq) AS n FROM batch');
  attempt(() => db?.close(), undefined);
  const search: Search = { path, epoch, nextSeq: first ?? 1, lastSeq: last ?? 0 };
  sql.setMeta.run(KEY, JSON.stringify(search));
}

export const pendingSalvage = (sql: Statements): string | undefined =>
  (sql.meta.get(KEY) as { value: string } | undefined)?.value;

/** One step, part of a cycle's transaction; batches get numbers from `seq` on. */
export function salvageSome(sql: Statements, epoch: string, seq: number): SalvageStep {
  const pending = pendingSalvage(sql);
  if (pending === undefined) return { taken: 0, lostReadings: 0 };
  const search = JSON.parse(pending) as Search;
  const db = openBroken(search.path);
  if (db === undefined || search.lastSeq === 0) {
    sql.dropMeta.run(KEY);
    // Nobody knows how many there were: at least it is said that there was something.
    return { taken: 0, lostReadings: 1 };
  }
  const one = attempt(
    () => db.prepare('SELECT seq, readings, ackedAtMs, sent, body FROM batch WHERE seq = ?'),
    undefined,
  );
  const end = Math.min(search.lastSeq, search.nextSeq + LOOKED_AT - 1);
  let at = search.nextSeq;
  let taken = 0;
  let lostReadings = 0;
  for (; at <= end && taken < TAKEN; at++) {
    const found = attempt(() => one?.get(at) as Found | undefined, 'unreadable' as const);
    if (found === undefined) continue;
    if (found === 'unreadable') lostReadings++;
    else if (found.ackedAtMs === null) {
      const body = found.sent === 0 ? underNewEpoch(found, search.epoch, epoch, seq + taken) : undefined;
      if (body === undefined) lostReadings += Math.max(1, found.readings);
      else {
        const { writtenAtMs, readings, events } = body;
        sql.insert.run(seq + taken, writtenAtMs, readings, events, seq + taken, 0, THINNED, '[]', body.text);
        taken++;
      }
    }
  }
  attempt(() => db.close(), undefined);
  const isDone = one === undefined || at > search.lastSeq;
  if (isDone) sql.dropMeta.run(KEY);
  else sql.setMeta.run(KEY, JSON.stringify({ ...search, nextSeq: at } satisfies Search));
  return { taken, lostReadings };
}

type Found = {
  readonly seq: number;
  readonly readings: number;
  readonly ackedAtMs: number | null;
  readonly sent: number;
  readonly body: string;
};

/** Undefined when the bytes are not the batch that should stand there. */
function underNewEpoch(found: Found, oldEpoch: string, epoch: string, seq: number) {
  const batch = decodeBatch(found.body);
  if (!batch.ok || batch.value.epoch !== oldEpoch || batch.value.seq !== found.seq) return undefined;
  const { replaces: _, ...rest } = batch.value;
  const { writtenAtMs, readings, events } = rest;
  return { text: encodeBatch({ ...rest, epoch, seq }), writtenAtMs, readings: readings.length, events: events.length };
}
