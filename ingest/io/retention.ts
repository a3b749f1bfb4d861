/** Removes what nobody needs any more from the journal, in steps so small that no commit waits for one. */
import type { DatabaseSync } from 'node:sqlite';
import { KIND_BATCH, ROW_KINDS } from './journal-schema.ts';

const RULES = ROW_KINDS.indexOf('rules');

/**
 * Rows older than `beforeMs` that every cursor has passed. The newest rule set among them stays: it is in force where
 * the journal then begins.
 */
export function removeOldRows(
  db: DatabaseSync,
  step: { readonly beforeMs: number; readonly cursors: ReadonlyMap<number, number>; readonly limit: number },
): number {
  const select = db.prepare(
    'SELECT pos, kind, edge_id, epoch, seq FROM rows WHERE partition = ? AND pos <= ? AND received_ms < ? ORDER BY pos LIMIT ?',
  );
  const newestRules = db.prepare(
    'SELECT max(pos) AS pos FROM rows WHERE partition = ? AND kind = ? AND pos <= ? AND received_ms < ?',
  );
  const remove = db.prepare('DELETE FROM rows WHERE pos = ?');
  const forget = db.prepare(
    'DELETE FROM seen WHERE stream = (SELECT id FROM streams WHERE edge_id = ? AND epoch = ?) AND seq = ?',
  );
  const forgetReplaced = db.prepare(
    'DELETE FROM seen WHERE stream = (SELECT id FROM streams WHERE edge_id = ? AND epoch = ?) AND seq < ? AND digest = -?',
  );
  let removed = 0;
  for (const [partition, pos] of step.cursors) {
    const left = step.limit - removed;
    if (left <= 0) break;
    const rows = select.all(partition, pos, step.beforeMs, left) as {
      pos: number;
      kind: number;
      edge_id: string | null;
      epoch: string | null;
      seq: number | null;
    }[];
    const kept = (newestRules.get(partition, RULES, pos, step.beforeMs) as { pos: number | null }).pos;
    for (const row of rows) {
      if (row.pos === kept) continue;
      remove.run(row.pos);
      if (row.kind === KIND_BATCH) {
        forget.run(row.edge_id, row.epoch, row.seq);
        forgetReplaced.run(row.edge_id, row.epoch, row.seq, row.seq);
      }
      removed++;
    }
  }
  return removed;
}
