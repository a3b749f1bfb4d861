/** The kinds of channels that hand something over; a new one is one file and one line here. */
import type { ChannelConfig } from '#model/channel.ts';
import { openCap } from './cap.ts';
import type { Channel, ChannelTools } from './channel.ts';
import { openEbd } from './ebd.ts';
import { openEmail } from './email.ts';
import { openGateway } from './gateway.ts';
import { openGsmSms } from './gsm-sms.ts';
import { openGsmVoice } from './gsm-voice.ts';
import { openMqttBroadcast } from './mqtt-broadcast.ts';
import { openRobot } from './robot.ts';
import { openWebhook } from './webhook.ts';

/** Null for the console: to be in the store is to be delivered there. */
export function openChannel(config: ChannelConfig, tools: ChannelTools): Channel | null {
  switch (config.kind) {
    case 'console':
      return null;
    case 'webhook':
      return openWebhook(config);
    case 'email':
      return openEmail(config, tools);
    case 'sms-gateway':
    case 'voice-gateway':
      return openGateway(config);
    case 'wecom':
    case 'dingtalk':
    case 'feishu':
      return openRobot(config, tools);
    case 'gsm-sms':
      return openGsmSms(config, tools);
    case 'gsm-voice':
      return openGsmVoice(config, tools);
    case 'mqtt-broadcast':
      return openMqttBroadcast(config, tools);
    case 'cap':
      return openCap(config);
    case 'ebd':
      return openEbd(config, tools);
    default:
      return config satisfies never;
  }
}
