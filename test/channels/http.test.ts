import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import type { Channel } from '#alerts/io/channels/channel.ts';
import { openChannel } from '#alerts/io/channels/registry.ts';
import type { ChannelConfig, SendingChannel } from '#model/channel.ts';
import { startGateway } from '#simulators/receivers/io/gateway.ts';
import { type RobotKind, startRobot } from '#simulators/receivers/io/robots.ts';
import { needs } from '#test/support/needs.ts';
import { parcel, registry, tools, WHO } from './parcel.ts';
import { makeCertificate } from './smtp-sink.ts';

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const never = new AbortController().signal;

function secret(name: string, value: string): string {
  process.env[name] = value;
  closing.push(() => delete process.env[name]);
  return name;
}
const base = { id: 'x', minLevel: 'blue', timeoutMs: 2_000, accepts: ['live'] } as const;
function open(config: ChannelConfig, now = registry): Channel {
  const channel = openChannel(config, tools(now));
  if (channel === null) throw new Error('no channel');
  return channel;
}

async function gateway(kind: 'sms-gateway' | 'voice-gateway', timeoutMs = 2_000) {
  const fake = await startGateway({ secret: 'gate-secret' });
  closing.push(fake.stop);
  const secretEnv = secret('FENGSUI_TEST_GATE', 'gate-secret');
  return { fake, channel: open({ ...base, kind, url: fake.url, secretEnv, timeoutMs }) };
}

describe('a gateway for short messages', () => {
  it('gets number, text and key, signed; a repeat says 重发 under the same key', async () => {
    const { fake, channel } = await gateway('sms-gateway');
    expect(await channel.send(parcel(), never)).toMatchObject({ kind: 'accepted' });
    expect(await channel.send(parcel({ repeated: true, origin: 'drill' }), never)).toMatchObject({ kind: 'accepted' });
    const [first, second] = fake.received();
    expect(first).toMatchObject({ to: '13800001010', key: 'a1/1/1/0/v1-head/x', repeated: false, again: false });
    expect(first?.text).toMatch(/^青石岭滑坡红色预警：.+请立即组织转移，远离坡脚。收到请回复1，不能到位请回复2。$/u);
    expect(second).toMatchObject({ repeated: true, again: true });
    expect(second?.text).toMatch(/^【重发】【演练】/u);
    expect([...fake.keys()]).toEqual([['a1/1/1/0/v1-head/x', 2]]);
  });

  it('is tried without reaching anybody', async () => {
    const { fake, channel } = await gateway('sms-gateway');
    expect(await channel.selfTest?.(never)).toMatchObject({ kind: 'accepted' });
    expect([fake.pings(), fake.received().length]).toEqual([1, 0]);
    process.env['FENGSUI_TEST_GATE'] = 'another';
    expect(await channel.selfTest?.(never)).toEqual({ kind: 'away', detail: 'HTTP 401', afterMs: null });
  });

  it.each([
    [
      { kind: 'status', status: 429, retryAfterS: 7 },
      { kind: 'away', afterMs: 7_000 },
    ],
    [{ kind: 'status', status: 500 }, { kind: 'away' }],
    [{ kind: 'status', status: 422 }, { kind: 'rejected' }],
    [
      { kind: 'status', status: 307 },
      { kind: 'away', detail: 'HTTP 307' },
    ],
    [{ kind: 'slow', ms: 50 }, { kind: 'accepted' }],
    [{ kind: 'dead' }, { kind: 'unsure' }],
    [{ kind: 'cut' }, { kind: 'unsure' }],
  ] as const)('that is %o is understood as %o', async (behaviour, result) => {
    const { fake, channel } = await gateway('sms-gateway', 300);
    fake.behave(behaviour);
    expect(await channel.send(parcel(), never)).toMatchObject(result);
  });

  it('that is not there at all has taken nothing', async () => {
    const { fake, channel } = await gateway('sms-gateway');
    await fake.stop();
    closing.pop();
    expect(await channel.send(parcel(), never)).toMatchObject({ kind: 'away' });
  });

  it('is not asked about somebody without a number, nor without its secret', async () => {
    const { fake, channel } = await gateway('sms-gateway');
    expect(await channel.send(parcel({ to: { ...WHO, phone: '' } }), never)).toMatchObject({ kind: 'rejected' });
    process.env['FENGSUI_TEST_GATE'] = '';
    expect(await channel.send(parcel(), never)).toMatchObject({
      kind: 'away',
      detail: 'the secret FENGSUI_TEST_GATE is not set',
    });
    expect(fake.requests()).toEqual([]);
  });
});

describe('a gateway for calls', () => {
  it('gets a text to speak, twice, and the keys to press', async () => {
    const { fake, channel } = await gateway('voice-gateway');
    expect(await channel.send(parcel(), never)).toMatchObject({ kind: 'accepted' });
    const body = JSON.parse(fake.requests()[0]?.text ?? '{}') as { readonly [key: string]: unknown };
    expect(body['keys']).toEqual({ '1': 'answered', '2': 'cannot' });
    expect(body['text']).toMatch(/重复一遍：.*听到请按1/u);
  });
});

const SECRET = 'SEC000000000000000000';

