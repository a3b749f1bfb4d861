/** An SMS or voice gateway that keeps its keys: docs/operations/channels.md is its protocol, this is its other end. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Answer, type Incoming, type Receiver, startReceiver } from './receiver.ts';

export type GatewayOptions = {
  /** Checks signatures with it; absent: takes anything. */
  readonly secret?: string;
  readonly port?: number;
  /** Where `answer` tells what came of a message, and as which channel. */
  readonly callback?: { readonly url: string; readonly channel: string };
  readonly onTaken?: (taken: Taken) => void;
};
export type Taken = {
  readonly key: string;
  readonly to: string;
  readonly text: string;
  readonly repeated: boolean;
  /** The key had been taken before: it was answered for, and not sent to anybody again. */
  readonly again: boolean;
  readonly atMs: number;
};
export type GatewayEvent = 'delivered' | 'read' | 'heard' | 'answered' | 'cannot' | 'failed';
export type Gateway = Pick<Receiver, 'behave' | 'stop' | 'requests'> & {
  /** Give it to the channel. */
  readonly url: string;
  /** Every message that was taken, in order. */
  readonly received: () => readonly Taken[];
  /** How often each key was taken. */
  readonly keys: () => ReadonlyMap<string, number>;
  /** Quiet tests that were answered. */
  readonly pings: () => number;
  /** Says what came of a message; the status of the answer. `from` instead of a key: only the sender is known. */
  readonly answer: (of: string | { readonly from: string }, event: GatewayEvent, detail?: string) => Promise<number>;
};

export const signatureOf = (secret: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

function isSigned({ headers, text }: Incoming, secret: string): boolean {
  const given = Buffer.from(String(headers['fengsui-signature'] ?? ''));
  const right = Buffer.from(signatureOf(secret, text));
  return given.length === right.length && timingSafeEqual(given, right);
}

type Body = { readonly [name: string]: unknown };

function bodyOf(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}

export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { secret, callback } = options;
  const taken: Taken[] = [];
  const keys = new Map<string, number>();
  let pings = 0;
  const take = (request: Incoming): Answer => {
    if (request.method !== 'POST') return { status: 405 };
    if (secret !== undefined && !isSigned(request, secret)) return { status: 401, body: { error: 'bad signature' } };
    const body = bodyOf(request.text);
    if (body?.['test'] === true) {
      pings++;
      return { body: { ok: true } };
    }
    const { key, to, text } = body ?? {};
    if (typeof key !== 'string' || typeof to !== 'string' || to === '' || typeof text !== 'string')
      return { status: 422, body: { error: 'key, to and text are needed' } };
    const before = keys.get(key) ?? 0;
    keys.set(key, before + 1);
    const one = { key, to, text, repeated: body?.['repeated'] === true, again: before > 0, atMs: request.atMs };
    taken.push(one);
    options.onTaken?.(one);
    return { status: 202, body: { ok: true, id: `g${taken.length}` } };
  };
  const receiver = await startReceiver(take, options.port);
  return {
    url: `${receiver.origin}/send`,
    requests: receiver.requests,
    behave: receiver.behave,
    stop: receiver.stop,
    received: () => taken,
    keys: () => keys,
    pings: () => pings,
    answer: async (of, event, detail = '') => {
      if (callback === undefined) throw new Error('this gateway was given no callback');
      const who = typeof of === 'string' ? { key: of, from: null } : { key: null, from: of.from };
      const receipts = [{ ...who, event, atMs: Date.now(), detail }];
      const body = JSON.stringify({ channel: callback.channel, receipts });
      const headers = new Headers({ 'content-type': 'application/json' });
      if (secret !== undefined) headers.set('fengsui-signature', signatureOf(secret, body));
      const signal = AbortSignal.timeout(10_000);
      const response = await fetch(callback.url, { method: 'POST', headers, body, signal });
      await response.body?.cancel();
      return response.status;
    },
  };
}
