/** The deliveries' table, which is also their queue: claimed and committed before an attempt, recorded after it. */
import type { DatabaseSync } from 'node:sqlite';
import type { Delivery } from '#model/alert.ts';
import type { EpochMs } from '#model/time.ts';
import { DELIVERY_RANKS, type Message, type PlannedDelivery } from '../deliveries.ts';
import type { Handed } from '../delivery-events.ts';

export type DeliveryRow = {
  readonly key: string;
  readonly alert_id: string;
  readonly round: number;
  readonly person: string;
  readonly channel: string;
  readonly state: Delivery['state'];
  readonly attempts: number;
  readonly updated_at: number;
  readonly detail: string;
};

export const deliveryOfRow = (row: DeliveryRow): Delivery => ({
  key: row.key,
  alertId: row.alert_id,
  round: row.round,
  personId: row.person,
  channel: row.channel,
  state: row.state,
  attempts: row.attempts,
  updatedAtMs: row.updated_at,
  detail: row.detail,
});

/** A delivery that one attempt has in hand; `repeated`: handed over before with an outcome that nobody knows (重发). */
export type Claim = Handed & {
  /** `*` for everybody at once. */
  readonly personId: string;
  readonly queuedAtMs: EpochMs;
  readonly message: Message;
};

export type Named = { readonly key: string; readonly alertId: string; readonly channel: string };
export type Recorded = { readonly state: Delivery['state']; readonly dueAtMs: EpochMs; readonly detail: string };

/** A delivery as a receipt finds it. */
export type Found = Named & { readonly personId: string; readonly round: number; readonly state: Delivery['state'] };

export type DeliveryTable = {
  readonly byKey: (key: string) => Found | undefined;
  /** What it hands over; a row that was never queued has none. */
  readonly message: (key: string) => Message | undefined;
  /** From now on it says this. */
  readonly setMessage: (key: string, message: Message) => void;
  /** Not needed any more; only what is in hand or waits. */
  readonly stop: (key: string, detail: string, nowMs: EpochMs) => void;
  /** Leaves earlier and before lesser ones, as long as it waits. */
  readonly hasten: (key: string, dueAtMs: EpochMs, rank: number) => void;
  /** What came back; the caller has seen that it is news. */
  readonly advance: (key: string, state: Delivery['state'], detail: string, nowMs: EpochMs) => void;
  readonly add: (planned: PlannedDelivery) => void;
  /** Worst first, then oldest; at most `limit`. */
  readonly claim: (channel: string, limit: number, nowMs: EpochMs) => readonly Claim[];
  readonly record: (key: string, recorded: Recorded, nowMs: EpochMs) => void;
  /** What was in hand when the process died: unknown, and due. */
  readonly orphan: (nowMs: EpochMs) => readonly Named[];
  /** Gives up what waits for a channel that is not among these. */
  readonly abandon: (channels: readonly string[], nowMs: EpochMs) => readonly Named[];
  /** When the channel's next waiting one falls due. */
  readonly earliestDue: (channel: string) => EpochMs | null;
  readonly pending: () => ReadonlyMap<Delivery['state'], number>;
};

type ClaimRow = {
  readonly key: string;
  readonly alert_id: string;
  readonly person: string;
  readonly channel: string;
  readonly attempts: number;
  readonly repeated: number;
  readonly queued_at: number;
  readonly rank: number;
  readonly n: number;
};

const ADD = `INSERT INTO deliveries (key, alert_id, round, step, person, channel, state, rank, turn, attempts, repeated,
queued_at, due_at, updated_at, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)`;
const CLAIM = `UPDATE deliveries SET state = 'claimed', attempts = attempts + 1, updated_at = ?1 WHERE n IN (
SELECT n FROM deliveries INDEXED BY deliveries_ready WHERE channel = ?2 AND rank = ?4 AND turn = ?5 AND state IN ('queued', 'unknown')
AND due_at <= ?1 ORDER BY due_at, n LIMIT ?3) RETURNING key, alert_id, person, channel, attempts, repeated, queued_at, rank, n`;
// A receipt may have been quicker than the answer: what came back is not overwritten.
const RECORD = `UPDATE deliveries SET state = ?1, due_at = ?2, updated_at = ?3, detail = ?4,
repeated = max(repeated, ?1 = 'unknown') WHERE key = ?5 AND state = 'claimed'`;
const STOP = `UPDATE deliveries SET state = 'stopped', detail = ?1, updated_at = ?2 WHERE key = ?3
AND state IN ('claimed', 'queued', 'unknown')`;
const HASTEN = `UPDATE deliveries SET due_at = min(due_at, ?1), rank = max(rank, ?2) WHERE key = ?3 AND state = 'queued'`;
const BY_KEY = `SELECT key, alert_id AS alertId, channel, person AS personId, round, state FROM deliveries WHERE key = ?`;
const ORPHAN = `UPDATE deliveries SET state = 'unknown', repeated = 1, due_at = ?1, updated_at = ?1,
detail = 'the process ended during the attempt' WHERE state = 'claimed' RETURNING key, alert_id AS alertId, channel`;
const ABANDON = `UPDATE deliveries SET state = 'failed', updated_at = ?1, detail = 'the channel is not configured any more'
WHERE state IN ('queued', 'unknown') AND channel NOT IN (SELECT value FROM json_each(?2))
RETURNING key, alert_id AS alertId, channel`;
const DUE =
  "SELECT min(due_at) AS due FROM deliveries INDEXED BY deliveries_next WHERE channel = ? AND state IN ('queued', 'unknown')";
