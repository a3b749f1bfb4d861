/** The broadcast part's tables: serials that were given, and what became of each message. */
import type { DatabaseSync } from 'node:sqlite';
import type { EpochMs } from '#model/time.ts';
import { type DaySerial, formatEbdId, formatEbmId, nextDaySerial } from '../../ebd/ids.ts';
import type { BroadcastState } from '../../ebd/state.ts';

export const EBD_SCHEMA = `
CREATE TABLE IF NOT EXISTS ebd_serials (source TEXT PRIMARY KEY, packet INTEGER NOT NULL, day TEXT NOT NULL,
  n INTEGER NOT NULL) WITHOUT ROWID;
-- kind: play or cancel. state is what the platform last said, null before it said anything; due_at: when it is asked.
CREATE TABLE IF NOT EXISTS ebd_messages (ebm_id TEXT PRIMARY KEY, channel TEXT NOT NULL, alert_id TEXT NOT NULL,
  key TEXT NOT NULL, kind TEXT NOT NULL, state TEXT, over INTEGER NOT NULL, asked INTEGER NOT NULL, due_at INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ebd_messages_alert ON ebd_messages (alert_id, channel);
CREATE INDEX IF NOT EXISTS ebd_messages_due ON ebd_messages (due_at) WHERE due_at IS NOT NULL;
`;

export type EbmRow = {
  readonly ebmId: string;
  readonly channel: string;
  readonly alertId: string;
  readonly key: string;
  readonly kind: 'play' | 'cancel';
  readonly state: BroadcastState | null;
  /** It was taken back or replaced. */
  readonly over: boolean;
  readonly asked: number;
  readonly dueMs: EpochMs | null;
};

export type EbdTable = {
  readonly packetId: (source: string) => string;
  readonly messageId: (source: string, nowMs: EpochMs, zone: string) => string;
  readonly put: (row: EbmRow) => void;
  readonly get: (ebmId: string) => EbmRow | undefined;
  readonly byKey: (key: string) => EbmRow | undefined;
  /** Played or to be played, and not taken back. */
  readonly standing: (alertId: string) => readonly EbmRow[];
  readonly nextDueMs: () => EpochMs | null;
  readonly due: (nowMs: EpochMs, limit: number) => readonly EbmRow[];
};

const ROW = `SELECT ebm_id AS ebmId, channel, alert_id AS alertId, key, kind, state, over, asked, due_at AS dueMs FROM ebd_messages`;
type Raw = Omit<EbmRow, 'over'> & { readonly over: number };
const rowOf = (raw: unknown): EbmRow => ({ ...(raw as Raw), over: (raw as Raw).over === 1 });
const maybe = (raw: unknown): EbmRow | undefined => (raw === undefined ? undefined : rowOf(raw));

type Serial = DaySerial & { readonly packet: number };

export function openEbdTable(db: DatabaseSync): EbdTable {
  const serial = db.prepare('SELECT packet, day, n FROM ebd_serials WHERE source = ?');
  const putSerial = db.prepare('INSERT OR REPLACE INTO ebd_serials (source, packet, day, n) VALUES (?, ?, ?, ?)');
  const put =
    db.prepare(`INSERT OR REPLACE INTO ebd_messages (ebm_id, channel, alert_id, key, kind, state, over, asked, due_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const get = db.prepare(`${ROW} WHERE ebm_id = ?`);
  const byKey = db.prepare(`${ROW} WHERE key = ? LIMIT 1`);
  const standing = db.prepare(`${ROW} WHERE alert_id = ? AND kind = 'play' AND over = 0`);
  const next = db.prepare('SELECT min(due_at) AS due FROM ebd_messages WHERE due_at IS NOT NULL');
  const due = db.prepare(`${ROW} WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?`);
  const last = (source: string): Serial | undefined => serial.get(source) as Serial | undefined;
  return {
    packetId: (source) => {
      const before = last(source);
      const packet = (before?.packet ?? 0) + 1;
      putSerial.run(source, packet, before?.day ?? '', before?.n ?? 0);
      return formatEbdId(source, packet);
    },
    messageId: (source, nowMs, zone) => {
      const before = last(source);
      const given = nextDaySerial(before?.day ? before : undefined, nowMs, zone);
      putSerial.run(source, before?.packet ?? 0, given.day, given.n);
      return formatEbmId(source, given);
    },
    put: (row) => {
      const { ebmId, channel, alertId, key, kind, state, over, asked, dueMs } = row;
      put.run(ebmId, channel, alertId, key, kind, state, over ? 1 : 0, asked, dueMs);
    },
    get: (ebmId) => maybe(get.get(ebmId)),
    byKey: (key) => maybe(byKey.get(key)),
    standing: (alertId) => standing.all(alertId).map(rowOf),
    nextDueMs: () => (next.get() as { due: number | null }).due,
    due: (nowMs, limit) => due.all(nowMs, limit).map(rowOf),
  };
}
