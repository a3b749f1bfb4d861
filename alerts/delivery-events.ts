/** What the ledger says about deliveries: handed over, what came of it, and what nobody knows. */
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { EventDraft } from './episode.ts';
import type { NextStep } from './retry.ts';

/** The part of a delivery that its events need. */
export type Handed = {
  readonly key: string;
  readonly alertId: string;
  readonly channel: string;
  readonly attempts: number;
  readonly repeated: boolean;
};

const say = (channel: string, zh: string, en: string): Text => ({ zh: `${channel}：${zh}`, en: `${channel}: ${en}` });

/** The first attempt and a resend are news; the attempts between them are in the row's count. */
export function claimEvent(handed: Handed, nowMs: EpochMs): EventDraft | null {
  if (handed.attempts > 1 && !handed.repeated) return null;
  return {
    alertId: handed.alertId,
    atMs: nowMs,
    by: `channel:${handed.channel}`,
    kind: 'deliveryClaimed',
    text: handed.repeated ? say(handed.channel, '重发', 'sending again') : say(handed.channel, '开始发送', 'sending'),
    facts: { delivery: handed.key, attempts: handed.attempts, repeated: handed.repeated },
  };
}

export function resultEvent(
  handed: Handed,
  next: NextStep['state'] | 'refused',
  detail: string,
  nowMs: EpochMs,
): EventDraft | null {
  const base = { alertId: handed.alertId, atMs: nowMs, by: `channel:${handed.channel}` } as const;
  const facts = { delivery: handed.key, attempts: handed.attempts, state: next, detail };
  switch (next) {
    case 'sent': {
      const text = handed.repeated
        ? say(handed.channel, '重发已送达', 'sent again and accepted')
        : say(handed.channel, '已送达', 'accepted');
      return { ...base, kind: 'deliveryResult', text, facts };
    }
    case 'failed':
      return {
        ...base,
        kind: 'deliveryResult',
        text: say(handed.channel, `未送达：${detail}`, `not delivered: ${detail}`),
        facts,
      };
    case 'refused':
      return { ...base, kind: 'refused', text: say(handed.channel, `拒收：${detail}`, `refused: ${detail}`), facts };
    case 'queued':
    case 'unknown':
      if (handed.attempts > 1) return null;
      return {
        ...base,
        kind: 'deliveryResult',
        text: say(handed.channel, `暂未送达，将重试：${detail}`, `not yet delivered, will try again: ${detail}`),
        facts,
      };
    default:
      return next satisfies never;
  }
}

/** The process ended between the claim and the record: the receiver may have it, or not. */
export const unknownEvent = (handed: Pick<Handed, 'key' | 'alertId' | 'channel'>, nowMs: EpochMs): EventDraft => ({
  alertId: handed.alertId,
  atMs: nowMs,
  by: 'alerts',
  kind: 'deliveryResult',
  text: say(
    handed.channel,
    '发送中程序中断，结果不明，将重发',
    'the process ended while sending; outcome unknown, will be sent again',
  ),
  facts: { delivery: handed.key, state: 'unknown' },
});

export const abandonedEvent = (handed: Pick<Handed, 'key' | 'alertId' | 'channel'>, nowMs: EpochMs): EventDraft => ({
  alertId: handed.alertId,
  atMs: nowMs,
  by: 'alerts',
  kind: 'deliveryResult',
  text: say(handed.channel, '渠道已取消配置，未送达', 'the channel is not configured any more; not delivered'),
  facts: { delivery: handed.key, state: 'failed' },
});

/** Its turn came, and it was not needed any more. */
export const stoppedEvent = (
  handed: Pick<Handed, 'key' | 'alertId' | 'channel'>,
  reason: Text,
  nowMs: EpochMs,
): EventDraft => ({
  alertId: handed.alertId,
  atMs: nowMs,
  by: 'alerts',
  kind: 'deliveryResult',
  text: say(handed.channel, reason.zh, reason.en),
  facts: { delivery: handed.key, state: 'stopped' },
});
