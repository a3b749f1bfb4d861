/** What commits with a cycle beside its batch: notes that protocols keep of the wire, and how far the rules engine came. */
import type { DatabaseSync } from 'node:sqlite';
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
  readonly bases: readonly { readonly sensorId: string; readonly raw: number; readonly atMs: number }[];
  readonly notes: readonly Note[];
  readonly snapshot: Uint8Array | undefined;
};

export function readSalvage(db: DatabaseSync): Salvage {
  const attempt = <T>(read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch {
      return otherwise;
    }
  };
  const all = <T>(query: string): readonly T[] => attempt(() => db.prepare(query).all() as T[], []);
  const engine = all<{ snapshot: Uint8Array | null }>('SELECT snapshot FROM engine');
  return {
    bases: all('SELECT sensorId, raw, atMs FROM base'),
    notes: all('SELECT key, value FROM note ORDER BY id'),
    snapshot: engine[0]?.snapshot ?? undefined,
  };
}

/** The engine's windows outlive the file: its snapshot stands before every batch of the new one. */
export function writeSalvage(sql: Statements, { bases, notes, snapshot }: Salvage): void {
  for (const { sensorId, raw, atMs } of bases) sql.base.run(sensorId, raw, atMs);
  writeNotes(sql, notes);
  if (snapshot === undefined) return;
  sql.setJudged.run(0);
  sql.setSnapshot.run(0, snapshot);
}
