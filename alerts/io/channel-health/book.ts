/**
 * What the store keeps of its channels: how they do, which of them somebody wants tried, and what is handed from one that is
 * down to the one that takes over. All of it inside the caller's transaction.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { DeliveryState } from '#model/alert.ts';
import { rankOf } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import { handedOverEvent, rekeyed, type Waiting } from '../../channels/hand-over.ts';
import type { Health } from '../../channels/health.ts';
import type { Message } from '../../deliveries.ts';
import type { EventDraft } from '../../episode.ts';

export const CHANNELS_SCHEMA = `
CREATE TABLE IF NOT EXISTS channels_health (channel TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
-- Somebody wants it tried; by whom.
CREATE TABLE IF NOT EXISTS channels_asked (channel TEXT PRIMARY KEY, by TEXT NOT NULL) WITHOUT ROWID;
`;

export type ChannelBook = {
  readonly health: (channel: string) => Health | undefined;
  readonly put: (health: Health) => void;
  /** An entry of the ledger that belongs to no alert. */
  readonly note: (by: string, text: Text, facts: EventDraft['facts'], nowMs: EpochMs) => void;
  readonly asked: () => ReadonlyMap<string, string>;
  readonly answered: (channel: string) => void;
  /** How many of the worst are due, counted up to `limit`. */
  readonly worstDue: (channel: string, limit: number, nowMs: EpochMs) => number;
  /**
   * Hands what is due over to the first channel that can take it, worst first; what none can take is looked at again after
   * a while. Returns how many went to which.
   */
  readonly handOver: (from: string, take: TakeOver, limit: number, nowMs: EpochMs) => ReadonlyMap<string, number>;
};

/** The channel that can reach this person with an alert of this origin; null when none can. */
export type TakeOver = (row: { readonly personId: string; readonly origin: Origin }) => string | null;

const LOOK_AGAIN_MS = 30_000;
const OF_CHANNELS = 'channels';

type Row = {
  readonly n: number;
  readonly key: string;
  readonly alertId: string;
  readonly round: number;
  readonly step: number;
  readonly personId: string;
  readonly state: DeliveryState;
  readonly rank: number;
  readonly repeated: number;
  readonly queuedAtMs: EpochMs;
  readonly origin: Origin | null;
  readonly body: string | null;
};

const DUE = `FROM deliveries d INDEXED BY deliveries_ready WHERE d.channel = ?1 AND d.state IN ('queued', 'unknown')
AND d.due_at <= ?2`;
const WAITING = `SELECT w.*, a.origin, m.body FROM (SELECT d.n, d.key, d.alert_id AS alertId, d.round, d.step,
d.person AS personId, d.state, d.rank, d.repeated, d.queued_at AS queuedAtMs ${DUE} ORDER BY d.rank DESC, d.n LIMIT ?3) w
LEFT JOIN alerts a ON a.id = w.alertId LEFT JOIN messages m ON m.n = w.n ORDER BY w.rank DESC, w.n`;
const WORST = `SELECT count(*) AS n FROM (SELECT 1 ${DUE} AND d.rank >= ?3 LIMIT ?4)`;
const ADD = `INSERT INTO deliveries (key, alert_id, round, step, person, channel, state, rank, attempts, repeated, queued_at,
due_at, updated_at, detail) VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, 0, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`;
const COVERS_MORE = `SELECT 1 FROM calls_covers c WHERE c.id = ?1 AND NOT EXISTS
(SELECT 1 FROM calls_covers o WHERE o.id = ?2 AND o.alert_id = c.alert_id AND o.round = c.round) LIMIT 1`;
const END = "UPDATE deliveries SET state = 'failed', updated_at = ?, detail = ? WHERE n = ?";

export function openChannelBook(db: DatabaseSync, append: (draft: EventDraft) => unknown): ChannelBook {
  const get = db.prepare('SELECT body FROM channels_health WHERE channel = ?');
  const put = db.prepare(
    'INSERT INTO channels_health (channel, body) VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET body = excluded.body',
  );
  const asked = db.prepare('SELECT channel, by FROM channels_asked');
  const answered = db.prepare('DELETE FROM channels_asked WHERE channel = ?');
  const waiting = db.prepare(WAITING);
  const worst = db.prepare(WORST);
  const add = db.prepare(ADD);
  const addMessage = db.prepare('INSERT INTO messages (n, body) VALUES (?, ?)');
  const end = db.prepare(END);
  const later = db.prepare('UPDATE deliveries SET due_at = ? WHERE n = ?');
  let more: StatementSync | undefined;

  /** Whether a message that takes in several alerts has one that the other, of the same try, has not. */
  function coversMore(covers: string, other: string): boolean {
    more ??= db.prepare(COVERS_MORE);
    return more.get(covers, other) !== undefined;
  }

  /** The same message under a key that names the new channel; when it is asked there already, once is enough. */
  function move(row: Row, message: Message, { from, to }: { from: string; to: string }, nowMs: EpochMs): void {
    const what: Waiting = {
      key: row.key,
      alertId: row.alertId,
      unknown: row.state === 'unknown' || row.repeated === 1,
    };
    const insert = (key: string) => {
      const values: SQLInputValue[] = [key, row.alertId, row.round, row.step, row.personId, to, row.rank];
      const repeated = what.unknown ? 1 : 0;
      return add.run(...values, repeated, row.queuedAtMs, nowMs, nowMs, `taken over from ${from}`);
    };
    let key = rekeyed(row.key, from, to);
    let { changes, lastInsertRowid } = insert(key);
    if (changes === 0 && message.covers !== undefined && coversMore(message.covers, key)) {
      // The other one has room for less than this: it goes as a message of its own, or some would never be heard of.
      key = `${row.key}/${to}`;
      ({ changes, lastInsertRowid } = insert(key));
    }
    if (changes > 0) {
      addMessage.run(lastInsertRowid, JSON.stringify({ ...message, key }));
    }
    const event = handedOverEvent(what, { from, to, key: changes > 0 ? key : null }, nowMs);
    end.run(nowMs, event.text.en, row.n);
    append(event);
  }

  return {
    health: (channel) => {
      const row = get.get(channel) as { body: string } | undefined;
      return row === undefined ? undefined : (JSON.parse(row.body) as Health);
    },
    put: (health) => {
      put.run(health.channel, JSON.stringify(health));
    },
    note: (by, text, facts, nowMs) => {
      append({ alertId: OF_CHANNELS, atMs: nowMs, by, kind: 'channel', text, facts });
    },
    asked: () => new Map((asked.all() as { channel: string; by: string }[]).map(({ channel, by }) => [channel, by])),
    answered: (channel) => {
      answered.run(channel);
    },
    worstDue: (channel, limit, nowMs) => (worst.get(channel, nowMs, rankOf('red'), limit) as { n: number }).n,
    handOver: (from, take, limit, nowMs) => {
      const moved = new Map<string, number>();
      for (const row of waiting.all(from, nowMs, limit) as Row[]) {
        const message = row.body === null ? null : (JSON.parse(row.body) as Message);
        const origin = row.origin ?? message?.alert.origin;
        const to = origin === undefined ? null : take({ personId: row.personId, origin });
        if (to === null || message === null) later.run(nowMs + LOOK_AGAIN_MS, row.n);
        else {
          move(row, message, { from, to }, nowMs);
          moved.set(to, (moved.get(to) ?? 0) + 1);
        }
      }
      return moved;
    },
  };
}
