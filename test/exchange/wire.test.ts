import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { parseCap } from '#alerts/io/cap/check.ts';
import { CONSOLE, sampleRegistry, T0, transition } from '#alerts/testing/sample.ts';
import type { CapChannel, ChannelConfig, EbdChannel } from '#model/channel.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import { startEbdPlatform, stateResponse } from '#simulators/receivers/io/ebd.ts';
import { needs } from '#test/support/needs.ts';
import { openDesk, openReceiver, registryPort, stageContext, until } from '../alerts/support.ts';
import { hasVectors, mappedRegistry, VECTORS } from './support.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const SECRET = 'CAP_TEST_SECRET';
const capChannel = (url: string, more: Partial<CapChannel> = {}): CapChannel => ({
  id: 'city',
  kind: 'cap',
  url,
  secretEnv: SECRET,
  sender: '331004416@yjj.example.invalid',
  minLevel: 'yellow',
  timeoutMs: 2_000,
  accepts: ['live'],
  ...more,
});
const ebdChannel = (url: string): EbdChannel => ({
  id: 'loudspeakers',
  kind: 'ebd',
  url,
  secretEnv: null,
  sourceId: '433100400000010301',
  destinationId: '433100000000010101',
  minLevel: 'blue',
  timeoutMs: 2_000,
  accepts: ['live', 'drill'],
});

async function open(channels: readonly ChannelConfig[]) {
  const clock = openSteppedClock(T0);
  const registry = registryPort(mappedRegistry(sampleRegistry([CONSOLE, ...channels])));
  const desk = await openDesk(registry, stageContext(clock).context);
  closing.push(desk.close);
  /** Lets the stage's timers run as time passes. */
  const pass = (ms: number) => clock.advanceTo(clock.nowMs() + ms);
  return { desk, clock, pass };
}

const alertId = (desk: Awaited<ReturnType<typeof openDesk>>) =>
  until('an alert', () => desk.reader.list({ gridCodes: ['331004'] }, 10, null).items[0]?.id);

describe('an alert to a higher platform as CAP', () => {
  test('is one message a notice: Alert, Update with the whole chain, Cancel at the end; signed, and valid', async () => {
    process.env[SECRET] = 'a secret of the test';
    const city = await openReceiver();
    closing.push(city.close);
    const { desk } = await open([capChannel(city.url)]);
    desk.sees(transition({ n: 1, to: 'yellow' }));
    await until('the first', () => city.received.length === 1);
    desk.sees(transition({ n: 2, to: 'red', from: 'yellow' }));
    await until('the second', () => city.received.length === 2);
    const id = await alertId(desk);
    desk.does({
      id: 'x1',
      alertId: id,
      action: 'falseAlarm',
      by: 'c-disp',
      atMs: T0 + 1,
      from: 'console',
      note: '误报',
    });
    await until('the cancel', () => city.received.length === 3);

    const read = city.received.map(({ body }) => {
      const message = parseCap(body);
      if (!message.ok) throw new Error(JSON.stringify(message.error));
      return message.value.message;
    });
    expect(read.map(({ msgType, status }) => `${status} ${msgType}`)).toEqual([
      'Actual Alert',
      'Actual Update',
      'Actual Cancel',
    ]);
    expect(read.map(({ references }) => references.map(({ identifier }) => identifier))).toEqual([
      [],
      [read[0]?.identifier],
      [read[0]?.identifier, read[1]?.identifier],
    ]);
    expect(read.map(({ infos }) => infos[0]?.severity)).toEqual(['Moderate', 'Extreme', 'Unknown']);
    expect(read[1]?.infos.map(({ language }) => language)).toEqual(['zh-CN', 'en-US']);
    expect(read[1]?.infos[0]?.areas[0]?.geocodes).toContainEqual({ valueName: 'XZQH12', value: '331004001001' });
    expect(read[0]?.identifier).toMatch(/^33100441600000_20220603080000_\d$/);
    for (const { body, headers } of city.received)
      expect(headers['fengsui-signature']).toBe(
        `sha256=${createHmac('sha256', 'a secret of the test').update(body).digest('hex')}`,
      );
    expect(new Set(city.received.map(({ key }) => key)).size).toBe(3);
    if (needs('xmllint') && hasVectors)
      for (const { body } of city.received)
        execFileSync('xmllint', ['--noout', '--schema', `${VECTORS}/CAP-v1.2.xsd`, '-'], {
          input: body,
          stdio: 'pipe',
        });
  });

  test('is the same to the byte when its outcome is unknown, and does not leave when it is simulated', async () => {
    process.env[SECRET] = 'a secret of the test';
    const city = await openReceiver();
    closing.push(city.close);
    city.answer = (n) => (n === 0 ? { status: 503 } : undefined);
    const { desk, pass } = await open([capChannel(city.url)]);
    desk.sees(transition({ n: 1, to: 'red' }), transition({ n: 2, to: 'red', point: 'P2', origin: 'simulated' }));
    await until('both tries', () => {
      pass(1_000);
      return city.received.length === 2;
    });
    expect(city.received[1]?.body).toBe(city.received[0]?.body);
    expect(city.received[1]?.key).toBe(city.received[0]?.key);
    expect(city.received[0]?.body).toContain('<status>Actual</status>');
  });

  test('a test channel that takes simulated rows gets them as Test, and says the message again before it expires', async () => {
    process.env[SECRET] = 'a secret of the test';
    const city = await openReceiver();
    closing.push(city.close);
    const { desk, pass } = await open([capChannel(city.url, { accepts: ['simulated'] })]);
    desk.sees(transition({ n: 1, to: 'red', origin: 'simulated' }));
    // Its self-tests come to the same door, without a message.
    const messages = () => city.received.filter(({ body }) => body !== '');
    await until('the first', () => messages().length === 1);
    pass(5.5 * 3_600_000 + 1_000);
    await until('the second', () => {
      pass(1_000);
      return messages().length === 2;
    });
    expect(messages().map(({ body }) => /<status>(\w+)<.*<msgType>(\w+)</s.exec(body)?.slice(1))).toEqual([
      ['Test', 'Alert'],
      ['Test', 'Update'],
    ]);
  });
});

