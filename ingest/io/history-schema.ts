/** The embedded history's tables: chunks of readings by series, their summaries, and how far the journal is in them. */

export const historyPath = (dataDir: string): string => `${dataDir}/history/history.sqlite`;

/**
 * A chunk with a `boot` waits for that boot's clock: its instants rest on receive times, `mono_shift` turns them into
 * monotonic ones. Chunks of a series may overlap; readers merge them. All readings of a chunk are of one origin; it is
 * null in chunks that were written before origins were kept. `summed`: its readings are in the summaries (of ten minutes
 * and longer). `good` to `sum` are of an earlier layout and no longer filled.
 * `taken` are the batches whose readings are in chunks, by `edge/epoch`: a journal that was put back to an older copy
 * gets some of them again, in other rows.
 * `newest` is each strand's newest dated reading, with a code as chunks have it.
 * `floors`: what began before was removed for its age, of readings (`raw`) and of each length of summaries.
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
  summed INTEGER NOT NULL DEFAULT 0,
  origin TEXT,
  data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS chunks_by_series ON chunks (series, to_ms);
CREATE INDEX IF NOT EXISTS chunks_by_boot ON chunks (boot) WHERE boot IS NOT NULL;
CREATE INDEX IF NOT EXISTS chunks_waiting ON chunks (series) WHERE boot IS NOT NULL;
CREATE TABLE IF NOT EXISTS clocks (boot TEXT PRIMARY KEY, utc_at_mono_zero_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS taken (stream TEXT PRIMARY KEY, ranges TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursors (partition INTEGER PRIMARY KEY, pos INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS summaries (key INTEGER PRIMARY KEY, segments INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS floors (level TEXT PRIMARY KEY, before_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

export const NEWEST_SCHEMA = `CREATE TABLE newest (
  strand INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, value INTEGER NOT NULL, raw INTEGER NOT NULL, code INTEGER NOT NULL
)`;

/**
 * A chunk with fewer readings is small: it is merged with others, and only then added to the summaries. An index leads to
 * large ones whose summaries wait nevertheless: of an older file, or dated late.
 */
export const SMALL_READINGS = 512;
export const PENDING = `summed = 0 AND n >= ${SMALL_READINGS} AND boot IS NULL`;
export const PENDING_SCHEMA = `CREATE INDEX IF NOT EXISTS chunks_pending ON chunks (id) WHERE ${PENDING}`;

/** Brings the chunks of an older file up to this; `columns` are those that they have. */
export const historyUpgrade = (columns: readonly string[]): string =>
  [
    columns.includes('origin') ? '' : 'ALTER TABLE chunks ADD COLUMN origin TEXT;',
    columns.includes('summed') ? '' : 'ALTER TABLE chunks ADD COLUMN summed INTEGER NOT NULL DEFAULT 0;',
  ].join('');
