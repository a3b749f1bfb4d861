/** The CAP part's tables: numbers that were given, messages that were made, and what stands of each alert and channel. */
import type { DatabaseSync } from 'node:sqlite';
import type { EpochMs } from '#model/time.ts';
import { formatIdentifier, type LastNumber, nextNumber } from '../../cap/identifier.ts';
import type { CapReference } from '../../cap/message.ts';

export const CAP_SCHEMA = `
-- The newest number of each unit: the next one is never guessed.
CREATE TABLE IF NOT EXISTS cap_numbers (unit TEXT PRIMARY KEY, second INTEGER NOT NULL, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cap_messages (n INTEGER PRIMARY KEY, identifier TEXT NOT NULL UNIQUE, channel TEXT NOT NULL,
  alert_id TEXT NOT NULL, sender TEXT NOT NULL, sent TEXT NOT NULL, sent_at INTEGER NOT NULL, type TEXT NOT NULL,
  headline TEXT NOT NULL, level TEXT NOT NULL, expires_at INTEGER NOT NULL, xml TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS cap_messages_alert ON cap_messages (alert_id, channel, n);
CREATE INDEX IF NOT EXISTS cap_messages_channel ON cap_messages (channel, n);
-- What stands: said to a channel and not cancelled. renew_at is null where the message's end is a decree.
CREATE TABLE IF NOT EXISTS cap_standing (alert_id TEXT NOT NULL, channel TEXT NOT NULL, expires_at INTEGER NOT NULL,
  renew_at INTEGER, PRIMARY KEY (alert_id, channel)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cap_standing_due ON cap_standing (renew_at) WHERE renew_at IS NOT NULL;
`;

export type Standing = { readonly alertId: string; readonly channel: string; readonly expiresMs: EpochMs };
export type MadeMessage = {
  readonly identifier: string;
  readonly channel: string;
  readonly alertId: string;
  readonly sender: string;
  readonly sent: string;
  readonly sentMs: EpochMs;
  readonly type: string;
  readonly headline: string;
  readonly level: string;
  readonly expiresMs: EpochMs;
  readonly xml: string;
};

export type CapTable = {
  readonly number: (unit: string, nowMs: EpochMs, zone: string) => string;
  readonly referencesOf: (alertId: string, channel: string) => readonly CapReference[];
  readonly keep: (message: MadeMessage) => void;
  readonly standing: (alertId: string) => readonly Standing[];
  readonly stand: (standing: Standing, renewAtMs: EpochMs | null) => void;
  readonly fall: (alertId: string, channel: string) => void;
  readonly nextRenewMs: () => EpochMs | null;
  readonly due: (nowMs: EpochMs, limit: number) => readonly Standing[];
};

const STANDING = 'SELECT alert_id AS alertId, channel, expires_at AS expiresMs FROM cap_standing';

export function openCapTable(db: DatabaseSync): CapTable {
  const lastNumber = db.prepare('SELECT second, n FROM cap_numbers WHERE unit = ?');
  const putNumber = db.prepare('INSERT OR REPLACE INTO cap_numbers (unit, second, n) VALUES (?, ?, ?)');
  const references = db.prepare(
    'SELECT sender, identifier, sent FROM cap_messages WHERE alert_id = ? AND channel = ? ORDER BY n',
  );
  const keep =
    db.prepare(`INSERT INTO cap_messages (identifier, channel, alert_id, sender, sent, sent_at, type, headline,
level, expires_at, xml) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const standing = db.prepare(`${STANDING} WHERE alert_id = ?`);
  const stand = db.prepare(
    'INSERT OR REPLACE INTO cap_standing (alert_id, channel, expires_at, renew_at) VALUES (?, ?, ?, ?)',
  );
  const fall = db.prepare('DELETE FROM cap_standing WHERE alert_id = ? AND channel = ?');
  const next = db.prepare('SELECT min(renew_at) AS due FROM cap_standing WHERE renew_at IS NOT NULL');
  const due = db.prepare(`${STANDING} WHERE renew_at IS NOT NULL AND renew_at <= ? ORDER BY renew_at LIMIT ?`);
  return {
    number: (unit, nowMs, zone) => {
      const given = nextNumber(lastNumber.get(unit) as LastNumber | undefined, nowMs);
      putNumber.run(unit, given.second, given.n);
      return formatIdentifier(unit, given, zone);
    },
    referencesOf: (alertId, channel) =>
      (references.all(alertId, channel) as CapReference[]).map(({ sender, identifier, sent }) => ({
        sender,
        identifier,
        sent,
      })),
    keep: (m) => {
      keep.run(
        m.identifier,
        m.channel,
        m.alertId,
        m.sender,
        m.sent,
        m.sentMs,
        m.type,
        m.headline,
        m.level,
        m.expiresMs,
        m.xml,
      );
    },
    standing: (alertId) => standing.all(alertId) as Standing[],
    stand: (one, renewAtMs) => {
      stand.run(one.alertId, one.channel, one.expiresMs, renewAtMs);
    },
    fall: (alertId, channel) => {
      fall.run(alertId, channel);
    },
    nextRenewMs: () => (next.get() as { due: number | null }).due,
    due: (nowMs, limit) => due.all(nowMs, limit) as Standing[],
  };
}
