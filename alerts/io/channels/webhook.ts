/** The webhook channel: one POST a message, the delivery's key as `Idempotency-Key`, signed when it has a secret. */
import type { WebhookChannel } from '#model/channel.ts';
import { REPEAT_MARK } from '../../channels/advice.ts';
import type { Channel, Parcel } from './channel.ts';
import { addressOf, post, probe, secretOf, sign } from './http.ts';

/** A repeat says the same under the same key, and says that it is one. */
export function webhookBody({ message, repeated }: Parcel): string {
  const { zh, en } = message.text;
  const text = repeated ? { zh: `${REPEAT_MARK.zh}${zh}`, en: `${REPEAT_MARK.en}${en}` } : message.text;
  return JSON.stringify({ ...message, text, repeated });
}

export function openWebhook(config: WebhookChannel): Channel {
  const { timeoutMs } = config;
  return {
    send: async (parcel, signal) => {
      const url = addressOf(config.url);
      if (!url.ok) return url.away;
      const secret = config.secretEnv === null ? null : secretOf(config.secretEnv);
      if (secret !== null && !secret.ok) return secret.away;
      const body = webhookBody(parcel);
      const headers = {
        'idempotency-key': parcel.message.key,
        ...(parcel.repeated ? { 'fengsui-repeat': 'unknown' } : {}),
        ...(secret === null ? {} : { 'fengsui-signature': sign(secret.value, body) }),
      };
      return post({ url: url.value, body, headers, timeoutMs, signal });
    },
    selfTest: async (signal) => {
      const url = addressOf(config.url);
      return url.ok ? probe(url.value, timeoutMs, signal) : url.away;
    },
  };
}
