import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openChannelReader } from '#alerts/io/channel-health/reader.ts';
import { CONSOLE, sampleRegistry, transition } from '#alerts/testing/sample.ts';
import type { Delivery } from '#model/alert.ts';
import type { ChannelConfig } from '#model/channel.ts';
import { openClock } from '#model/io/clock.ts';
import type { Level } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import { startRobot } from '#simulators/receivers/io/robots.ts';
import { openDesk, openReceiver, registryPort, stageContext, until } from '#test/alerts/support.ts';

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const base = { minLevel: 'blue', timeoutMs: 15_000, accepts: ['live'], secretEnv: null } as const;
const hook = (id: string, url: string, more: Partial<ChannelConfig & { timeoutMs: number }> = {}) =>
  ({ ...base, id, kind: 'webhook', url, ...more }) as ChannelConfig;

async function robot(perMinute = 10_000) {
  const fake = await startRobot({ kind: 'wecom', key: 'k', perMinute });
  closing.push(fake.stop);
  return fake;
}
async function receiver() {
  const fake = await openReceiver();
  closing.push(fake.close);
  return Object.assign(fake, { posts: () => fake.received.filter(({ body }) => body !== '') });
}
const wecom = (url: string, more: Partial<ChannelConfig & { ratePerMinute: number }> = {}) =>
  ({ ...base, id: 'group', kind: 'wecom', url, ...more }) as ChannelConfig;

async function desk(channels: readonly ChannelConfig[]) {
  const registry = registryPort(sampleRegistry([CONSOLE, ...channels]));
  const { context, counts } = stageContext(openClock({ kind: 'real' }));
  const opened = await openDesk(registry, context);
  const health = openChannelReader(opened.dataDir);
  closing.push(opened.close, health.close);
  let n = 0;
  return {
    ...opened,
    counts,
    registry,
    /** One more alert: each point has several hazards, each round of them another rule. */
    raise: (to: Level = 'blue', origin: Origin = 'live'): void => {
      n++;
      const hazard = (['landslide', 'rainstorm', 'flood', 'fire', 'intrusion'] as const)[n % 5] ?? 'flood';
      opened.sees(transition({ n, to, point: `P${(n % 4) + 1}`, hazard, origin, rule: `r${n}@1` }));
    },
    rows: (channel: string): readonly Delivery[] =>
      opened.reader
        .list({ gridCodes: ['331004'] }, 1_000, null)
        .items.flatMap(({ id }) => opened.reader.deliveries(id))
        .filter((row) => row.channel === channel),
    health: (channel: string) => health.list().find((one) => one.channel === channel),
    ledger: () => opened.reader.eventsAfter(0, 10_000).filter(({ kind }) => kind === 'channel'),
  };
}

describe('a channel that never answers', () => {
  it('delays no other: the live one has told everything before the dead one has ended one attempt', async () => {
    const [dead, live] = [await receiver(), await receiver()];
    dead.answer = () => 'hang';
    const county = await desk([hook('dead', dead.url, { timeoutMs: 30_000 }), hook('live', live.url)]);
    for (let n = 0; n < 20; n++) county.raise('red');
    await until('the live one', () => county.rows('live').filter(({ state }) => state === 'sent').length === 20);
    expect(county.rows('dead').filter(({ state }) => state === 'sent')).toEqual([]);
    expect(county.rows('dead').filter(({ attempts }) => attempts > 1)).toEqual([]);
    await dead.close();
  });
});

