/** A kind of channel that may be configured and that this release cannot serve: it says so, and its fallback takes over. */
import type { SendingChannel } from '#model/channel.ts';
import type { SendResult } from '../../retry.ts';
import type { Channel } from './channel.ts';

export function openUnfitted(config: SendingChannel): Channel {
  const detail = `this release cannot send by ${config.kind}`;
  const away = (): Promise<SendResult> => Promise.resolve({ kind: 'away', detail, afterMs: null });
  return { send: away, selfTest: away };
}