describe('an alert to the emergency broadcast', () => {
  test('is played from the policy’s level on, cancelled when it is over, and its state is heard', async () => {
    const platform = await startEbdPlatform();
    closing.push(platform.stop);
    const { desk, pass } = await open([ebdChannel(platform.url)]);
    desk.sees(transition({ n: 1, to: 'orange' }));
    const id = await alertId(desk);
    desk.sees(transition({ n: 2, to: 'red', from: 'orange' }));
    await until('it plays', () => platform.playing().length === 1);
    const [played] = platform.asked();
    expect(played).toMatchObject({ msgType: 1, severity: 1, areas: ['331004001001'], related: null });
    expect(played?.ebdId).toMatch(/^\d{34}$/);
    expect(played?.ebmId).toMatch(/^433100400000010301\d{12}$/);

    // The platform says by itself that it waits, then nothing: after a minute it is asked, and says that it plays.
    desk.does({
      id: 'e1',
      kind: 'exchange',
      format: 'ebd',
      source: 'api',
      xml: stateResponse(played?.ebmId ?? '', 1),
      by: 'api-token',
      atMs: T0,
      from: 'api',
      note: '',
    });
    const stateOf = () => desk.reader.deliveries(id).find(({ key }) => key === played?.key)?.state;
    await until('delivered', () => stateOf() === 'delivered');
    platform.answer(2);
    await until('heard', () => {
      pass(5_000);
      return stateOf() === 'heard';
    });
    expect(platform.asked().some(({ type }) => type === 'EBMStateRequest')).toBe(true);

    desk.does({
      id: 'e2',
      alertId: id,
      action: 'falseAlarm',
      by: 'c-disp',
      atMs: T0 + 1,
      from: 'console',
      note: '误报',
    });
    await until('silence', () => {
      pass(100);
      return platform.playing().length === 0;
    });
    expect(platform.asked().find(({ msgType }) => msgType === 2)).toMatchObject({ related: played?.ebmId });
  });

  test('a drill is not played unless it says so', async () => {
    const platform = await startEbdPlatform();
    closing.push(platform.stop);
    const { desk, pass } = await open([ebdChannel(platform.url)]);
    desk.sees(transition({ n: 1, to: 'red', origin: 'drill' }), transition({ n: 2, to: 'red', point: 'P2' }));
    await until('the real one', () => {
      pass(100);
      return platform.asked().length > 0;
    });
    expect(platform.asked().map(({ severity }) => severity)).toEqual([1]);
  });

  test('a platform’s no is kept', async () => {
    const platform = await startEbdPlatform();
    closing.push(platform.stop);
    platform.refuse(3);
    const { desk, pass } = await open([ebdChannel(platform.url)]);
    desk.sees(transition({ n: 1, to: 'red' }));
    const id = await alertId(desk);
    await until('it gives up', () => {
      pass(200);
      return desk.reader.deliveries(id).some(({ channel, state }) => channel === 'loudspeakers' && state === 'failed');
    });
    expect(desk.reader.deliveries(id).find(({ channel }) => channel === 'loudspeakers')?.detail).toContain(
      'ResultCode 3',
    );
  });
});