describe('a channel that is down', () => {
  it('hands what waits to the next one, each message once, is on record, and is back after a quiet test', async () => {
    const [group, platform] = [await robot(), await receiver()];
    const county = await desk([
      wecom(group.url, { fallback: 'platform' }),
      hook('platform', platform.url, { minLevel: 'red' }),
    ]);
    group.behave({ kind: 'status', status: 503 });
    for (let n = 0; n < 12; n++) county.raise('yellow');
    await until('all told', () => platform.posts().length === 12);
    const ended = (channel: string, as: string) =>
      county.rows(channel).filter(({ state }) => state === as).length === 12;
    await until('all on record', () => ended('group', 'failed') && ended('platform', 'sent'));
    expect(group.posts()).toEqual([]);
    expect(new Set(platform.posts().map(({ key }) => key)).size).toBe(12);
    expect(platform.posts().every(({ key, body }) => key.endsWith('/*/platform') && !body.includes('重发'))).toBe(true);
    expect(county.rows('group')[0]?.detail).toBe('group: down; handed to platform');
    expect(county.health('group')).toMatchObject({ state: 'down' });
    // The way to it is open all the time, only its answers are bad: a quiet test lets one message try, which brings it up.
    group.behave({ kind: 'ok' });
    for (let told = 13; group.posts().length === 0; told++) {
      county.raise('yellow');
      await until('told by one of them', () => platform.posts().length + group.posts().length === told);
    }
    await until('it is up', () => county.health('group')?.state === 'up');
    const said = county.ledger().map(({ text }) => text.zh);
    expect(said[0]).toBe('渠道 group 不可用：HTTP 503，改由 platform 发送');
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/^渠道 group 已恢复/u);
    expect(
      county.counts.get('fengsui_deliveries_handed_over_total{"channel":"group","to":"platform"}'),
    ).toBeGreaterThan(8);
  });

  it('has taken what it may have taken: whoever takes over marks it as a repeat', async () => {
    const [group, platform] = [await robot(), await receiver()];
    const county = await desk([
      wecom(group.url, { fallback: 'platform' }),
      hook('platform', platform.url, { minLevel: 'red' }),
    ]);
    group.behave({ kind: 'cut' });
    county.raise('yellow');
    const [told] = await until('told by the other', () => (platform.posts().length > 0 ? platform.posts() : null));
    expect(group.posts().length).toBeGreaterThanOrEqual(3);
    expect(told?.body).toContain('【重发】');
    expect(told?.headers['fengsui-repeat']).toBe('unknown');
    await until('the row', () => county.rows('group')[0]?.state === 'failed');
    expect(county.rows('group')[0]?.detail).toBe(
      'group: down, outcome unknown; handed to platform, marked as a repeat',
    );
    expect(platform.posts()).toHaveLength(1);
  });

  it('that asks for a pause of hours holds nothing up: what waits goes to the next one at once', async () => {
    const [group, platform] = [await receiver(), await receiver()];
    group.answer = () => ({ status: 429, retryAfter: '7200' });
    const county = await desk([hook('group', group.url, { fallback: 'platform' }), hook('platform', platform.url)]);
    county.raise('red');
    const own = () => platform.posts().filter(({ key }) => key.endsWith('/*/platform'));
    // Both are told of it anyway, so the second of them has it already.
    await until('handed over', () => county.rows('group')[0]?.state === 'failed');
    expect(county.health('group')).toMatchObject({ state: 'down', detail: 'HTTP 429' });
    expect(group.posts()).toHaveLength(1);
    expect(own()).toHaveLength(1);
  });

  it('is remembered by a restart: nothing is tried on it first', async () => {
    const [group, platform] = [await robot(), await receiver()];
    const county = await desk([
      wecom(group.url, { fallback: 'platform' }),
      hook('platform', platform.url, { minLevel: 'red' }),
    ]);
    group.behave({ kind: 'status', status: 503 });
    county.raise();
    await until('told', () => platform.posts().length === 1);
    await county.stop();
    const before = group.requests().length;
    await group.stop();
    await county.restart();
    county.raise();
    await until('told again', () => platform.posts().length === 2);
    expect(group.requests()).toHaveLength(before);
    expect(county.rows('group').map(({ attempts }) => attempts)).toContain(0);
  });

  it('keeps its messages where nobody can take over, and sends each once when it is back', async () => {
    const [group, platform] = [await robot(), await receiver()];
    const county = await desk([
      wecom(group.url, { fallback: 'platform' }),
      hook('platform', platform.url, { minLevel: 'red' }),
    ]);
    group.behave({ kind: 'status', status: 503 });
    platform.answer = () => ({ status: 503 });
    for (let n = 0; n < 5; n++) county.raise();
    await until(
      'both are down',
      () => county.health('group')?.state === 'down' && county.health('platform')?.state === 'down',
    );
    platform.answer = () => undefined;
    group.behave({ kind: 'ok' });
    const open = () =>
      [...county.rows('group'), ...county.rows('platform')].filter(
        ({ state }) => state !== 'sent' && state !== 'failed',
      );
    await until('all told', () => county.rows('group').length === 5 && open().length === 0);
    const told = group.posts().length + county.rows('platform').filter(({ state }) => state === 'sent').length;
    expect(told).toBe(5);
  });

  it('hands nothing to one that must not have it', async () => {
    const [group, platform] = [await robot(), await receiver()];
    const county = await desk([
      wecom(group.url, { fallback: 'platform', accepts: ['live', 'drill'] }),
      hook('platform', platform.url, { minLevel: 'red' }),
    ]);
    group.behave({ kind: 'status', status: 503 });
    county.raise('yellow', 'drill');
    county.raise('yellow', 'live');
    await until('the live one', () => platform.posts().length === 1);
    expect(platform.posts()[0]?.body).toContain('"origin":"live"');
    const drill = county.rows('group').find(({ state }) => state === 'queued' || state === 'claimed');
    expect(drill).toBeDefined();
  });
});

