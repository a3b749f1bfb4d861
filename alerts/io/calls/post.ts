/**
 * Puts messages to one person into the queue: a row of its own, or room in the message that is waiting for him already. What
 * travels together is composed when its row is first claimed, and from then on says the same.
 */
import type { Alert, Recipient } from '#model/alert.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import { digestMessage, NAMED_AT_MOST, openMessages, type Said } from '../../calls/messages.ts';
import { leavesAtMs, reddened, type Urgency, withMessage } from '../../calls/schedule.ts';
import { deliveryKey, deliveryRank, type Message } from '../../deliveries.ts';
import type { Notice, World } from '../../episode.ts';
import { policyOf } from '../../policy.ts';
import type { Claim } from '../delivery-table.ts';
import type { Tables } from '../write-outcome.ts';
import type { CallTable } from './call-table.ts';
import type { CoverTable } from './covers.ts';
import type { RoundTable } from './rounds.ts';

export type Telling = Said & {
  readonly notice: Notice;
  /** From 1; 0 informs and asks nothing. */
  readonly attempt: number;
  readonly channels: readonly string[];
  readonly urgency: Urgency;
  /** What a digest says of it when it only informs; null: it is a try. */
  readonly text: Text | null;
};

export type Together = {
  readonly to: Recipient;
  readonly channel: string;
  /** The worst first. */
  readonly alerts: readonly Alert[];
  /** The round of the worst. */
  readonly notice: Notice;
  /** Stands in the key in the place of the try. */
  readonly name: string;
};

export type PostTables = Tables & {
  readonly covers: CoverTable;
  readonly calls: CallTable;
  readonly rounds: RoundTable;
};

type Placed = { readonly telling: Telling; readonly channel: string; readonly atMs: EpochMs };

type Messages = ReturnType<typeof openMessages>;

function addRow(tables: PostTables, messages: Messages, { telling, channel, atMs }: Placed): string {
  const { alert, notice, attempt, to, nowMs } = telling;
  const key = deliveryKey(notice, attempt, to.personId, channel);
  const { message, body } = messages(key, telling, atMs > nowMs ? key : undefined);
  tables.rows.add({
    delivery: {
      key,
      alertId: alert.id,
      round: notice.round,
      personId: to.personId,
      channel,
      state: 'queued',
      attempts: 0,
      updatedAtMs: nowMs,
      detail: '',
    },
    step: notice.step,
    rank: deliveryRank(alert),
    dueAtMs: atMs,
    message,
    body,
  });
  return key;
}

/** Whether it found room in a message that waits; that one may have to leave earlier because of it. */
function joinOpen({ covers, rows }: PostTables, { telling, channel, atMs }: Placed): boolean {
  const { alert, notice, to, text } = telling;
  const at = { personId: to.personId, channel, origin: alert.origin };
  const open = covers.open(at);
  if (open === undefined) return false;
  covers.add(open.id, { alertId: alert.id, round: notice.round, personId: to.personId, text });
  const rank = Math.max(open.rank, deliveryRank(alert));
  const dueAtMs = Math.min(open.dueAtMs, atMs);
  if (rank === open.rank && dueAtMs === open.dueAtMs) return true;
  covers.setOpen(at, { id: open.id, dueAtMs, rank });
  rows.hasten(open.id, dueAtMs, rank);
  return true;
}

export function openPost(tables: PostTables) {
  const { covers, calls, rounds, episodes } = tables;
  const messages = openMessages();

  function tell(telling: Telling): void {
    const { alert, notice, to, nowMs, registry, text } = telling;
    const { digest } = policyOf(registry);
    const recent = covers.recent(to.personId, alert.origin);
    const atMs = leavesAtMs(recent, telling.urgency, digest, nowMs);
    let isNew = false;
    for (const channel of telling.channels) {
      const placed: Placed = { telling, channel, atMs };
      if (joinOpen(tables, placed)) continue;
      isNew = true;
      const waits = atMs > nowMs;
      const key = addRow(tables, messages, placed);
      if (!waits) continue;
      const at = { personId: to.personId, channel, origin: alert.origin };
      covers.setOpen(at, { id: key, dueAtMs: atMs, rank: deliveryRank(alert) });
      covers.add(key, { alertId: alert.id, round: notice.round, personId: to.personId, text });
    }
    const red = alert.level === 'red';
    if (isNew) covers.setRecent(to.personId, alert.origin, withMessage(recent, { atMs, red }, digest.messages));
    else if (red) covers.setRecent(to.personId, alert.origin, reddened(recent, atMs));
  }

  /** The message as it leaves now, and stays. */
  function compose({ message, personId }: Claim, id: string, { directory, nowMs }: World): Message {
    covers.close(id);
    const { origin } = message.alert;
    // It may leave earlier than it was meant to.
    const left = covers.recent(personId, origin).map(({ atMs, red }) => ({ atMs: Math.min(atMs, nowMs), red }));
    covers.setRecent(personId, origin, left);
    covers.prune(id);
    const named = covers.worst(id, NAMED_AT_MOST).flatMap(({ alertId, round, text, asks }) => {
      const alert = episodes.byId(alertId)?.alert;
      const notice = rounds.get(alertId, round)?.notice;
      return alert === undefined || notice === undefined ? [] : [{ alert, notice, text, ask: asks }];
    });
    const ask = covers.asks(id);
    return digestMessage(message, { named, ranks: covers.ranks(id), ask, registry: directory.registry, nowMs });
  }

  /** One message over several alerts, which leaves at once. */
  function tellTogether({ to, channel, alerts, notice, name }: Together, { directory, nowMs }: World): void {
    const [alert] = alerts;
    if (alert === undefined) return;
    const key = `${notice.alertId}/${notice.round}/${notice.step}/${name}/${to.personId}/${channel}`;
    const said: Said = { notice, alert, to, ask: false, registry: directory.registry, nowMs };
    const { id: alertId, round } = alert;
    const row = { key, alertId, round, personId: to.personId, channel, state: 'queued' } as const;
    tables.rows.add({
      delivery: { ...row, attempts: 0, updatedAtMs: nowMs, detail: '' },
      step: notice.step,
      rank: deliveryRank(alert),
      message: { ...messages(key, said, key).message, shift: true },
    });
    for (const one of alerts) covers.add(key, { alertId: one.id, round: one.round, personId: to.personId, text: null });
    const recent = covers.recent(to.personId, alert.origin);
    covers.setRecent(
      to.personId,
      alert.origin,
      withMessage(recent, { atMs: nowMs, red: false }, policyOf(directory.registry).digest.messages),
    );
  }

  return {
    tell,
    tellTogether,
    /** Null: nothing of it changes now. */
    onClaim: (claim: Claim, world: World): Message | null => {
      const { covers: id, composedAtMs } = claim.message;
      if (id !== undefined) {
        const composed = composedAtMs === undefined ? compose(claim, id, world) : null;
        covers.markSent(id, world.nowMs);
        return composed;
      }
      const round = roundOfKey(claim.key);
      if (round !== null) calls.sent(claim.alertId, round, claim.personId, world.nowMs);
      return null;
    },
  };
}
export type Post = ReturnType<typeof openPost>;

/** `(alert, round, step, try, …)` of a key. */
export function partsOfKey(key: string): { readonly round: number; readonly attempt: number } | null {
  const [, round, , attempt] = key.split('/');
  const parts = { round: Number(round), attempt: Number(attempt) };
  return Number.isInteger(parts.round) && Number.isInteger(parts.attempt) ? parts : null;
}
const roundOfKey = (key: string): number | null => partsOfKey(key)?.round ?? null;
