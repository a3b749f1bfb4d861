/** The kinds of channels that hand something over; a new one is one file and one line here. */
import type { ChannelConfig } from '#model/channel.ts';
import type { Channel, ChannelTools } from './channel.ts';
import { openUnfitted } from './unfitted.ts';
import { openWebhook } from './webhook.ts';

/** Null for the console: to be in the store is to be delivered there. */
export function openChannel(config: ChannelConfig, _tools: ChannelTools): Channel | null {
  switch (config.kind) {
    case 'console':
      return null;
    case 'webhook':
      return openWebhook(config);
    case 'email':
      return openUnfitted(config);
    case 'sms-gateway':
      return openUnfitted(config);
    case 'voice-gateway':
      return openUnfitted(config);
    case 'wecom':
      return openUnfitted(config);
    case 'dingtalk':
      return openUnfitted(config);
    case 'feishu':
      return openUnfitted(config);
    case 'gsm-sms':
      return openUnfitted(config);
    case 'gsm-voice':
      return openUnfitted(config);
    case 'mqtt-broadcast':
      return openUnfitted(config);
    case 'cap':
      return openUnfitted(config);
    case 'ebd':
      return openUnfitted(config);
    default:
      return config satisfies never;
  }
}
