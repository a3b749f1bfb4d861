/** The quarantine's side of a commit: entries kept once, counted against each edge's limit, released exactly once. */
import type { DatabaseSync } from 'node:sqlite';
import type { QuarantineLimits } from '../journal-item.ts';
import { QUARANTINE_REASONS, type QuarantinePart } from '../quarantine.ts';

type Origin = {
  readonly edgeId: string;
  readonly township: string;
  readonly epoch: string | null;
  readonly seq: number;
  readonly digest: number;
  readonly receivedAtMs: number;
};
export type QuarantineTable = {
  readonly hasRoom: (edgeId: string, part: QuarantinePart) => boolean;
  /** Nothing happens when the same bytes are there for the same reason. */
  readonly keep: (from: Origin, part: QuarantinePart) => void;
  /** Takes an entry out, leaving `rest` in its place; undefined when somebody else did. */
  readonly release: (
    id: number,
    rest: readonly QuarantinePart[],
  ) => { readonly edgeId: string; readonly epoch: string; readonly seq: number } | undefined;
};

export function openQuarantineTable(db: DatabaseSync, limits: QuarantineLimits): QuarantineTable {
  const insert = db.prepare(
    `INSERT INTO quarantine (received_ms, edge_id, township, epoch, seq, reason, detail, readings, digest, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (edge_id, digest, reason) DO NOTHING`,
  );
  const select = db.prepare(
    'SELECT received_ms AS receivedAtMs, edge_id AS edgeId, township, epoch, seq, digest, length(body) AS size FROM quarantine WHERE id = ?',
  );
  const remove = db.prepare('DELETE FROM quarantine WHERE id = ?');
  const used = new Map<string, { rows: number; bytes: number }>();
  const sums = db.prepare('SELECT edge_id, count(*) AS n, sum(length(body)) AS size FROM quarantine GROUP BY edge_id');
  for (const row of sums.all() as { edge_id: string; n: number; size: number }[])
    used.set(row.edge_id, { rows: row.n, bytes: row.size });
  const grow = (edgeId: string, rows: number, bytes: number) => {
    const now = used.get(edgeId) ?? { rows: 0, bytes: 0 };
    used.set(edgeId, { rows: now.rows + rows, bytes: now.bytes + bytes });
  };
  const keep: QuarantineTable['keep'] = (from, part) => {
    const reason = QUARANTINE_REASONS.indexOf(part.reason);
    const { receivedAtMs, edgeId, township, epoch, seq, digest } = from;
    const { changes } = insert.run(
      ...[receivedAtMs, edgeId, township, epoch ?? '', seq, reason, part.detail, part.readings, digest, part.body],
    );
    if (Number(changes) === 1) grow(edgeId, 1, part.body.length);
  };
  return {
    hasRoom: (edgeId, part) => {
      const now = used.get(edgeId) ?? { rows: 0, bytes: 0 };
      return now.rows < limits.rowsPerEdge && now.bytes + part.body.length <= limits.bytesPerEdge;
    },
    keep,
    release: (id, rest) => {
      const entry = select.get(id) as (Origin & { readonly epoch: string; readonly size: number }) | undefined;
      if (entry === undefined) return undefined;
      remove.run(id);
      grow(entry.edgeId, -1, -entry.size);
      for (const part of rest) keep(entry, part);
      return { edgeId: entry.edgeId, epoch: entry.epoch, seq: entry.seq };
    },
  };
}
