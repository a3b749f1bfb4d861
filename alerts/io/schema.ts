/** The tables of `alerts/alerts.sqlite`. One writer; readers open it read-only. */
import { join } from 'node:path';
import { RESTORED_SCHEMA } from './restored.ts';

export const alertsPath = (dataDir: string): string => join(dataDir, 'alerts', 'alerts.sqlite');
export const alertsWakePath = (dataDir: string): string => `${alertsPath(dataDir)}.wake`;

export const SCHEMA = `
CREATE TABLE IF NOT EXISTS cursors (log TEXT PRIMARY KEY, pos INTEGER NOT NULL) WITHOUT ROWID;
-- Transitions that were taken, so that a log that was written anew repeats nothing.
CREATE TABLE IF NOT EXISTS taken (id TEXT PRIMARY KEY) WITHOUT ROWID;
-- Entries that could not be taken because of a fault of ours; kept, counted, and in nobody's way.
CREATE TABLE IF NOT EXISTS rejected (log TEXT NOT NULL, pos INTEGER NOT NULL, reason TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (log, pos)) WITHOUT ROWID;
-- The ledger. hash = SHA-256(hash before + newline + body); only ever appended to.
CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, alert_id TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS events_alert ON events (alert_id, seq);
-- The projection. 'key' is (subject, hazard, origin); grid_path holds the grid and all above it.
CREATE TABLE IF NOT EXISTS alerts (id TEXT PRIMARY KEY, key TEXT NOT NULL, open INTEGER NOT NULL, origin TEXT NOT NULL,
  rank INTEGER NOT NULL, raised_at INTEGER NOT NULL, grid_path TEXT NOT NULL, step INTEGER NOT NULL,
  asked_at INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS alerts_one_open ON alerts (key) WHERE open = 1;
CREATE INDEX IF NOT EXISTS alerts_open_id ON alerts (id) WHERE open = 1;
CREATE INDEX IF NOT EXISTS alerts_open_drill ON alerts (rank) WHERE open = 1 AND origin = 'drill';
CREATE INDEX IF NOT EXISTS alerts_key ON alerts (key, version);
CREATE INDEX IF NOT EXISTS alerts_list ON alerts (open, rank DESC, raised_at DESC, id);
CREATE TABLE IF NOT EXISTS deliveries (n INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, alert_id TEXT NOT NULL,
  round INTEGER NOT NULL, step INTEGER NOT NULL, person TEXT NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL,
  rank INTEGER NOT NULL, turn INTEGER NOT NULL DEFAULT 1, attempts INTEGER NOT NULL, repeated INTEGER NOT NULL, queued_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, detail TEXT NOT NULL);
-- What a delivery hands over; apart, so that a change of state rewrites a short row.
CREATE TABLE IF NOT EXISTS messages (n INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS deliveries_alert ON deliveries (alert_id, n);
-- What is due of one rank is the beginning of its part: a storm's waiting digests are not looked through at each claim.
-- 'turn' 0: the first message of an alert on the channel, which leaves before the second one of any other.
CREATE INDEX IF NOT EXISTS deliveries_ready ON deliveries (channel, rank DESC, turn, due_at, n) WHERE state IN ('queued', 'unknown');
CREATE INDEX IF NOT EXISTS deliveries_next ON deliveries (channel, due_at) WHERE state IN ('queued', 'unknown');
CREATE INDEX IF NOT EXISTS deliveries_pending ON deliveries (state) WHERE state IN ('queued', 'unknown', 'claimed');
CREATE TABLE IF NOT EXISTS results (command TEXT PRIMARY KEY, ok INTEGER NOT NULL, message TEXT NOT NULL) WITHOUT ROWID;
-- Retained topics that the broker holds for us.
CREATE TABLE IF NOT EXISTS topics (topic TEXT PRIMARY KEY) WITHOUT ROWID;
${RESTORED_SCHEMA}`;
