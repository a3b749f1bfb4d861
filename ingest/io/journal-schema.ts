/** The journal's tables: rows, identities and quarantine in one file, so that they commit together. */

export const journalPath = (dataDir: string): string => `${dataDir}/journal/journal.sqlite`;
export const wakePathOf = (path: string): string => `${path}.wake`;

/** The codes of `rows.kind`; append only. */
export const ROW_KINDS = ['batch', 'tick', 'rules', 'edge'] as const;
export const KIND_BATCH = 0;

/**
 * `rows.pos` ascends over all partitions, so that the table only ever grows at its end; the index on the partition
 * holds `(partition, pos)`. `seen` keeps a digest of each batch for as long as its row is kept, `streams` the ranges for ever.
 * `openings` are the positions from `from_pos` and below `to_pos` that an opening left out: whoever has a cursor there
 * has read rows of a copy that is gone.
 */
export const JOURNAL_SCHEMA = `
CREATE TABLE IF NOT EXISTS rows (
  pos INTEGER PRIMARY KEY,
  partition INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  edge_id TEXT,
  epoch TEXT,
  seq INTEGER,
  origin TEXT,
  body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS rows_by_partition ON rows (partition);
CREATE TABLE IF NOT EXISTS streams (
  id INTEGER PRIMARY KEY,
  edge_id TEXT NOT NULL,
  epoch TEXT NOT NULL,
  ranges TEXT NOT NULL,
  UNIQUE (edge_id, epoch)
);
CREATE TABLE IF NOT EXISTS seen (
  stream INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  digest INTEGER NOT NULL,
  PRIMARY KEY (stream, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  received_ms INTEGER NOT NULL,
  edge_id TEXT NOT NULL,
  township TEXT NOT NULL,
  epoch TEXT NOT NULL,
  seq INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  detail TEXT NOT NULL,
  readings INTEGER NOT NULL,
  digest INTEGER NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (edge_id, digest, reason)
);
CREATE INDEX IF NOT EXISTS quarantine_by_reason ON quarantine (reason, id);
CREATE TABLE IF NOT EXISTS openings (from_pos INTEGER PRIMARY KEY, to_pos INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS memory (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;
