import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Call } from '#model/call.ts';
import type { ChannelConfig } from '#model/channel.ts';
import type { DeskCommand } from '#model/command.ts';
import { asToken, startUnderTest, type Under } from './support/console-under-test.ts';
import { fakeAlert } from './support/fake-alert.ts';
import { fakePorts } from './support/fake-ports.ts';

const SECRET_ENV = 'FENGSUI_TEST_SMS_SECRET';
const gateway = (id: string, secretEnv: string | null): ChannelConfig => ({
  id,
  kind: 'sms-gateway',
  url: 'http://127.0.0.1:1/',
  secretEnv,
  minLevel: 'blue',
  timeoutMs: 1_000,
  accepts: ['live'],
});
const CALL: Call = {
  key: 'a-1/1/p-member',
  alertId: 'a-1',
  round: 1,
  personId: 'p-member',
  name: '网格员',
  gridCode: '999900001001',
  tier: 3,
  post: 'member',
  reason: { zh: '网格员', en: 'member' },
  state: 'silent',
  step: 0,
  standsInFor: null,
  tries: 3,
  triesAtMost: 3,
  channels: ['sms'],
  askedAtMs: 1,
  nextDueMs: null,
  endedAtMs: 300_001,
  by: null,
};

let under: Under;
beforeAll(async () => {
  process.env[SECRET_ENV] = 'beacon';
  const fakes = fakePorts();
  const county = fakes.ports.registry.current();
  const channels = [...county.channels, gateway('sms', SECRET_ENV), gateway('open', null)];
  const registry = { ...fakes.ports.registry, current: () => ({ ...county, channels }) };
  const calls = { list: () => ({ items: [CALL], next: null }), ofAlert: () => [CALL] };
  const ports = { ...fakes.ports, registry, parts: { ...fakes.ports.parts, calls } };
  under = await startUnderTest({}, { ...fakes, ports });
});
beforeEach(() => under.alerts.put(fakeAlert()));
afterAll(async () => {
  delete process.env[SECRET_ENV];
  await under.stop();
});

const post = (path: string, body: string, headers: Record<string, string>): Promise<Response> =>
  fetch(`${under.base}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
const sign = (body: string, secret = 'beacon') => ({
  'fengsui-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});
const newest = (): DeskCommand | undefined => under.alerts.commandsSeen.at(-1);

describe('receipts of a gateway', () => {
  const receipts = [{ from: '13800000006', event: 'answered', detail: '1' }];
  const body = JSON.stringify({ channel: 'sms', receipts });

  test('are taken when the channel’s own secret signed the very bytes', async () => {
    expect((await post('/receipts', body, sign(body))).status).toBe(200);
    expect(newest()).toMatchObject({
      kind: 'receipt',
      by: 'channel:sms',
      receipts: [{ ...receipts[0], channel: 'sms', key: null }],
    });
  });

  test('are refused unsigned, with another secret, over other bytes, and for a channel that has none', async () => {
    const before = under.alerts.commandsSeen.length;
    const open = JSON.stringify({ channel: 'open', receipts });
    const tries: readonly (readonly [string, Record<string, string>])[] = [
      [body, {}],
      [body, sign(body, 'torch')],
      [body, sign(`${body} `)],
      [body, { 'fengsui-signature': 'sha256=' }],
      [open, sign(open)],
      [open, sign(open, '')],
    ];
    for (const [text, headers] of tries) expect((await post('/receipts', text, headers)).status).toBe(401);
    expect(under.alerts.commandsSeen).toHaveLength(before);
    expect((await post('/receipts', open, asToken)).status).toBe(200);
  });

  test('from a clock that is ahead, or of another day, count from when they are heard', async () => {
    const wrong = JSON.stringify({
      channel: 'sms',
      receipts: [
        { ...receipts[0], atMs: 9e15 },
        { ...receipts[0], atMs: 5 },
      ],
    });
    const before = Date.now();
    expect((await post('/receipts', wrong, sign(wrong))).status).toBe(200);
    const command = newest();
    const instants = command?.kind === 'receipt' ? command.receipts.map(({ atMs }) => atMs) : [];
    expect(instants).toHaveLength(2);
    for (const atMs of instants) expect(atMs).toBeGreaterThanOrEqual(before);
    for (const atMs of instants) expect(atMs).toBeLessThanOrEqual(Date.now());
  });
});

describe('an answer', () => {
  const answer = async (user: string, body: object) =>
    (await post('/alerts/a-1/answer', JSON.stringify(body), { cookie: await under.cookieOf(user) })).status;

  test('is given by the one who was asked, and by nobody for him', async () => {
    expect(await answer('p-member', { action: 'cannot', note: '在外地' })).toBe(200);
    expect(newest()).toMatchObject({ kind: 'call', personId: 'p-member', by: 'p-member', action: 'cannot' });
    expect(await answer('p-head', {})).toBe(403);
    expect(await answer('p-head', { person: 'p-member' })).toBe(403);
    expect(await answer('p-member', { person: 'p-head' })).toBe(403);
  });

  test('by other means is written down with who reached him and how', async () => {
    const body = JSON.stringify({ person: 'p-member', means: 'gong', note: '鸣锣叫醒' });
    const response = await post('/alerts/a-1/reached', body, { cookie: await under.cookieOf('p-head') });
    expect(response.status).toBe(200);
    expect(newest()).toMatchObject({ action: 'reached', means: 'gong', by: 'p-head', personId: 'p-member' });
    const unknown = JSON.stringify({ person: 'p-member', means: 'dream' });
    expect((await post('/alerts/a-1/reached', unknown, { cookie: await under.cookieOf('p-head') })).status).toBe(400);
  });

  test('what is still asked of somebody stands on his own list', async () => {
    const response = await fetch(`${under.base}/api/v1/calls/mine`, {
      headers: { cookie: await under.cookieOf('p-member') },
    });
    const { items } = (await response.json()) as { items: readonly { alertId: string; alert: { level: string } }[] };
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ alertId: 'a-1', state: 'silent', tries: 3 });
    expect(items[0]?.alert).toMatchObject({ subjectName: { zh: expect.stringMatching(/./u) }, origin: 'simulated' });
  });

  test('what is asked for a drill says so in every list', async () => {
    under.alerts.put(fakeAlert({ origin: 'drill' }));
    for (const path of ['/calls', '/alerts/a-1/calls']) {
      const response = await fetch(`${under.base}/api/v1${path}`, { headers: asToken });
      const { items } = (await response.json()) as { items: readonly { origin: string }[] };
      expect(items.map(({ origin }) => origin)).toEqual(['drill']);
    }
  });
});
