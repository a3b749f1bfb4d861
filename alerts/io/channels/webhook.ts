/** The webhook channel: one POST a message, the delivery's key as `Idempotency-Key`, signed when it has a secret. */
import { createHmac } from 'node:crypto';
import type { ChannelConfig } from '#model/channel.ts';
import type { SendResult } from '../../retry.ts';
import type { Channel, Parcel } from './channel.ts';

type WebhookConfig = Extract<ChannelConfig, { kind: 'webhook' }>;

/** A repeat says the same under the same key, and says that it is one. */
export function webhookBody({ message, repeated }: Parcel): string {
  const text = repeated ? { zh: `【重发】${message.text.zh}`, en: `[REPEAT] ${message.text.en}` } : message.text;
  return JSON.stringify({ ...message, text, repeated });
}

/** `Retry-After` as seconds or as a date of the receiver's clock; null when there is none. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isFinite(atMs) ? Math.max(0, atMs - nowMs) : null;
}

const sign = (secret: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

/** Answers about this very message. Any other no is about the door (moved, locked, not there yet): it may open again. */
const ABOUT_THE_MESSAGE = new Set([400, 406, 409, 411, 412, 413, 414, 415, 417, 422, 431]);

function judge(response: Response): SendResult {
  const detail = `HTTP ${response.status}`;
  if (response.ok) return { kind: 'accepted', detail };
  if (ABOUT_THE_MESSAGE.has(response.status)) return { kind: 'rejected', detail };
  return { kind: 'away', detail, afterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()) };
}

/** Nothing was handed over when no connection came about. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** fetch itself only says `fetch failed`; the reason is its cause. */
function failureOf(thrown: unknown): SendResult {
  const outer = thrown instanceof Error ? thrown : new Error(String(thrown));
  const inner = outer.cause instanceof Error ? outer.cause : outer;
  const code = String((inner as { readonly code?: unknown }).code ?? '');
  const detail = inner.message || code || outer.message;
  return NEVER_CONNECTED.has(code) ? { kind: 'away', detail, afterMs: null } : { kind: 'unsure', detail };
}

export function openWebhook(config: WebhookConfig): Channel {
  return {
    send: async (parcel, signal) => {
      const secret = config.secretEnv === null ? undefined : process.env[config.secretEnv];
      // A receiver that checks signatures would refuse it, and one that does not must not get used to it.
      if (config.secretEnv !== null && (secret === undefined || secret === ''))
        return { kind: 'away', detail: `the secret ${config.secretEnv} is not set`, afterMs: null };
      const body = webhookBody(parcel);
      const headers = new Headers({ 'content-type': 'application/json; charset=utf-8' });
      headers.set('idempotency-key', parcel.message.key);
      if (parcel.repeated) headers.set('fengsui-repeat', 'unknown');
      if (secret !== undefined) headers.set('fengsui-signature', sign(secret, body));
      try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(config.timeoutMs)]);
        // A redirect would carry names to somebody who was not configured.
        const response = await fetch(config.url, { method: 'POST', headers, body, redirect: 'manual', signal: limit });
        await response.body?.cancel();
        return judge(response);
      } catch (cause) {
        return failureOf(cause);
      }
    },
  };
}