describe.each<{ readonly kind: RobotKind; readonly tooFast: number; readonly stranger: number }>([
  { kind: 'wecom', tooFast: 45009, stranger: 93000 },
  { kind: 'dingtalk', tooFast: 130101, stranger: 310000 },
  { kind: 'feishu', tooFast: 11232, stranger: 19021 },
])('a robot of $kind', ({ kind, tooFast, stranger }) => {
  const signed = kind !== 'wecom';
  async function robot(now = registry) {
    const fake = await startRobot({ kind, key: 'k-1', ...(signed ? { secret: SECRET } : {}) });
    closing.push(fake.stop);
    secret('FENGSUI_TEST_KEY', 'k-1');
    const secretEnv = signed ? secret('FENGSUI_TEST_SECRET', SECRET) : null;
    const config: SendingChannel = { ...base, kind, url: fake.url.replace('k-1', '{FENGSUI_TEST_KEY}'), secretEnv };
    return { fake, channel: open(config, now) };
  }

  it('posts the notice in the group, signed, and names those who are asked', async () => {
    const { fake, channel } = await robot();
    expect(await channel.send(parcel({ to: null }), never)).toEqual({ kind: 'accepted', detail: 'code 0' });
    const [post] = fake.posts();
    expect(post?.text).toContain('青石岭滑坡红色预警');
    expect(post?.text).toContain('通知：上湾支书');
    // Feishu knows nobody by telephone.
    expect(post?.named).toEqual(kind === 'feishu' ? [] : ['13800001010']);
  });

  it('names people by their account on the platform where the registry has it', async () => {
    const people = new Map(registry.people);
    const head = people.get('v1-head');
    if (head !== undefined) people.set('v1-head', { ...head, accounts: { x: 'ou_7a8b' } });
    const { fake, channel } = await robot({ ...registry, people });
    await channel.send(parcel({ to: null }), never);
    expect(fake.posts()[0]?.named).toEqual(['ou_7a8b']);
  });

  it('takes 20 a minute; the next one waits and is not lost', async () => {
    const { fake, channel } = await robot();
    for (let n = 0; n < 20; n++) await channel.send(parcel({ to: null }), never);
    expect(await channel.send(parcel({ to: null }), never)).toEqual({
      kind: 'away',
      detail: `code ${tooFast} send too fast, frequency limited`,
      afterMs: 60_000,
    });
    expect(fake.posts()).toHaveLength(20);
  });

  it('refuses a stranger in a 200, which is a refusal all the same', async () => {
    const { fake, channel } = await robot();
    process.env[signed ? 'FENGSUI_TEST_SECRET' : 'FENGSUI_TEST_KEY'] = 'wrong';
    const said = await channel.send(parcel({ to: null }), never);
    expect(said).toMatchObject({ kind: 'away', afterMs: null });
    expect(said.detail).toContain(`code ${stranger}`);
    expect(said.detail).not.toContain(SECRET);
    expect(fake.posts()).toEqual([]);
    fake.refuse(40035, 'invalid parameter');
    expect(await channel.send(parcel({ to: null }), never)).toMatchObject({ kind: 'rejected' });
  });

  it('is tried without a word in the group', async () => {
    const { fake, channel } = await robot();
    expect(await channel.selfTest?.(never)).toMatchObject({ kind: 'accepted' });
    expect(fake.requests()).toEqual([]);
    await fake.stop();
    expect(await channel.selfTest?.(never)).toMatchObject({ kind: 'away' });
    closing.splice(0, 1);
  });
});

describe('a platform behind a redirect', () => {
  it('is not followed: names would go to somebody who was not configured', async () => {
    const other = await startGateway();
    closing.push(other.stop);
    const door = createServer((_, response) => response.writeHead(307, { location: other.url }).end());
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => door.close(resolve)));
    const address = door.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/`;
    for (const kind of ['webhook', 'sms-gateway', 'wecom'] as const)
      expect(await open({ ...base, kind, url, secretEnv: null }).send(parcel(), never)).toMatchObject({
        kind: 'away',
        detail: 'HTTP 307',
      });
    expect(other.requests()).toEqual([]);
  });
});

describe.skipIf(!needs('openssl'))('a platform under TLS', () => {
  it('whose certificate nobody has signed gets nothing, and is the same platform once it is known', async () => {
    const certificate = makeCertificate();
    closing.push(certificate.distrust, certificate.remove);
    const bodies: string[] = [];
    const files = { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) };
    const server = createTlsServer(files, (request, response) => {
      bodies.push(request.method ?? '');
      request.resume();
      response.end('{"errcode":0}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(
      () => new Promise((resolve) => server.close(resolve)),
      () => server.closeAllConnections(),
    );
    const address = server.address();
    const url = `https://localhost:${typeof address === 'object' ? (address?.port ?? 0) : 0}/`;
    for (const kind of ['webhook', 'sms-gateway', 'wecom'] as const) {
      const channel = open({ ...base, kind, url, secretEnv: null });
      expect(await channel.send(parcel(), never)).toMatchObject({
        kind: 'away',
        detail: expect.stringMatching(/certificate/),
      });
      expect(await channel.selfTest?.(never)).toMatchObject({
        kind: 'away',
        detail: expect.stringMatching(/certificate/),
      });
    }
    expect(bodies).toEqual([]);
    certificate.trust();
    for (const kind of ['webhook', 'wecom'] as const) {
      const channel = open({ ...base, kind, url, secretEnv: null });
      expect(await channel.send(parcel(), never)).toMatchObject({ kind: 'accepted' });
      expect(await channel.selfTest?.(never)).toMatchObject({ kind: 'accepted' });
    }
  });
});
