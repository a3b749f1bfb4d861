import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { openClock } from '#model/io/clock.ts';
import type { BrokerLimits } from './config.ts';
import { ensureCredential } from './io/credentials.ts';
import { startBroker } from './main.ts';

const STATUS = 'fengsui/v1/edge/t1/e1/status';
/** A CONNECT that announces forty bytes and sends two of them. */
const HALF_OPEN = Buffer.from([0x10, 40, 0, 4]);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

async function until(what: string, isTrue: () => boolean, limitMs = 18_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function openBroker(limits: Partial<BrokerLimits>) {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-broker-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const credentialsFile = join(folder, 'credentials.json');
  const edge = ensureCredential(credentialsFile, 'e1', { kind: 'edge', township: 't1', origin: 'simulated' });
  const passwords = new Map([['e1', edge ?? '']]);
  for (const user of ['svc-ingest', 'svc-console'])
    passwords.set(user, ensureCredential(credentialsFile, user, { kind: 'service' }) ?? '');
  const counted = new Map<string, number>();
  const broker = await startBroker(
    { host: '127.0.0.1', port: 0, credentialsFile, limits },
    {
      clock: openClock({ kind: 'real' }),
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      metrics: {
        count: (name, labels = {}) => {
          const key = [name, ...Object.values(labels)].join(' ');
          counted.set(key, (counted.get(key) ?? 0) + 1);
        },
        gauge: (name, value) => void counted.set(name, value),
      },
      probe: () => undefined,
      signal: new AbortController().signal,
    },
  );
  cleanups.push(() => broker.stop());
  const connect = async (user: string): Promise<MqttClient> => {
    const login = { clientId: user, username: user, password: passwords.get(user) ?? '' };
    const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
      ...login,
      protocolVersion: 4,
      reconnectPeriod: 0,
    });
    client.on('error', () => undefined);
    cleanups.push(() => client.endAsync(true));
    return client;
  };
  /** A connection that is no client, and whether it is still open. */
  const knock = (bytes: Buffer): { readonly socket: Socket; readonly isOpen: () => boolean } => {
    let isOpen = true;
    const socket = connectSocket(broker.port, '127.0.0.1', () => void socket.write(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      isOpen = false;
    });
    cleanups.push(() => socket.destroy());
    return { socket, isOpen: () => isOpen };
  };
  return { connect, knock, count: (key: string) => counted.get(key) ?? 0 };
}

describe('the limits of the broker', () => {
  it('a subscriber that stops reading delays nobody for more than 2.5 s, and is closed', async () => {
    const { connect, count } = await openBroker({ drainTimeoutMs: 1_000 });
    const frozen = await connect('svc-console');
    await frozen.subscribeAsync('fengsui/v1/edge/+/+/status');
    const reader = await connect('svc-ingest');
    const at: number[] = [];
    reader.on('message', () => at.push(performance.now()));
    await reader.subscribeAsync('fengsui/v1/edge/+/+/status', { qos: 1 });
    const edge = await connect('e1');
    const payload = 'x'.repeat(25_000);
    // Its kernel and ours hold some megabytes before anybody notices.
    frozen.stream.unpipe();
    frozen.stream.pause();
    expect(count('fengsui_broker_clients')).toBe(3);
    const startMs = performance.now();
    const messages = 2_000;
    for (let sent = 0; sent < messages; sent++) await edge.publishAsync(STATUS, payload, { qos: 1 });
    await until('all of them', () => at.length >= messages, 15_000);
    const gaps = at.map((ms, index) => ms - (at[index - 1] ?? startMs));
    expect(Math.max(...gaps)).toBeLessThan(2_500);
    expect(edge.connected && reader.connected).toBe(true);
    await until('the frozen one to be closed', () => count('fengsui_broker_clients') === 2, 10_000);
  }, 40_000);

  it('half-open CONNECTs keep no real client waiting and are closed in time', async () => {
    const { connect, knock } = await openBroker({ connectTimeoutMs: 2_000 });
    const hung = Array.from({ length: 300 }, () => knock(HALF_OPEN));
    const startMs = performance.now();
    const edge = await connect('e1');
    expect(performance.now() - startMs).toBeLessThan(2_000);
    await until('all to be closed', () => hung.every(({ isOpen }) => !isOpen()));
    expect(edge.connected).toBe(true);
  });

  it('one address has no more connections than its share, and all together none beyond the cap', async () => {
    const { connect, knock, count } = await openBroker({ connectionsPerAddress: 5, connectTimeoutMs: 20_000 });
    const taken = Array.from({ length: 5 }, () => knock(HALF_OPEN));
    await until('five connections', () => count('fengsui_broker_connections') === 5);
    const sixth = knock(HALF_OPEN);
    await until('the sixth to be closed', () => !sixth.isOpen());
    expect(count('fengsui_broker_refused_total connections')).toBe(1);
    expect(taken.every(({ isOpen }) => isOpen())).toBe(true);
    taken[0]?.socket.destroy();
    await until('a place', () => count('fengsui_broker_connections') === 4);
    expect((await connect('e1')).connected).toBe(true);

    const small = await openBroker({ connections: 2 });
    await small.connect('e1');
    await small.connect('svc-ingest');
    const third = small.knock(HALF_OPEN);
    await until('the third to be closed', () => !third.isOpen());
    expect(small.count('fengsui_broker_clients')).toBe(2);
  });
});
