/**
 * What every channel over HTTP does alike: secrets from the environment, a signed POST with a time limit and no redirect,
 * and what an answer means. Addresses and secrets go into no detail: details stand in the ledger.
 */
import { createHmac } from 'node:crypto';
import type { SendResult } from '../../retry.ts';

type Found = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly away: SendResult };

const away = (detail: string): SendResult => ({ kind: 'away', detail, afterMs: null });

/** The value of a named secret; a receiver that checks signatures would refuse a message without, and none must get used to it. */
export function secretOf(name: string): Found {
  const value = process.env[name] ?? '';
  return value === '' ? { ok: false, away: away(`the secret ${name} is not set`) } : { ok: true, value };
}

/** The address with its `{NAME}` parts from the environment. */
export function addressOf(url: string): Found {
  let missing: string | undefined;
  const value = url.replace(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
    const part = process.env[name] ?? '';
    if (part === '') missing ??= name;
    return encodeURIComponent(part);
  });
  if (missing !== undefined) return { ok: false, away: away(`the secret ${missing} is not set`) };
  return URL.canParse(value) ? { ok: true, value } : { ok: false, away: away('the address is none') };
}

export const sign = (secret: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

/** `Retry-After` as seconds or as a date of the receiver's clock; null when there is none. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isFinite(atMs) ? Math.max(0, atMs - nowMs) : null;
}

/** Answers about this very message. Any other no is about the door (moved, locked, not there yet): it may open again. */
const ABOUT_THE_MESSAGE = new Set([400, 406, 409, 411, 412, 413, 414, 415, 417, 422, 431]);

export function judgeStatus(response: Response): SendResult {
  const detail = `HTTP ${response.status}`;
  if (response.ok) return { kind: 'accepted', detail };
  if (ABOUT_THE_MESSAGE.has(response.status)) return { kind: 'rejected', detail };
  return { kind: 'away', detail, afterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()) };
}

/** Nothing was handed over when no connection came about, or TLS showed a stranger. */
const NEVER_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_.*|ERR_SSL_.*|CERT_.*|UNABLE_TO_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN)$/;

export const codeOf = (thrown: unknown): string =>
  String((thrown as { readonly code?: unknown } | null | undefined)?.code ?? '');
export const neverConnected = (code: string): boolean => NEVER_CONNECTED.test(code);

/** fetch itself only says `fetch failed`; the reason is its cause. */
export function failureOf(thrown: unknown): SendResult {
  const outer = thrown instanceof Error ? thrown : new Error(String(thrown));
  const inner = outer.cause instanceof Error ? outer.cause : outer;
  const code = codeOf(inner);
  const detail = inner.message || code || outer.message;
  return neverConnected(code) ? away(detail) : { kind: 'unsure', detail };
}

/** Answers that are read at all are short. */
const ANSWER_AT_MOST = 65_536;

async function readShort(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const part of response.body ?? []) {
    text += decoder.decode(part as Uint8Array, { stream: true });
    if (text.length > ANSWER_AT_MOST) break; // Leaving the loop cancels the body.
  }
  return text;
}

export type Post = {
  readonly url: string;
  readonly body: string;
  readonly headers?: { readonly [name: string]: string };
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What a 2xx answer's text means; absent: it is taken. */
  readonly judge?: (text: string) => SendResult;
};

/** One POST of JSON. A redirect is not followed: it would carry names to somebody who was not configured. */
export async function post({ url, body, headers, timeoutMs, signal, judge }: Post): Promise<SendResult> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const all = { 'content-type': 'application/json; charset=utf-8', ...headers };
    const response = await fetch(url, { method: 'POST', headers: all, body, redirect: 'manual', signal: limit });
    const said = judgeStatus(response);
    if (judge === undefined || said.kind !== 'accepted') {
      await response.body?.cancel();
      return said;
    }
    return judge(await readShort(response));
  } catch (cause) {
    return failureOf(cause);
  }
}

/** Whether somebody answers HTTP there; what he says of a question without a message is no matter, unless he is broken. */
export async function probe(url: string, timeoutMs: number, signal: AbortSignal): Promise<SendResult> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const response = await fetch(url, { method: 'OPTIONS', redirect: 'manual', signal: limit });
    await response.body?.cancel();
    const detail = `HTTP ${response.status} to OPTIONS`;
    return response.status < 500 ? { kind: 'accepted', detail } : away(detail);
  } catch (cause) {
    const failed = failureOf(cause);
    return away(failed.detail);
  }
}
