/** Writes the whole ledger as lines of JSON, entry by entry with its hash and then the signed heads, and reads it again. */
import { closeSync, createReadStream, fsyncSync, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { err, ok, type Result } from '#model/result.ts';
import type { LedgerRow } from '../ledger/check.ts';
import { headLine, parseHeads, type SignedHead } from '../ledger/heads.ts';
import { headsPath, readHeadFile } from './anchor/head-file.ts';
import { alertsPath } from './schema.ts';

const AT_ONCE = 1_000;

/** Gives how many entries and heads it wrote. Throws what the disk says. */
export function exportLedger(dataDir: string, file: string): { readonly entries: number; readonly heads: number } {
  const db = new DatabaseSync(alertsPath(dataDir), { readOnly: true });
  const fd = openSync(file, 'w', 0o600);
  try {
    db.exec('PRAGMA busy_timeout=5000');
    // Heads first: those that are read fit the entries, which only grow.
    const heads = readHeadFile(headsPath(dataDir))?.heads ?? [];
    let entries = 0;
    let lines: string[] = [];
    const flush = () => {
      writeSync(fd, lines.join(''));
      lines = [];
    };
    for (const row of db.prepare('SELECT seq, body, hash FROM events ORDER BY seq').iterate()) {
      entries++;
      lines.push(`${JSON.stringify(row)}\n`);
      if (lines.length >= AT_ONCE) flush();
    }
    for (const head of heads) lines.push(headLine(head));
    flush();
    fsyncSync(fd);
    return { entries, heads: heads.length };
  } finally {
    closeSync(fd);
    db.close();
  }
}

export type Exported = { readonly rows: readonly LedgerRow[]; readonly heads: readonly SignedHead[] };

export async function readExport(file: string): Promise<Result<Exported, string>> {
  const rows: LedgerRow[] = [];
  const heads: SignedHead[] = [];
  let n = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
      n++;
      const raw = JSON.parse(line) as { readonly seq?: unknown; readonly body?: unknown; readonly hash?: unknown };
      const { seq, body, hash } = raw;
      if (typeof seq === 'number' && typeof body === 'string' && typeof hash === 'string')
        rows.push({ seq, body, hash, alertId: null });
      else heads.push(...parseHeads(`${line}\n`).heads);
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return err(n === 0 ? message : `line ${n}: ${message}`);
  }
  return ok({ rows, heads });
}
