/** How a channel does, from what was heard of it: one failure makes it doubtful, three in a row take it down. */
import type { ChannelConfig, ChannelHealth } from '#model/channel.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

/** After so many failures in a row its messages go to its fallback, or one at a time tries whether it is back. */
export const DOWN_AFTER = 3;

export type Heard = {
  readonly ok: boolean;
  /** Tried without a message. */
  readonly test: boolean;
  readonly detail: string;
  /** It said that it takes nothing for a while: nobody waits for two more such answers. */
  readonly closed?: boolean;
};

/** With what only the stage needs to know: messages that failed since one was last taken. */
export type Health = ChannelHealth & { readonly failedMessages: number };

export const untested = ({ id, kind }: Pick<ChannelConfig, 'id' | 'kind'>, nowMs: EpochMs): Health => ({
  channel: id,
  kind,
  state: 'untested',
  sinceMs: nowMs,
  failuresInARow: 0,
  failedMessages: 0,
  lastOkAtMs: null,
  detail: '',
});

/**
 * An open way is not yet a message that arrives: where messages have failed a good test changes nothing but that one message
 * may try (`Lane.trial`); only a message that is taken brings the channel up again.
 */
export function nextHealth(before: Health, heard: Heard, nowMs: EpochMs): Health {
  const tested = heard.test ? { testedAtMs: nowMs } : {};
  if (heard.ok && heard.test && before.failedMessages > 0)
    return { ...before, ...tested, detail: `the way is open (${heard.detail}), the last messages failed` };
  const failuresInARow = heard.ok ? 0 : before.failuresInARow + 1;
  const failedMessages = heard.ok ? 0 : before.failedMessages + (heard.test ? 0 : 1);
  const state = heard.ok ? 'up' : failuresInARow >= DOWN_AFTER || heard.closed === true ? 'down' : 'failing';
  return {
    ...before,
    ...tested,
    state,
    sinceMs: state === before.state ? before.sinceMs : nowMs,
    failuresInARow,
    failedMessages,
    lastOkAtMs: heard.ok ? nowMs : before.lastOkAtMs,
    detail: heard.detail,
  };
}

const KEEP_EVERY_MS = 60_000;

/** Whether a restart would miss it: a busy channel is not written down with each message. */
export const isNews = (kept: ChannelHealth, now: ChannelHealth): boolean =>
  kept.state !== now.state ||
  kept.failuresInARow !== now.failuresInARow ||
  kept.testedAtMs !== now.testedAtMs ||
  Math.abs((now.lastOkAtMs ?? 0) - (kept.lastOkAtMs ?? 0)) >= KEEP_EVERY_MS;

/** What the ledger says of a change; null when it is none worth an entry. */
export function changeText(before: ChannelHealth, after: ChannelHealth, takenOverBy: string | null): Text | null {
  const id = after.channel;
  if (after.state === 'down' && before.state !== 'down') {
    const then = takenOverBy === null ? null : { zh: `，改由 ${takenOverBy} 发送`, en: `; ${takenOverBy} takes over` };
    return {
      zh: `渠道 ${id} 不可用：${after.detail}${then?.zh ?? ''}`,
      en: `channel ${id} is down: ${after.detail}${then?.en ?? ''}`,
    };
  }
  if (before.state === 'down' && after.state !== 'down')
    return { zh: `渠道 ${id} 已恢复：${after.detail}`, en: `channel ${id} is back: ${after.detail}` };
  return null;
}
