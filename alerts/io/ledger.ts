/** The ledger: every event in one global chain of SHA-256, so that an edit, a deletion or a swap is found. */
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { AlertEvent } from '#model/alert.ts';
import { canonicalJson } from '#model/hash.ts';
import type { EventDraft } from '../episode.ts';
import { GENESIS } from '../ledger/heads.ts';

export const chainHash = (before: string, body: string): string =>
  createHash('sha256').update(`${before}\n${body}`).digest('hex');

/** The entry as it is hashed and stored: its place in the chain is part of it. */
export const ledgerBody = (seq: number, draft: EventDraft): string => canonicalJson({ seq, ...draft });

export type EventRow = { readonly seq: number; readonly body: string; readonly hash: string };

export const eventOfRow = (row: EventRow): AlertEvent => ({
  ...(JSON.parse(row.body) as Omit<AlertEvent, 'hash'>),
  hash: row.hash,
});

/** Appends to the chain, inside the caller's transaction; returns the entry's seq. */
export type Ledger = { readonly append: (draft: EventDraft) => number };

export function openLedger(db: DatabaseSync): Ledger {
  const newest = db.prepare('SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1');
  const insert = db.prepare('INSERT INTO events (seq, alert_id, body, hash) VALUES (?, ?, ?, ?)');
  return {
    append: (draft) => {
      // Asked each time: after a rolled back step nothing in memory can be ahead of the file.
      const head = newest.get() as { seq: number; hash: string } | undefined;
      const seq = (head?.seq ?? 0) + 1;
      const body = ledgerBody(seq, draft);
      insert.run(seq, draft.alertId, body, chainHash(head?.hash ?? GENESIS, body));
      return seq;
    },
  };
}
