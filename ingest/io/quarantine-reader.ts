/** Shows what waits in quarantine, from any process. */
import type { DatabaseSync } from 'node:sqlite';
import { openReadable } from '#model/io/sqlite.ts';
import {
  QUARANTINE_REASONS,
  type QuarantineEntry,
  type QuarantineReader,
  type QuarantineReason,
} from '../quarantine.ts';
import { journalPath } from './journal-schema.ts';

const COLUMNS = 'id, received_ms, edge_id, township, epoch, seq, reason, detail, readings, body';
type Stored = {
  readonly id: number;
  readonly received_ms: number;
  readonly edge_id: string;
  readonly township: string;
  readonly epoch: string;
  readonly seq: number;
  readonly reason: number;
  readonly detail: string;
  readonly readings: number;
  readonly body: string;
};

const reasonOf = (code: number): QuarantineReason => QUARANTINE_REASONS[code] ?? 'shape';
const toEntry = (row: Stored): QuarantineEntry => ({
  id: row.id,
  receivedAtMs: row.received_ms,
  edgeId: row.edge_id,
  township: row.township,
  epoch: row.epoch,
  seq: row.seq,
  reason: reasonOf(row.reason),
  detail: row.detail,
  readings: row.readings,
  body: row.body,
});

/** Also what ingest itself walks through when the registry changes: by reason, oldest first. */
export type QuarantineWalk = QuarantineReader & {
  readonly ofReasons: (
    reasons: readonly QuarantineReason[],
    afterId: number,
    limit: number,
  ) => readonly QuarantineEntry[];
};

export function openQuarantineReader(dataDir: string): QuarantineWalk {
  let db: DatabaseSync | undefined;
  const query = (sql: string, ...values: (number | string)[]): unknown[] => {
    db ??= openReadable(journalPath(dataDir));
    if (db === undefined) return [];
    try {
      return db.prepare(sql).all(...values);
    } catch {
      db.close(); // The tables are not there yet.
      db = undefined;
      return [];
    }
  };
  return {
    list: (limit, cursor) => {
      const before = cursor === null ? Number.MAX_SAFE_INTEGER : Number(cursor);
      const sql = `SELECT ${COLUMNS} FROM quarantine WHERE id < ? ORDER BY id DESC LIMIT ?`;
      const items = (query(sql, Number.isSafeInteger(before) ? before : 0, limit + 1) as Stored[]).map(toEntry);
      const shown = items.slice(0, limit);
      return { items: shown, next: items.length > limit ? String(shown.at(-1)?.id ?? 0) : null };
    },
    counts: (edgeId) => {
      const where = edgeId === undefined ? '' : 'WHERE edge_id = ?';
      const rows = query(
        `SELECT reason, count(*) AS n FROM quarantine ${where} GROUP BY reason`,
        ...(edgeId === undefined ? [] : [edgeId]),
      ) as { reason: number; n: number }[];
      return new Map(rows.map((row) => [reasonOf(row.reason), row.n]));
    },
    ofReasons: (reasons, afterId, limit) => {
      const codes = reasons.map((reason) => QUARANTINE_REASONS.indexOf(reason));
      const marks = codes.map(() => '?').join(', ');
      const sql = `SELECT ${COLUMNS} FROM quarantine WHERE reason IN (${marks}) AND id > ? ORDER BY id LIMIT ?`;
      return (query(sql, ...codes, afterId, limit) as Stored[]).map(toEntry);
    },
    close: () => {
      db?.close();
      db = undefined;
    },
  };
}
