/** What the feed of CAP messages is made of: a read-only connection of its own, also before the file is there. */
import type { DatabaseSync } from 'node:sqlite';
import type { CapEntry, ExchangeReader } from '#model/exchange.ts';
import { prepareLater } from '#model/io/sqlite.ts';
import { FEED } from '../../cap/reach.ts';
import { alertsPath } from '../schema.ts';

const ENTRIES = `SELECT identifier, sender, sent_at AS sentMs, type, headline, level, alert_id AS alertId,
expires_at AS expiresMs FROM cap_messages WHERE channel = ? ORDER BY n DESC LIMIT ?`;

const prepareAll = (db: DatabaseSync) => ({
  entries: db.prepare(ENTRIES),
  xml: db.prepare('SELECT xml FROM cap_messages WHERE identifier = ? AND channel = ?'),
});

export function openExchangeReader(dataDir: string): ExchangeReader & { readonly close: () => void } {
  const { get: ready, close } = prepareLater(alertsPath(dataDir), prepareAll);
  return {
    capEntries: (limit) => (ready()?.entries.all(FEED, limit) ?? []) as CapEntry[],
    capXml: (identifier) => (ready()?.xml.get(identifier, FEED) as { readonly xml: string } | undefined)?.xml,
    close,
  };
}
