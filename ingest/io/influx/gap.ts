/** Whether the journal's retention has removed rows that the writer has not read: then the embedded history has them. */
import type { Cursors, JournalReader } from '#model/journal.ts';
import { readHistoryCursors } from '../history-file.ts';

const FIRST_ROWS = 8;

/**
 * Rows are removed from the oldest on, the newest rule set excepted, and only when the embedded history has them. So
 * where a row at or before the cursor, or the one right behind it, is still there, nothing is missing.
 */
export function mayHaveGap(dataDir: string, journal: JournalReader, cursors: Cursors): boolean {
  const history = readHistoryCursors(dataDir);
  for (const [partition, stored] of history) {
    const cursor = cursors.get(partition) ?? 0;
    if (stored <= cursor) continue;
    const first = journal.read(partition, 0, FIRST_ROWS).find(({ kind }) => kind !== 'rules');
    if (first === undefined || first.pos > cursor + 1) return true;
  }
  return false;
}
