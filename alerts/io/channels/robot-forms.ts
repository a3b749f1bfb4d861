/**
 * The published forms of the three robots: how a text is said, how people are named (@), how it is signed, and what their
 * codes mean. All three say no in the body of a 200.
 */
import { createHmac } from 'node:crypto';
import type { RobotChannel } from '#model/channel.ts';
import type { SendResult } from '../../retry.ts';

export type Mentioned = { readonly name: string; readonly phone: string; readonly account: string | null };
export type Robot = {
  /** The body; `nowS` and `secret` only where the platform signs in the body. */
  readonly body: (text: string, named: readonly Mentioned[], secret: string | null, nowMs: number) => object;
  /** The address to post to. */
  readonly url: (url: string, secret: string | null, nowMs: number) => string;
  readonly judge: (text: string) => SendResult;
};

/** After a "too fast" the platforms let nothing pass for up to ten minutes; a minute later is soon enough to try. */
const TOO_FAST_MS = 60_000;

const away = (detail: string, afterMs: number | null = null): SendResult => ({ kind: 'away', detail, afterMs });

const hmac = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('base64');

export const dingtalkSign = (secret: string, nowMs: number): string => hmac(secret, `${nowMs}\n${secret}`);
export const feishuSign = (secret: string, nowS: number): string => hmac(`${nowS}\n${secret}`, '');

type Codes = {
  /** Said too often. */
  readonly tooFast: (code: number, message: string) => boolean;
  /** Busy, or about key, signature or address: whatever is sent gets the same answer until somebody mends it. */
  readonly door: ReadonlySet<number>;
};

function judge(text: string, codes: Codes): SendResult {
  let answer: { readonly [key: string]: unknown };
  try {
    const value: unknown = JSON.parse(text);
    answer = typeof value === 'object' && value !== null ? (value as typeof answer) : {};
  } catch {
    // Some proxy's page: whether the platform saw the message, nobody knows.
    return { kind: 'unsure', detail: 'the answer is not JSON' };
  }
  const code = answer['errcode'] ?? answer['code'] ?? answer['StatusCode'];
  if (typeof code !== 'number') return { kind: 'unsure', detail: 'the answer has no code' };
  const message = String(answer['errmsg'] ?? answer['msg'] ?? answer['StatusMessage'] ?? '').slice(0, 120);
  if (code === 0) return { kind: 'accepted', detail: 'code 0' };
  const detail = `code ${code}${message === '' ? '' : ` ${message}`}`;
  if (codes.tooFast(code, message)) return away(detail, TOO_FAST_MS);
  return codes.door.has(code) ? away(detail) : { kind: 'rejected', detail };
}

const accounts = (named: readonly Mentioned[]): readonly string[] => named.flatMap(({ account }) => account ?? []);
const phones = (named: readonly Mentioned[]): readonly string[] =>
  named.flatMap(({ account, phone }) => (account === null && phone !== '' ? [phone] : []));

const WECOM: Robot = {
  body: (content, named) => ({
    msgtype: 'text',
    text: { content, mentioned_list: accounts(named), mentioned_mobile_list: phones(named) },
  }),
  url: (url) => url,
  judge: (text) =>
    judge(text, { tooFast: (code) => code === 45009, door: new Set([-1, 40001, 40014, 42001, 93000, 93004]) }),
};

const DINGTALK: Robot = {
  // A name is only lit up where the text holds it.
  body: (content, named) => {
    const [atUserIds, atMobiles] = [accounts(named), phones(named)];
    const at = [...atUserIds, ...atMobiles].map((one) => `@${one}`).join(' ');
    const text = { content: at === '' ? content : `${content}\n${at}` };
    return { msgtype: 'text', text, at: { atMobiles, atUserIds, isAtAll: false } };
  },
  url: (url, secret, nowMs) => {
    if (secret === null) return url;
    const signed = new URL(url);
    signed.searchParams.set('timestamp', String(nowMs));
    signed.searchParams.set('sign', dingtalkSign(secret, nowMs));
    return signed.href;
  },
  judge: (text) =>
    judge(text, {
      tooFast: (code) => code === 130101 || code === 410100,
      door: new Set([-1, 300001, 300005, 310000, 400101, 400102]),
    }),
};

const FEISHU: Robot = {
  // It knows nobody by telephone; people are named by their open_id where the registry has it.
  body: (content, named, secret, nowMs) => {
    const at = named.flatMap(({ account, name }) =>
      account === null ? [] : [`<at user_id="${account.replace(/[^\w-]/g, '')}">${name.replace(/[<>&"]/g, '')}</at>`],
    );
    const nowS = Math.floor(nowMs / 1_000);
    const signed = secret === null ? {} : { timestamp: String(nowS), sign: feishuSign(secret, nowS) };
    const plain = content.replace(/</g, '＜').replace(/>/g, '＞');
    const text = at.length === 0 ? plain : `${plain}\n${at.join(' ')}`;
    return { ...signed, msg_type: 'text', content: { text } };
  },
  url: (url) => url,
  judge: (text) =>
    judge(text, {
      tooFast: (code, message) => code === 11232 || (code === 9499 && /too many|frequen|limit/i.test(message)),
      door: new Set([19001, 19021, 19022]),
    }),
};

export const ROBOTS: { readonly [K in RobotChannel['kind']]: Robot } = {
  wecom: WECOM,
  dingtalk: DINGTALK,
  feishu: FEISHU,
};
