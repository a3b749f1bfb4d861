/** The kinds of channels that hand something over; a new one is one file and one line here. */
import type { ChannelConfig } from '#model/registry.ts';
import type { Channel } from './channel.ts';
import { openWebhook } from './webhook.ts';

/** Null for the console: to be in the store is to be delivered there. */
export function openChannel(config: ChannelConfig): Channel | null {
  switch (config.kind) {
    case 'console':
      return null;
    case 'webhook':
      return openWebhook(config);
    default:
      return config satisfies never;
  }
}