const PENDING =
  "SELECT state, count(*) AS n FROM deliveries WHERE state IN ('queued', 'unknown', 'claimed') GROUP BY state";

const claimOfRow = (row: ClaimRow, body: string): Claim => ({
  key: row.key,
  alertId: row.alert_id,
  personId: row.person,
  channel: row.channel,
  attempts: row.attempts,
  repeated: row.repeated === 1,
  queuedAtMs: row.queued_at,
  message: JSON.parse(body) as Message,
});

/** Worst first; of one rank each alert's first message before the second one of any. */
const ORDER = DELIVERY_RANKS.flatMap((rank) => [[rank, 0] as const, [rank, 1] as const]);

/**
 * In a storm every place hears through one person before any place hears through two: 0 for the first message of an alert's
 * round on a channel, as they are made one after another; a later try is nobody's first.
 */
function openTurns(): (delivery: Delivery) => 0 | 1 {
  const newest = new Map<string, string>();
  return ({ key, alertId, round, channel }) => {
    const about = `${alertId}/${round}`;
    const attempt = key.split('/')[3];
    if (newest.get(channel) === about || (attempt !== '0' && attempt !== '1')) return 1;
    newest.set(channel, about);
    return 0;
  };
}

/** `mayRepeat` tells whether a message may have been told before without anybody knowing. */
export function openDeliveries(db: DatabaseSync, mayRepeat: (nowMs: EpochMs) => boolean = () => false): DeliveryTable {
  const turnOf = openTurns();
  const add = db.prepare(ADD);
  const addMessage = db.prepare('INSERT INTO messages (n, body) VALUES (?, ?)');
  const getMessage = db.prepare('SELECT body FROM messages WHERE n = ?');
  const messageOf = (n: number): string => (getMessage.get(n) as { body: string }).body;
  const byKey = db.prepare(BY_KEY);
  const messageByKey = db.prepare('SELECT body FROM messages WHERE n = (SELECT n FROM deliveries WHERE key = ?)');
  const setMessage = db.prepare('UPDATE messages SET body = ? WHERE n = (SELECT n FROM deliveries WHERE key = ?)');
  const stop = db.prepare(STOP);
  const hasten = db.prepare(HASTEN);
  const advance = db.prepare('UPDATE deliveries SET state = ?, detail = ?, updated_at = ? WHERE key = ?');
  const claim = db.prepare(CLAIM);
  const record = db.prepare(RECORD);
  const orphan = db.prepare(ORPHAN);
  const abandon = db.prepare(ABANDON);
  const due = db.prepare(DUE);
  const pending = db.prepare(PENDING);
  return {
    byKey: (key) => byKey.get(key) as Found | undefined,
    message: (key) => {
      const row = messageByKey.get(key) as { body: string } | undefined;
      return row === undefined ? undefined : (JSON.parse(row.body) as Message);
    },
    setMessage: (key, message) => {
      setMessage.run(JSON.stringify(message), key);
    },
    stop: (key, detail, nowMs) => {
      stop.run(detail, nowMs, key);
    },
    hasten: (key, dueAtMs, rank) => {
      hasten.run(dueAtMs, rank, key);
    },
    advance: (key, state, detail, nowMs) => {
      advance.run(state, detail, nowMs, key);
    },
    add: ({ delivery: d, step, rank, dueAtMs, message, body }) => {
      const at = d.updatedAtMs;
      const { lastInsertRowid } = add.run(
        d.key,
        d.alertId,
        d.round,
        step,
        d.personId,
        d.channel,
        d.state,
        rank,
        turnOf(d),
        mayRepeat(at) ? 1 : 0,
        at,
        dueAtMs ?? at,
        at,
        d.detail,
      );
      if (d.state === 'queued') addMessage.run(lastInsertRowid, body ?? JSON.stringify(message));
    },
    claim: (channel, limit, nowMs) => {
      const found: Claim[] = [];
      for (const [rank, turn] of ORDER) {
        if (found.length >= limit) break;
        // RETURNING gives no order.
        const rows = (claim.all(nowMs, channel, limit - found.length, rank, turn) as ClaimRow[]).sort(
          (x, y) => x.n - y.n,
        );
        found.push(...rows.map((row) => claimOfRow(row, messageOf(row.n))));
      }
      return found;
    },
    record: (key, recorded, nowMs) => {
      record.run(recorded.state, recorded.dueAtMs, nowMs, recorded.detail, key);
    },
    orphan: (nowMs) => orphan.all(nowMs) as Named[],
    abandon: (channels, nowMs) => abandon.all(nowMs, JSON.stringify(channels)) as Named[],
    earliestDue: (channel) => (due.get(channel) as { due: number | null }).due,
    pending: () =>
      new Map((pending.all() as { state: Delivery['state']; n: number }[]).map(({ state, n }) => [state, n])),
  };
}
