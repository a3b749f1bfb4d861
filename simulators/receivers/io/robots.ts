/**
 * The other end of the three robots: it checks address and signature, reads the published forms, counts 20 posts a minute,
 * and answers as they do, always 200 with a code in the body. Written from the platforms' pages, not from our sender.
 */
import { createHmac } from 'node:crypto';
import { type Answer, type Incoming, type Receiver, startReceiver } from './receiver.ts';

export type RobotKind = 'wecom' | 'dingtalk' | 'feishu';
export type Posted = { readonly text: string; readonly named: readonly string[]; readonly atMs: number };
export type RobotOptions = {
  readonly kind: RobotKind;
  /** The part of the address that is the robot's key. */
  readonly key: string;
  readonly secret?: string;
  /** Default 20. */
  readonly perMinute?: number;
  readonly port?: number;
  readonly onPosted?: (posted: Posted) => void;
};
export type FakeRobot = Pick<Receiver, 'behave' | 'stop' | 'requests'> & {
  /** With the key in it. */
  readonly url: string;
  readonly posts: () => readonly Posted[];
  /** The next posts get this code and stand in no group; null: as usual. */
  readonly refuse: (code: number | null, message?: string) => void;
};

const MINUTE = 60_000;
const HOUR = 3_600_000;
const b64 = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('base64');
const ours = (kind: RobotKind, code: number, message: string): object =>
  kind === 'feishu' ? { code, msg: message, data: {} } : { errcode: code, errmsg: message };

type Body = {
  readonly msgtype?: unknown;
  readonly msg_type?: unknown;
  readonly text?: {
    readonly content?: unknown;
    readonly mentioned_list?: unknown;
    readonly mentioned_mobile_list?: unknown;
  };
  readonly content?: { readonly text?: unknown };
  readonly at?: { readonly atMobiles?: unknown; readonly atUserIds?: unknown };
  readonly timestamp?: unknown;
  readonly sign?: unknown;
};
const strings = (...lists: readonly unknown[]): readonly string[] =>
  lists.flatMap((list) => (Array.isArray(list) ? list.filter((one) => typeof one === 'string') : []));

/** Whether key and signature are the robot's own; the code that it refuses with otherwise. */
function refusal(options: RobotOptions, request: Incoming, body: Body): readonly [number, string] | null {
  const { kind, key, secret } = options;
  const url = new URL(request.path, 'http://robot');
  if (kind === 'wecom') return url.searchParams.get('key') === key ? null : [93000, 'invalid webhook url'];
  if (kind === 'dingtalk') {
    if (url.searchParams.get('access_token') !== key) return [300001, 'token is not exist'];
    if (secret === undefined) return null;
    const at = url.searchParams.get('timestamp') ?? '';
    const right = url.searchParams.get('sign') === b64(secret, `${at}\n${secret}`);
    return right && Math.abs(Number(at) - request.atMs) < HOUR ? null : [310000, 'sign not match'];
  }
  if (!url.pathname.endsWith(`/hook/${key}`)) return [19001, 'param invalid: incoming webhook access token invalid'];
  if (secret === undefined) return null;
  const right = body.sign === b64(`${String(body.timestamp)}\n${secret}`, '');
  return right && Math.abs(Number(body.timestamp) * 1_000 - request.atMs) < HOUR
    ? null
    : [19021, 'sign match fail or timestamp is not within one hour from current time'];
}

function postedOf(kind: RobotKind, body: Body, atMs: number): Posted | null {
  const text = kind === 'feishu' ? body.content?.text : body.text?.content;
  const type = kind === 'feishu' ? body.msg_type : body.msgtype;
  if (type !== 'text' || typeof text !== 'string' || text === '') return null;
  if (kind === 'wecom' && Buffer.byteLength(text) > 2_048) return null;
  if (kind === 'wecom')
    return { text, named: strings(body.text?.mentioned_list, body.text?.mentioned_mobile_list), atMs };
  if (kind === 'dingtalk') return { text, named: strings(body.at?.atMobiles, body.at?.atUserIds), atMs };
  return { text, named: [...text.matchAll(/<at user_id="([\w-]+)">/g)].map(([, id]) => id ?? ''), atMs };
}

const TOO_FAST = { wecom: 45009, dingtalk: 130101, feishu: 11232 } as const;
const PATHS: { readonly [K in RobotKind]: (key: string) => string } = {
  wecom: (key) => `/cgi-bin/webhook/send?key=${key}`,
  dingtalk: (key) => `/robot/send?access_token=${key}`,
  feishu: (key) => `/open-apis/bot/v2/hook/${key}`,
};

export async function startRobot(options: RobotOptions): Promise<FakeRobot> {
  const { kind, perMinute = 20 } = options;
  const posts: Posted[] = [];
  let told: readonly [number, string] | null = null;
  const take = (request: Incoming): Answer => {
    if (request.method !== 'POST') return { status: 405 };
    const say = (code: number, message: string): Answer => ({ body: ours(kind, code, message) });
    let body: Body;
    try {
      body = JSON.parse(request.text) as Body;
    } catch {
      return say(kind === 'feishu' ? 9499 : 40035, 'Bad Request');
    }
    const refused = told ?? refusal(options, request, body);
    if (refused !== null) return say(...refused);
    if (posts.filter(({ atMs }) => request.atMs - atMs < MINUTE).length >= perMinute)
      return say(TOO_FAST[kind], 'send too fast, frequency limited');
    const posted = postedOf(kind, body, request.atMs);
    if (posted === null) return say(kind === 'feishu' ? 9499 : 40035, 'Bad Request');
    posts.push(posted);
    options.onPosted?.(posted);
    return say(0, kind === 'feishu' ? 'success' : 'ok');
  };
  const receiver = await startReceiver(take, options.port);
  return {
    url: `${receiver.origin}${PATHS[kind](options.key)}`,
    requests: receiver.requests,
    behave: receiver.behave,
    stop: receiver.stop,
    posts: () => posts,
    refuse: (code, message = 'told to') => {
      told = code === null ? null : [code, message];
    },
  };
}
