/** Which deliveries a notice becomes: one row a channel, queued, refused at the gate, or done by being in the store. */
import type { Alert, Delivery } from '#model/alert.ts';
import { type ChannelConfig, reachOf } from '#model/channel.ts';
import { isLevel, LEVELS, rankOf } from '#model/level.ts';
import type { Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import { wantsDevices } from './broadcast/wants.ts';
import type { Change, EventDraft, Notice } from './episode.ts';
import { type Handover, handoverOf } from './handover.ts';
import { passGate } from './origin-gate.ts';
import { headline } from './wording.ts';

/** A delivery for all recipients at once; channels that reach one person at a time put his id here. */
export const EVERYBODY = '*';

/** What is handed over; fixed when the row is made, so that a repeat says the same under the same key. */
export type Message = {
  readonly key: string;
  readonly change: Change;
  readonly text: Text;
  readonly reason: Text;
  readonly queuedAtMs: EpochMs;
  readonly alert: Omit<Alert, 'recipients' | 'conditions' | 'version'>;
  /** Empty for a platform that takes the incident over: it comes by itself. */
  readonly recipients: Alert['recipients'];
  readonly handover?: Handover;
  /** Whether an answer is waited for; a channel says how to give it. Absent: no. */
  readonly ask?: boolean;
  /** Under this name the store keeps what it covers: it is composed when its row is claimed for the first time. */
  readonly covers?: string;
  /** When what it covers was composed: from then on it says the same. */
  readonly composedAtMs?: EpochMs;
  /** To somebody who comes on duty: what is open. */
  readonly shift?: boolean;
  /** A message that covers several alerts, the worst first; `text` then sums them up. */
  readonly digest?: readonly { readonly alertId: string; readonly level: Alert['level']; readonly text: Text }[];
};

export type PlannedDelivery = {
  readonly delivery: Delivery;
  readonly step: number;
  /** Worse alerts leave first. */
  readonly rank: number;
  /** When it may leave; absent: at once. */
  readonly dueAtMs?: EpochMs;
  readonly message: Message;
  /** The message as it is stored, where it has been written out already. */
  readonly body?: string;
};
export type DeliveryPlan = { readonly deliveries: readonly PlannedDelivery[]; readonly events: readonly EventDraft[] };

/** `(alert, round, step, try, person, channel)`; the try belongs to call-and-confirm (0: it asks nothing), a resend keeps its key. */
export const deliveryKey = (
  notice: Pick<Notice, 'alertId' | 'round' | 'step'>,
  attempt: number,
  personId: string,
  channel: string,
): string => `${notice.alertId}/${notice.round}/${notice.step}/${attempt}/${personId}/${channel}`;

const NOT_LIVE_RANK = 10;
/** Worse leaves first, and whatever is not live leaves after everything that is. */
export const deliveryRank = (alert: Pick<Alert, 'level' | 'origin'>): number =>
  rankOf(alert.level) - (alert.origin === 'live' ? 0 : NOT_LIVE_RANK);

/** Every rank that there is, the first to leave first. */
export const DELIVERY_RANKS: readonly number[] = [0, NOT_LIVE_RANK].flatMap((behind) =>
  [...LEVELS].reverse().map((level) => rankOf(level) - behind),
);

function wants(channel: ChannelConfig, notice: Notice, alert: Alert, registry: Registry, atMs: EpochMs): boolean {
  if (channel.kind === 'console') return true;
  // One person at a time is the affair of call-and-confirm.
  if (reachOf(channel) === 'person') return false;
  if (reachOf(channel) === 'devices') return wantsDevices(channel, notice, alert, { registry, atMs });
  // Said to some people only; a warning that moves from grid to grid is everybody's news all the same.
  if (notice.only !== undefined && alert.areas === undefined) return false;
  const handover = channel.kind === 'webhook' ? channel.handover : undefined;
  if (handover !== undefined && !handover.hazards.includes(alert.hazard)) return false;
  // Whoever was told of a level hears that it is over, though the new one would be below his floor.
  const worst = isLevel(notice.from) ? Math.max(rankOf(notice.from), rankOf(notice.to)) : rankOf(notice.to);
  return worst >= rankOf(handover?.minLevel ?? channel.minLevel);
}

type Addressed = { readonly key: string; readonly channel: ChannelConfig };

function messageOf(to: Addressed, notice: Notice, alert: Alert, registry: Registry, nowMs: EpochMs): Message {
  const { recipients, conditions: _conditions, version: _version, ...rest } = alert;
  const text = headline(alert, notice.change, notice.reason, registry);
  const { change, reason } = notice;
  const message = { key: to.key, change, text, reason, queuedAtMs: nowMs, alert: rest };
  return to.channel.kind === 'webhook' && to.channel.handover !== undefined
    ? { ...message, recipients: [], handover: handoverOf(alert, notice.step, registry) }
    : { ...message, recipients };
}

export function planDeliveries(notice: Notice, alert: Alert, registry: Registry, nowMs: EpochMs): DeliveryPlan {
  const deliveries: PlannedDelivery[] = [];
  const events: EventDraft[] = [];
  for (const channel of registry.channels) {
    if (!wants(channel, notice, alert, registry, nowMs)) continue;
    const key = deliveryKey(notice, 0, EVERYBODY, channel.id);
    const gate = passGate(channel, alert.origin);
    const state = !gate.pass ? 'refused' : channel.kind === 'console' ? 'sent' : 'queued';
    const detail = gate.pass ? '' : gate.reason.en;
    deliveries.push({
      delivery: {
        key,
        alertId: alert.id,
        round: notice.round,
        personId: EVERYBODY,
        channel: channel.id,
        state,
        attempts: 0,
        updatedAtMs: nowMs,
        detail,
      },
      step: notice.step,
      rank: deliveryRank(alert),
      message: messageOf({ key, channel }, notice, alert, registry, nowMs),
    });
    if (!gate.pass)
      events.push({
        alertId: alert.id,
        atMs: nowMs,
        by: 'alerts',
        kind: 'refused',
        text: gate.reason,
        facts: { delivery: key, channel: channel.id, origin: alert.origin },
      });
  }
  return { deliveries, events };
}
