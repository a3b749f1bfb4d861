/** The tables of call-and-confirm; all names begin with `calls`. */
export const CALLS_SCHEMA = `
-- One person, one alert, one round. 'current' = 1 as long as its alert is open and no newer round asks him.
CREATE TABLE IF NOT EXISTS calls (n INTEGER PRIMARY KEY, alert_id TEXT NOT NULL, round INTEGER NOT NULL, person TEXT NOT NULL,
  name TEXT NOT NULL, grid TEXT NOT NULL, tier INTEGER NOT NULL, post TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL,
  step INTEGER NOT NULL, for_person TEXT, tries INTEGER NOT NULL, at_most INTEGER NOT NULL, channels TEXT NOT NULL,
  asked_at INTEGER NOT NULL, sent_at INTEGER, next_due INTEGER, ended_at INTEGER, by TEXT, current INTEGER NOT NULL,
  origin TEXT NOT NULL, UNIQUE (alert_id, round, person));
CREATE INDEX IF NOT EXISTS calls_due ON calls (next_due) WHERE next_due IS NOT NULL;
CREATE INDEX IF NOT EXISTS calls_person ON calls (person, n);
CREATE INDEX IF NOT EXISTS calls_open ON calls (person) WHERE current = 1 AND state IN ('asking', 'silent', 'told');
CREATE INDEX IF NOT EXISTS calls_silent ON calls (n) WHERE current = 1 AND state = 'silent';
-- Why and how a round asks; what its tries say. 'again_at': asked anew then. 'said' = 1: that nobody was reached.
CREATE TABLE IF NOT EXISTS calls_rounds (alert_id TEXT NOT NULL, round INTEGER NOT NULL, notice TEXT NOT NULL, rule TEXT NOT NULL,
  asked_at INTEGER NOT NULL, again_at INTEGER, said INTEGER NOT NULL, PRIMARY KEY (alert_id, round)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS calls_again ON calls_rounds (again_at) WHERE again_at IS NOT NULL;
-- When the newest messages to a person left, or will leave.
CREATE TABLE IF NOT EXISTS calls_recent (person TEXT NOT NULL, origin TEXT NOT NULL, instants TEXT NOT NULL,
  PRIMARY KEY (person, origin)) WITHOUT ROWID;
-- A message that still takes more in, until it is claimed.
CREATE TABLE IF NOT EXISTS calls_digests (person TEXT NOT NULL, channel TEXT NOT NULL, origin TEXT NOT NULL,
  id TEXT NOT NULL, due_at INTEGER NOT NULL, rank INTEGER NOT NULL, PRIMARY KEY (person, channel, origin)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS calls_digests_id ON calls_digests (id);
-- What a digest covers: a try of a call, or a notice that only informs ('text').
CREATE TABLE IF NOT EXISTS calls_covers (id TEXT NOT NULL, alert_id TEXT NOT NULL, round INTEGER NOT NULL, person TEXT NOT NULL,
  text TEXT, PRIMARY KEY (id, alert_id, round)) WITHOUT ROWID;
-- The alarm that nobody answers, and the alerts for which it stands.
CREATE TABLE IF NOT EXISTS calls_unanswered (alert_id TEXT PRIMARY KEY, alarm_id TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS calls_unanswered_alarm ON calls_unanswered (alarm_id);
CREATE TABLE IF NOT EXISTS calls_marks (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
`;
