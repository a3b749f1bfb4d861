/** SMS and voice gateways: one signed POST a person (who, what, under which key); docs/operations/channels.md is the protocol. */
import type { SmsGatewayChannel, VoiceGatewayChannel } from '#model/channel.ts';
import { composeSms, composeSpeech } from '../../channels/texts.ts';
import type { SendResult } from '../../retry.ts';
import type { Channel, Parcel } from './channel.ts';
import { addressOf, post, secretOf, sign } from './http.ts';

type GatewayChannel = SmsGatewayChannel | VoiceGatewayChannel;

/** What a voice gateway makes of the keys that a person presses. */
const KEYS = { '1': 'answered', '2': 'cannot' } as const;

function bodyOf(config: GatewayChannel, { message, repeated, to }: Parcel, phone: string): string {
  const manner = { repeated };
  const text = config.kind === 'sms-gateway' ? composeSms(message, manner) : composeSpeech(message, manner);
  const base = { key: message.key, channel: config.id, to: phone, name: to?.name ?? '', text, repeated };
  const ask = message.ask === true;
  return JSON.stringify(config.kind === 'sms-gateway' ? { ...base, ask } : { ...base, ask, keys: ask ? KEYS : {} });
}

export function openGateway(config: GatewayChannel): Channel {
  const { timeoutMs } = config;
  const give = async (body: string, headers: { readonly [name: string]: string }, signal: AbortSignal) => {
    const url = addressOf(config.url);
    if (!url.ok) return url.away;
    const secret = config.secretEnv === null ? null : secretOf(config.secretEnv);
    if (secret !== null && !secret.ok) return secret.away;
    const signed = secret === null ? headers : { ...headers, 'fengsui-signature': sign(secret.value, body) };
    return post({ url: url.value, body, headers: signed, timeoutMs, signal });
  };
  return {
    send: async (parcel, signal): Promise<SendResult> => {
      const phone = parcel.to?.account ?? parcel.to?.phone ?? '';
      if (phone === '') return { kind: 'rejected', detail: 'the person has no telephone number' };
      const headers = {
        'idempotency-key': parcel.message.key,
        ...(parcel.repeated ? { 'fengsui-repeat': 'unknown' } : {}),
      };
      return give(bodyOf(config, parcel, phone), headers, signal);
    },
    // It has neither number nor text, so that a gateway that does not know the test can ring nobody up.
    selfTest: (signal) => give(JSON.stringify({ test: true, channel: config.id }), {}, signal),
  };
}
