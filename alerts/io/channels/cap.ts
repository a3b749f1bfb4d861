/** The CAP channel: one POST of the message that was made with the delivery, signed when it has a secret. */
import type { CapChannel } from '#model/channel.ts';
import { documentOf } from '../../cap/document.ts';
import type { Channel } from './channel.ts';
import { addressOf, post, probe, secretOf, sign } from './http.ts';

export function openCap(config: CapChannel): Channel {
  const { timeoutMs } = config;
  return {
    send: async ({ message, repeated }, signal) => {
      const document = documentOf(message, 'cap');
      if (document === null) return { kind: 'rejected', detail: 'no CAP message was made for this notice' };
      const url = addressOf(config.url);
      if (!url.ok) return url.away;
      const secret = config.secretEnv === null ? null : secretOf(config.secretEnv);
      if (secret !== null && !secret.ok) return secret.away;
      // A repeat is the same message to the byte: its identifier is what a receiver knows it by.
      const headers = {
        'content-type': 'application/cap+xml; charset=utf-8',
        'idempotency-key': message.key,
        ...(repeated ? { 'fengsui-repeat': 'unknown' } : {}),
        ...(secret === null ? {} : { 'fengsui-signature': sign(secret.value, document.body) }),
      };
      return post({ url: url.value, body: document.body, headers, timeoutMs, signal });
    },
    selfTest: async (signal) => {
      const url = addressOf(config.url);
      return url.ok ? probe(url.value, timeoutMs, signal) : url.away;
    },
  };
}