describe('what a receiver says', () => {
  it('stands nowhere with the address of the person whom it went to', async () => {
    const server = createServer((socket) => {
      socket.write('220 mail.test\r\n');
      socket.on('data', (part) => {
        const line = String(part);
        if (/^EHLO/.test(line)) socket.write('250 mail.test\r\n');
        else if (/^RCPT/.test(line)) socket.write('550 5.1.1 <v1-head@example.cn> 13800001010 is unknown here\r\n');
        else socket.write('250 OK\r\n');
      });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const port = (server.address() as { port: number }).port;
    const mail: ChannelConfig = {
      ...base,
      id: 'mail',
      kind: 'email',
      host: '127.0.0.1',
      port,
      security: 'none',
      from: 'fengsui@county.example.cn',
      userEnv: null,
      passwordEnv: null,
    };
    const county = await desk([mail]);
    const now = county.registry.current();
    const people = [...now.people].map(([id, person]) => [id, { ...person, email: `${id}@example.cn` }] as const);
    county.registry.replace({ ...now, people: new Map(people) });
    county.raise('red');
    const failed = await until('it is given up', () => county.rows('mail').find(({ state }) => state === 'failed'));
    expect(failed.detail).toContain('550 5.1.1 <***@example.cn> 138**** is unknown here');
    const all = JSON.stringify(county.reader.eventsAfter(0, 10_000));
    expect(all).not.toContain('v1-head@example.cn');
    expect(all).not.toContain('13800001010');
  });
});

describe('a channel with a rate', () => {
  it('lets a red pass a minute that is full of blues, and counts no minute above its limit', async () => {
    const group = await robot();
    const county = await desk([wecom(group.url, { ratePerMinute: 8 })]);
    for (let n = 0; n < 12; n++) county.raise('blue');
    await until(
      'what the minute holds for blues',
      () => county.rows('group').filter(({ state }) => state === 'sent').length === 6,
    );
    county.raise('red');
    await until('the red', () => county.rows('group').filter(({ state }) => state === 'sent').length === 7);
    expect(group.posts()).toHaveLength(7);
    expect(group.posts().at(-1)?.text).toContain('红色');
    expect(county.rows('group').filter(({ state }) => state === 'queued')).toHaveLength(6);
  });
});

describe('a test that somebody asks for', () => {
  const test = (id: string, channel: string) =>
    ({ id, kind: 'channel', action: 'test', channel, by: 'c-disp', atMs: 0, from: 'api', note: '' }) as const;

  it('reaches nobody, and is answered on record', async () => {
    const group = await robot();
    const county = await desk([wecom(group.url)]);
    county.does(test('c1', 'group'));
    const entry = await until('the answer', () => county.ledger()[0]);
    expect(entry).toMatchObject({ by: 'c-disp', text: { zh: '渠道 group 自检正常：reached' } });
    expect(county.health('group')).toMatchObject({ state: 'up', lastOkAtMs: expect.any(Number) });
    await group.stop();
    county.does(test('c2', 'group'));
    const second = await until('the second', () => county.ledger()[1]);
    expect(second.text.zh).toMatch(/^渠道 group 自检失败：connect ECONNREFUSED/u);
    expect(group.requests()).toEqual([]);
    county.does(test('c3', 'console'));
    county.does(test('c4', 'nowhere'));
    expect(await until('c4', () => county.reader.commandResult('c4'))).toMatchObject({ ok: false });
    expect(county.reader.commandResult('c3')).toMatchObject({ ok: false });
  });
});
