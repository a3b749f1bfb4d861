/** What commits with a cycle beside its batch: notes that protocols keep of the wire, and how far the rules engine came. */
import type { DatabaseSync } from 'node:sqlite';
import type { SensorId } from '../../model/reading.ts';
import type { EpochMs } from '../../model/time.ts';
import type { CounterBase } from '../acquire/counter.ts';
import type { Statements } from './outbox-schema.ts';

/** Of notes with the same prefix (the key up to its last `/`) the newest are kept. */
export const NOTES_PER_PREFIX = 512;
const MAX_NOTE_CHARS = 4_096;

export type Note = { readonly key: string; readonly value: string };

/** How far an engine has judged the batches of this outbox when a cycle commits. */
export type EngineMark = {
  /** The last batch whose rows it has judged; `cycle` means the batches of this very commit as well. */
  readonly judgedSeq: number | 'cycle';
  /** Its state after exactly these rows: what came before is not needed to build it again. */
  readonly snapshot?: Uint8Array;
};

export type EngineState = {
  readonly judgedSeq: number;
  /** 0 and undefined before the first snapshot. */
  readonly snapshotSeq: number;
  readonly snapshot: Uint8Array | undefined;
};

const prefixOf = (key: string): string => key.slice(0, Math.max(0, key.lastIndexOf('/')));

export function writeNotes(sql: Statements, notes: readonly Note[]): void {
  for (const { key, value } of notes) {
    if (key.length + value.length > MAX_NOTE_CHARS) throw new Error(`a note is at most ${MAX_NOTE_CHARS} characters`);
    sql.setNote.run(prefixOf(key), key, value);
  }
  for (const prefix of new Set(notes.map(({ key }) => prefixOf(key))))
    sql.trimNotes.run(prefix, prefix, NOTES_PER_PREFIX);
}

export const readNote = (sql: Statements, key: string): string | undefined =>
  (sql.note.get(key) as { value: string } | undefined)?.value;

/** `null` says that no engine is in use any more: nothing waits for it. */
export function writeEngine(sql: Statements, mark: EngineMark | null, lastSeq: number): void {
  if (mark === null) {
    sql.dropEngine.run();
    return;
  }
  const judgedSeq = mark.judgedSeq === 'cycle' ? lastSeq : mark.judgedSeq;
  if (judgedSeq > lastSeq) throw new Error(`batch ${judgedSeq} cannot have been judged: the newest is ${lastSeq}`);
  sql.setJudged.run(judgedSeq);
  if (mark.snapshot !== undefined) sql.setSnapshot.run(judgedSeq, mark.snapshot);
}

export function readEngine(sql: Statements): EngineState | undefined {
  const row = sql.engine.get() as { judgedSeq: number; snapshotSeq: number; snapshot: Uint8Array | null } | undefined;
  return row === undefined ? undefined : { ...row, snapshot: row.snapshot ?? undefined };
}

/** What is carried over from a file that is set aside, as far as it can still be read. */
export type Salvage = {
  readonly bases: readonly {
    readonly sensorId: string;
    readonly raw: number;
    readonly atMs: number;
    /** Not there in a file of an earlier version. */
    readonly ofWhat?: string | null;
  }[];
  readonly notes: readonly Note[];
  readonly snapshot: Uint8Array | undefined;
};

/** The engine's windows outlive the file: its snapshot stands before every batch of the new one. */
export function writeSalvage(sql: Statements, { bases, notes, snapshot }: Salvage): void {
  for (const { sensorId, raw, atMs, ofWhat } of bases) sql.base.run(sensorId, raw, atMs, ofWhat ?? null);
  writeNotes(sql, notes);
  if (snapshot === undefined) return;
  sql.setJudged.run(0);
  sql.setSnapshot.run(0, snapshot);
}

export function readBases(db: DatabaseSync): ReadonlyMap<SensorId, CounterBase> {
  const rows = db.prepare('SELECT sensorId, raw, atMs, ofWhat FROM base').all() as unknown as Salvage['bases'];
  return new Map(
    rows.map(({ sensorId, raw, atMs, ofWhat }) => [
      sensorId,
      { raw, atMs, ...(ofWhat === null || ofWhat === undefined ? {} : { of: ofWhat }) },
    ]),
  );
}

export function readSilentUnits(db: DatabaseSync, busId: string): readonly number[] {
  const rows = db.prepare('SELECT unitId FROM unit WHERE busId = ? AND silent = 1').all(busId);
  return (rows as { unitId: number }[]).map(({ unitId }) => unitId);
}

export const readLastCycleMs = (db: DatabaseSync, busId: string): EpochMs | undefined =>
  (db.prepare('SELECT atMs FROM cycle WHERE busId = ?').get(busId) as { atMs: number } | undefined)?.atMs;

/** Of the newest batches, since a clock may have been set back in between. */
export function readNewestBatchMs(db: DatabaseSync): EpochMs | undefined {
  const row = db
    .prepare('SELECT max(writtenAtMs) AS atMs FROM (SELECT writtenAtMs FROM batch ORDER BY seq DESC LIMIT 100)')
    .get() as { atMs: number | null } | undefined;
  return row?.atMs ?? undefined;
}

/** A batch as it was written. */
export type StoredBatch = { readonly seq: number; readonly body: string };
/** `ord` is where it stands in time: an aggregate stands where the first batch stood that it replaces. */
export type WaitingBatch = { readonly seq: number; readonly ord: number; readonly sent: number };

/** The first raw batch behind `seq`, acked or not. */
export const readRowAfter = (sql: Statements, seq: number): StoredBatch | undefined =>
  sql.after.get(seq) as StoredBatch | undefined;

/** One at a time, whatever is committed in between. */
export function* rowsBehind(
  seq: number,
  next: (seq: number) => StoredBatch | undefined,
): Generator<StoredBatch, undefined> {
  for (let row = next(seq); row !== undefined; row = next(row.seq)) yield row;
}

export const readOldestMs = (sql: Statements): EpochMs | undefined =>
  (sql.oldest.get() as { writtenAtMs: number } | undefined)?.writtenAtMs;
