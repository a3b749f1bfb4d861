/** The embedded history's tables: chunks of readings by series, and how far the journal is in them. */

export const historyPath = (dataDir: string): string => `${dataDir}/history/history.sqlite`;

/**
 * A chunk with a `boot` waits for that boot's clock: its instants rest on receive times, `mono_shift` turns them into
 * monotonic ones. Chunks of a series may overlap; readers merge them. All readings of a chunk are of one origin; it is
 * null in chunks that were written before origins were kept.
 * `taken` are the batches whose readings are in chunks, by `edge/epoch`: a journal that was put back to an older copy
 * gets some of them again, in other rows.
 */
export const HISTORY_SCHEMA = `
CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, sensor_id TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS chunks (
  id INTEGER PRIMARY KEY,
  series INTEGER NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  n INTEGER NOT NULL,
  good INTEGER NOT NULL,
  min INTEGER,
  max INTEGER,
  sum INTEGER NOT NULL,
  boot TEXT,
  mono_shift INTEGER,
  data BLOB NOT NULL,
  origin TEXT
);
CREATE INDEX IF NOT EXISTS chunks_by_series ON chunks (series, to_ms);
CREATE INDEX IF NOT EXISTS chunks_by_boot ON chunks (boot) WHERE boot IS NOT NULL;
CREATE TABLE IF NOT EXISTS clocks (boot TEXT PRIMARY KEY, utc_at_mono_zero_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS taken (stream TEXT PRIMARY KEY, ranges TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursors (partition INTEGER PRIMARY KEY, pos INTEGER NOT NULL);
`;

/** Brings the tables of an older file up to this; `columns` are those that its `chunks` has. */
export const historyUpgrade = (columns: readonly string[]): string =>
  columns.includes('origin') ? '' : 'ALTER TABLE chunks ADD COLUMN origin TEXT';
