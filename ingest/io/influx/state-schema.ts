/** The tables of `<data>/history/influx.sqlite`: how far the journal stands in InfluxDB, and what could not go there. */

export const influxStatePath = (dataDir: string): string => `${dataDir}/history/influx.sqlite`;

/**
 * `newest` is the newest instant of every series, `home` the partition that it came by. `waiting` are readings whose
 * boot's clock is not known; `written` ones stand in the database by receive time until it is, a bounded number of them. `aside` holds a bounded
 * number of refused lines a reason, `aside_counts` how many there were. `refilled` are days that were compared.
 */
export const INFLUX_STATE_SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursors (partition INTEGER PRIMARY KEY, pos INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS taken (stream TEXT PRIMARY KEY, ranges TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS newest (series TEXT PRIMARY KEY, home INTEGER NOT NULL, ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clocks (boot TEXT PRIMARY KEY, utc_at_mono_zero_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS places (
  sensor TEXT PRIMARY KEY, quantity TEXT NOT NULL, tags TEXT NOT NULL, origin TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting (
  id INTEGER PRIMARY KEY,
  boot TEXT NOT NULL,
  sensor TEXT NOT NULL,
  origin TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  mono_shift INTEGER NOT NULL,
  value INTEGER,
  raw INTEGER,
  bits INTEGER NOT NULL,
  code INTEGER NOT NULL,
  sub_ms INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  written INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS waiting_by_boot ON waiting (boot);
CREATE INDEX IF NOT EXISTS waiting_unwritten ON waiting (received_ms) WHERE written = 0;
CREATE TABLE IF NOT EXISTS aside (
  id INTEGER PRIMARY KEY, set_aside_ms INTEGER NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL, line TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS aside_counts (reason TEXT PRIMARY KEY, n INTEGER NOT NULL, kept INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refilled (day_ms INTEGER PRIMARY KEY, tallies TEXT NOT NULL);
`;
