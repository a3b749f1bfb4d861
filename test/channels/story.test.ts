import { afterEach, describe, expect, it } from 'vitest';
import { openCallReader } from '#alerts/io/calls/reader.ts';
import { CONSOLE, transition } from '#alerts/testing/sample.ts';
import type { ChannelConfig } from '#model/channel.ts';
import type { ReceiptCommand } from '#model/command.ts';
import { openClock } from '#model/io/clock.ts';
import { startGateway } from '#simulators/receivers/io/gateway.ts';
import { openDesk, registryPort, stageContext, until } from '#test/alerts/support.ts';
import { registry as withPhones } from './parcel.ts';

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const sms = (id: string, url: string, fallback?: string): ChannelConfig => ({
  id,
  kind: 'sms-gateway',
  url,
  secretEnv: null,
  minLevel: 'blue',
  timeoutMs: 2_000,
  accepts: ['live'],
  ...(fallback === undefined ? {} : { fallback }),
});

const receipt = (id: string, channel: string, key: string, event: 'answered' | 'delivered'): ReceiptCommand => ({
  id,
  kind: 'receipt',
  by: channel,
  atMs: Date.now(),
  from: channel,
  note: '',
  receipts: [{ key, channel, from: null, event, atMs: Date.now(), detail: '' }],
});

describe('the night on which the first gateway is dead', () => {
  it('each person is asked by the second one, once, and his answer there counts', async () => {
    const [first, second] = [await startGateway(), await startGateway()];
    closing.push(first.stop, second.stop);
    first.behave({ kind: 'status', status: 503 });
    const channels = [CONSOLE, sms('sms', first.url, 'sms-2'), sms('sms-2', second.url)];
    const county = await openDesk(
      registryPort({ ...withPhones, channels }),
      stageContext(openClock({ kind: 'real' })).context,
    );
    const calls = openCallReader(county.dataDir);
    closing.push(county.close, calls.close);
    const people = () => calls.list({ gridCodes: ['331004'] }, 100, null).items;

    // An orange at 青石岭: village, township and the county's desk are asked.
    county.sees(transition({ n: 1, to: 'orange' }));
    const asked = await until('the calls', () => (people().length > 1 ? people() : null));
    await until('all asked by the second', () => new Set(second.received().map(({ to }) => to)).size === asked.length);
    expect(first.received()).toEqual([]);
    const [message] = second.received();
    expect(message?.key).toMatch(/\/sms-2$/);
    expect(message?.text).toMatch(/^青石岭滑坡橙色预警：.+收到请回复1/u);
    expect([...second.keys().values()].every((times) => times === 1)).toBe(true);

    // The second gateway says that one of them has answered: that is an answer to what the first was to ask.
    const personId = (message?.key ?? '').split('/').at(-2);
    county.does(receipt('r1', 'sms-2', message?.key ?? '', 'answered'));
    await until('his answer', () => people().find((one) => one.personId === personId)?.state === 'answered');
    const said = county.reader.eventsAfter(0, 1_000).map(({ text }) => text.zh);
    expect(said.filter((text) => text === 'sms：不可用，改由 sms-2 发送').length).toBeGreaterThan(0);
  });
});
