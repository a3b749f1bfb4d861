/** Chunks and rows of the journal as pieces of one series with the clock that dates them; points made of several pieces. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { HistoryPoint } from '#model/history.ts';
import type { Flag } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';
import { type Columns, emptyColumns, pointAt } from '../chunk.ts';
import type { TailPiece } from '../journal-tail.ts';
import { openSoundly } from './history-damage.ts';
import type { Dating, HistoryFile } from './history-file.ts';

export type StoredChunk = {
  readonly from_ms: number;
  readonly data: Uint8Array;
  readonly boot: string | null;
  readonly mono_shift: number | null;
};
export type Piece = Dating & { readonly columns: Columns };

const UNSURE: readonly Flag[] = ['clock-unsure'];
const SURE: readonly Flag[] = [];

/** Of a chunk that a disk has spoilt nothing is left: a gap. */
export const pieceOfChunk = (file: HistoryFile, { data, from_ms, boot, mono_shift }: StoredChunk): Piece => ({
  columns: openSoundly({ data, from_ms }) ?? emptyColumns(),
  ...file.datingOf(boot, mono_shift),
});
export const pieceOfTail = (file: HistoryFile, { columns, waiting }: TailPiece): Piece => ({
  columns,
  ...file.datingOf(waiting?.boot ?? null, waiting?.monoShiftMs ?? null),
});

/** Points of all pieces within from ≤ instant < to, ascending; equal instants in the order of the pieces. */
export function collectPoints(pieces: readonly Piece[], fromMs: EpochMs, toMs: EpochMs): HistoryPoint[] {
  const points: HistoryPoint[] = [];
  let isSorted = true;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { columns, shiftMs, isUnsure } of pieces) {
    for (let at = 0; at < columns.times.length; at++) {
      const atMs = (columns.times[at] ?? 0) + shiftMs;
      if (atMs < fromMs || atMs >= toMs) continue;
      if (atMs < lastMs) isSorted = false;
      lastMs = atMs;
      points.push(pointAt(columns, at, shiftMs, isUnsure ? UNSURE : SURE));
    }
  }
  return isSorted ? points : points.sort((a, b) => a.atMs - b.atMs);
}

const statements = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/** Prepared once a connection: a question about all series runs the same statement a hundred thousand times. */
export function selectAll<Row>(db: DatabaseSync, sql: string, ...values: readonly SQLInputValue[]): Row[] {
  return statementOf(db, sql).all(...values) as Row[];
}

export function statementOf(db: DatabaseSync, sql: string): StatementSync {
  let known = statements.get(db);
  if (known === undefined) {
    known = new Map();
    statements.set(db, known);
  }
  let statement = known.get(sql);
  if (statement === undefined) {
    statement = db.prepare(sql);
    known.set(sql, statement);
  }
  return statement;
}
