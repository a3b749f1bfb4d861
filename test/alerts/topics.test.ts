import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { connectAsync } from 'mqtt';
import { afterEach, expect, it } from 'vitest';
import { CONSOLE, sampleRegistry, transition } from '#alerts/testing/sample.ts';
import { openClock } from '#model/io/clock.ts';
import { openDesk, registryPort, stageContext, until } from './support.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startBroker(port = 0): Promise<{ port: number; close: () => Promise<void> }> {
  const broker = await Aedes.createBroker();
  const server: Server = createServer(broker.handle);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: async () => {
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The retained alert topics of the broker, as they come. */
async function watchBoard(port: number) {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: `watch-${port}`, reconnectPeriod: 0 });
  const board = new Map<string, string>();
  client.on('message', (topic, payload) => {
    if (payload.length === 0) board.delete(topic);
    else board.set(topic, payload.toString());
  });
  await client.subscribeAsync('fengsui/v1/grid/+/+/+/+/alert', { qos: 1 });
  closing.push(() => client.endAsync(true));
  return board;
}

const P1 = 'fengsui/v1/grid/331004/331004001/331004001001/P1/alert';
const P2 = 'fengsui/v1/grid/331004/331004001/331004001002/P2/alert';
const GATEWAY = 'fengsui/v1/grid/331004/331004001/-/edge-1/alert';

it('keeps the retained topics as the open alerts are, also on a broker that comes back with nothing', async () => {
  const first = await startBroker();
  let broker = first;
  closing.push(() => broker.close());
  const { context } = stageContext(openClock({ kind: 'real' }));
  const mqtt = { url: `mqtt://127.0.0.1:${first.port}`, username: 'svc-alerts', password: 'x' };
  const county = await openDesk(registryPort(sampleRegistry([CONSOLE])), context, { mqtt });
  closing.push(county.close);
  const board = await watchBoard(first.port);

  county.sees(
    transition({ n: 1, to: 'orange' }),
    transition({ n: 2, to: 'blue', hazard: 'rainstorm' }),
    transition({ n: 3, to: 'red', point: 'P2' }),
    transition({ n: 4, to: 'yellow', edge: 'edge-1', hazard: 'equipment' }),
  );
  await until('three topics', () => board.size === 3 && (board.get(P1) ?? '').includes('rainstorm'));
  expect([...board.keys()].sort()).toEqual([P1, P2, GATEWAY].sort());
  const top = JSON.parse(board.get(P1) ?? '') as {
    level: string;
    origin: string;
    alerts: unknown[];
    text: { zh: string };
  };
  expect(top).toMatchObject({
    level: 'orange',
    hazard: 'landslide',
    origin: 'live',
    lifecycle: 'raised',
    condition: 'active',
  });
  expect(top.alerts).toHaveLength(2);
  expect(top.text.zh).toContain('青石岭');

  const [red] = county.reader.list({ gridCodes: ['331004'] }, 1, null).items;
  county.does({
    id: 'c',
    alertId: red?.id ?? '',
    action: 'falseAlarm',
    by: 'v2-head',
    atMs: Date.now(),
    from: 'console',
    note: '误报',
  });
  await until('the empty topic', () => !board.has(P2));

  await broker.close();
  broker = await startBroker(first.port);
  const again = await watchBoard(broker.port);
  await until('the topics to return', () => again.size === 2);
  expect([...again.keys()].sort()).toEqual([P1, GATEWAY].sort());
});

it('takes alerts while there is no broker, and says them when there is one', async () => {
  const first = await startBroker();
  await first.close();
  const { context } = stageContext(openClock({ kind: 'real' }));
  const mqtt = { url: `mqtt://127.0.0.1:${first.port}`, username: 'svc-alerts', password: 'x' };
  const county = await openDesk(registryPort(sampleRegistry([CONSOLE])), context, { mqtt });
  closing.push(county.close);
  county.sees(transition({ n: 1, to: 'orange' }));
  await until('the alert', () => county.reader.list({ gridCodes: ['331004'] }, 1, null).items.length === 1);
  const broker = await startBroker(first.port);
  closing.push(broker.close);
  const board = await watchBoard(broker.port);
  await until('the topic', () => board.has(P1));
});
