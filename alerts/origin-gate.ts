/** The gate before every channel: a row's origin passes only where the channel says so, and a real channel takes `live`. */

import type { ChannelConfig } from '#model/channel.ts';
import type { Origin } from '#model/reading.ts';
import type { Text } from '#model/text.ts';

/** What a channel takes when nobody said anything. */
export const DEFAULT_ACCEPTS: readonly Origin[] = ['live'];

export type GateVerdict = { readonly pass: true } | { readonly pass: false; readonly reason: Text };

/** The console shows everything, marked; any other channel reaches people or machines outside. */
export function passGate(channel: ChannelConfig, origin: Origin): GateVerdict {
  if (channel.kind === 'console') return { pass: true };
  const accepts = channel.accepts ?? DEFAULT_ACCEPTS;
  if (accepts.includes(origin)) return { pass: true };
  return {
    pass: false,
    reason: {
      zh: `渠道 ${channel.id} 不接收来源为 ${origin} 的预警`,
      en: `channel ${channel.id} does not take alerts of origin ${origin}`,
    },
  };
}
