/** Checks the ledger's chain from its first entry on, and that every projection rests on an event that is there. */
import { openReadable } from '#model/io/sqlite.ts';
import { err, ok, type Result } from '#model/result.ts';
import { chainHash, type EventRow, GENESIS } from './ledger.ts';
import { alertsPath } from './schema.ts';

export type LedgerHead = { readonly seq: number; readonly hash: string };
export type LedgerFault = {
  readonly kind: 'absent' | 'gap' | 'edited' | 'moved' | 'truncated';
  readonly seq: number;
  readonly message: string;
};

const fault = (kind: LedgerFault['kind'], seq: number, message: string): Result<never, LedgerFault> =>
  err({ kind, seq, message });

function checkRow(row: EventRow & { alert_id: string }, before: LedgerHead): Result<LedgerHead, LedgerFault> {
  if (row.seq !== before.seq + 1)
    return fault('gap', before.seq + 1, `entry ${before.seq + 1} is missing; the next one is ${row.seq}`);
  if (chainHash(before.hash, row.body) !== row.hash)
    return fault('edited', row.seq, `entry ${row.seq} is not what was written, or the one before it was replaced`);
  const body = JSON.parse(row.body) as { seq: number; alertId: string };
  if (body.seq !== row.seq || body.alertId !== row.alert_id)
    return fault('moved', row.seq, `entry ${row.seq} stands in another place than it was written for`);
  return ok({ seq: row.seq, hash: row.hash });
}

/**
 * Reads the whole ledger. The chain alone cannot show that its end was cut off: for that, hand in a head that was kept
 * elsewhere. A projection that is newer than the last event shows it as well.
 */
export function verifyLedger(dataDir: string, anchor?: LedgerHead): Result<LedgerHead, LedgerFault> {
  const db = openReadable(alertsPath(dataDir));
  if (db === undefined) return fault('absent', 0, 'there is no ledger yet');
  try {
    let head: LedgerHead = { seq: 0, hash: GENESIS };
    let anchored = anchor === undefined || anchor.seq === 0;
    for (const row of db.prepare('SELECT seq, alert_id, body, hash FROM events ORDER BY seq').iterate()) {
      const checked = checkRow(row as EventRow & { alert_id: string }, head);
      if (!checked.ok) return checked;
      head = checked.value;
      if (anchor !== undefined && head.seq === anchor.seq) {
        if (head.hash !== anchor.hash) return fault('edited', head.seq, `entry ${head.seq} is not the anchored one`);
        anchored = true;
      }
    }
    const newest = (db.prepare('SELECT max(version) AS v FROM alerts').get() as { v: number | null }).v ?? 0;
    if (!anchored || newest > head.seq)
      return fault('truncated', head.seq, `the ledger ends at ${head.seq}, though there were later entries`);
    return ok(head);
  } finally {
    db.close();
  }
}
