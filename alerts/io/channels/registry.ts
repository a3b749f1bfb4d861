/** The kinds of channels that hand something over; a new one is one file and one line here. */
import type { ChannelConfig } from '#model/channel.ts';
import type { Channel, ChannelTools } from './channel.ts';
import { openWebhook } from './webhook.ts';

/** Null for the console: to be in the store is to be delivered there. */
export function openChannel(config: ChannelConfig, _tools: ChannelTools): Channel | null {
  switch (config.kind) {
    case 'console':
      return null;
    case 'webhook':
      return openWebhook(config);
    default:
      throw new Error(`there is no channel of kind ${config.kind} yet`);
  }
}
