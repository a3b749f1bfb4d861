/** Reads the journal from any process: its own connection, only what is committed, also before the file is there. */
import { statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openReadable } from '#model/io/sqlite.ts';
import { watchWake } from '#model/io/wake.ts';
import type { JournalReader, JournalRow } from '#model/journal.ts';
import { PARTITIONS } from '#model/partition.ts';
import type { Origin } from '#model/reading.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { journalPath, ROW_KINDS, wakePathOf } from './journal-schema.ts';

type Stored = {
  readonly pos: number;
  readonly kind: number;
  readonly received_ms: number;
  readonly edge_id: string;
  readonly epoch: string;
  readonly seq: number;
  readonly origin: string;
  readonly body: string;
};

/** Sixteen steps down the index in one statement. */
const NEWEST = `WITH p (n) AS (VALUES ${Array.from({ length: PARTITIONS }, (_, n) => `(${n})`).join(', ')})
SELECT n AS partition, (SELECT max(pos) FROM rows WHERE partition = n) AS pos FROM p`;

function toRow(partition: number, row: Stored): JournalRow {
  const place = { partition, pos: row.pos, receivedAtMs: row.received_ms };
  const kind = ROW_KINDS[row.kind] ?? 'batch';
  switch (kind) {
    case 'batch':
      return {
        partition,
        pos: row.pos,
        receivedAtMs: row.received_ms,
        kind,
        edgeId: row.edge_id,
        epoch: row.epoch,
        seq: row.seq,
        origin: row.origin as Origin,
        body: row.body,
      };
    case 'tick':
      return { ...place, kind, ...(JSON.parse(row.body) as { atMs: number; centreUpSinceMs: number }) };
    case 'rules':
      return { ...place, kind, ruleSet: JSON.parse(row.body) as CompiledRuleSet };
    case 'edge':
      return { ...place, kind, edgeId: row.edge_id, state: row.body === 'online' ? 'online' : 'lost' };
    default:
      return kind satisfies never;
  }
}

const LOOK_EVERY_MS = 1_000;

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

export function openJournalReader(dataDir: string): JournalReader {
  const path = journalPath(dataDir);
  let db: DatabaseSync | undefined;
  let select: StatementSync | undefined;
  let newest: StatementSync | undefined;
  let opening: StatementSync | undefined;
  let inode = 0;
  let lookedAtMs = 0;
  /** Whoever put another file in its place: the old one would never bring a row again. */
  const closeReplaced = (): void => {
    const nowMs = performance.now();
    if (nowMs - lookedAtMs < LOOK_EVERY_MS) return;
    lookedAtMs = nowMs;
    const now = inodeOf(path);
    if (now === undefined || now === inode) return;
    db?.close();
    db = undefined;
  };
  const ready = (): boolean => {
    if (db !== undefined) closeReplaced();
    if (db !== undefined) return true;
    inode = inodeOf(path) ?? 0;
    db = openReadable(path);
    try {
      select = db?.prepare(
        'SELECT pos, kind, received_ms, edge_id, epoch, seq, origin, body FROM rows WHERE partition = ? AND pos > ? ORDER BY pos LIMIT ?',
      );
      newest = db?.prepare(NEWEST);
    } catch {
      db?.close(); // The tables are not there yet.
      db = undefined;
    }
    opening = undefined;
    return db !== undefined;
  };
  return {
    heads: () => {
      const heads = new Map<number, number>();
      if (!ready()) return heads;
      for (const row of (newest?.all() ?? []) as { partition: number; pos: number | null }[])
        if (row.pos !== null) heads.set(row.partition, row.pos);
      return heads;
    },
    read: (partition, afterPos, limit) =>
      ready() ? ((select?.all(partition, afterPos, limit) ?? []) as Stored[]).map((row) => toRow(partition, row)) : [],
    wasRolledBack: (pos) => {
      if (!ready()) return false;
      try {
        opening ??= db?.prepare('SELECT to_pos FROM openings WHERE from_pos <= ? ORDER BY from_pos DESC LIMIT 1');
      } catch {
        return false; // A journal that was last written before this table was known.
      }
      const last = opening?.get(pos) as { to_pos: number } | undefined;
      return last !== undefined && pos < last.to_pos;
    },
    onWake: (run) => watchWake(wakePathOf(path), run),
    close: () => {
      db?.close();
      db = undefined;
    },
  };
}
