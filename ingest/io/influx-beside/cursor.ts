/** How far the alerts' ledger has been written to InfluxDB; a file of its own, so that it never waits for the readings'. */
import { join } from 'node:path';
import { openWritable } from '#model/io/sqlite.ts';

export type LedgerCursor = {
  readonly get: () => number;
  readonly set: (seq: number) => void;
  readonly close: () => void;
};

export const ledgerCursorPath = (dataDir: string): string => join(dataDir, 'history', 'influx-alerts.sqlite');

export function openLedgerCursor(dataDir: string): LedgerCursor {
  const db = openWritable(
    ledgerCursorPath(dataDir),
    'CREATE TABLE IF NOT EXISTS cursor (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL) STRICT',
  );
  const read = db.prepare('SELECT seq FROM cursor');
  const write = db.prepare('INSERT INTO cursor VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq');
  return {
    get: () => (read.get() as { seq: number } | undefined)?.seq ?? 0,
    set: (seq) => {
      write.run(seq);
    },
    close: () => db.close(),
  };
}
