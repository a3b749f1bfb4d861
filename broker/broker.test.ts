import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openClock } from '#model/io/clock.ts';
import type { Service } from '#model/ports.ts';
import { needs } from '#test/support/needs.ts';
import { ensureCredential, readCredentials, removeCredential, rotateCredential } from './io/credentials.ts';
import { startBroker } from './main.ts';

const run = promisify(execFile);
const UP = 'fengsui/v1/edge/t1/e1/up';
const ACK = 'fengsui/v1/edge/t1/e1/ack';

describe('the broker', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-broker-'));
  const file = join(folder, 'credentials.json');
  const counted: { [key: string]: number } = {};
  const open: MqttClient[] = [];
  const passwords: { [user: string]: string } = {};
  let broker: Service & { readonly port: number };
  const count = (key: string) => counted[key] ?? 0;

  const connect = async (user: string, more: Partial<IClientOptions> = {}): Promise<MqttClient> => {
    const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
      clientId: user,
      username: user,
      password: passwords[user] ?? '',
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...more,
    });
    open.push(client);
    return client;
  };
  const until = async (isTrue: () => boolean): Promise<void> => {
    const endMs = Date.now() + 8_000;
    while (!isTrue()) {
      if (Date.now() > endMs) throw new Error(`waited in vain: ${isTrue}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  beforeAll(async () => {
    for (const user of ['e1', 'e2'])
      passwords[user] = ensureCredential(file, user, { kind: 'edge', township: 't1', origin: 'simulated' }) ?? '';
    for (const user of ['svc-ingest', 'svc-alerts', 'svc-console'])
      passwords[user] = ensureCredential(file, user, { kind: 'service' }) ?? '';
    broker = await startBroker(
      { host: '127.0.0.1', port: 0, credentialsFile: file, limits: { connectTimeoutMs: 300 } },
      {
        clock: openClock({ kind: 'real' }),
        log: { info: () => undefined, warn: () => undefined, error: () => undefined },
        metrics: {
          count: (name, labels = {}) => {
            const key = [name, ...Object.values(labels)].join(' ');
            counted[key] = (counted[key] ?? 0) + 1;
          },
          gauge: (name, value) => {
            counted[name] = value;
          },
        },
        probe: () => undefined,
        signal: new AbortController().signal,
      },
    );
  });
  afterAll(async () => {
    for (const client of open) await client.endAsync(true);
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps passwords hashed in a file that only its owner reads', () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(ensureCredential(file, 'e1', { kind: 'edge', township: 't1', origin: 'simulated' })).toBeNull();
  });

  it('refuses a file of an earlier form by its version, and never takes it for an empty one', () => {
    const earlier = `${folder}/earlier.json`;
    writeFileSync(earlier, JSON.stringify({ version: 1, users: {} }));
    expect(readCredentials(earlier)).toMatchObject({ ok: false, error: expect.stringContaining('version 1, not 2') });
    expect(() => ensureCredential(earlier, 'e1', { kind: 'service' })).toThrow(/move it away/);
  });

  const refused: readonly [string, Partial<IClientOptions>][] = [
    ['a wrong password', { password: 'guess' }],
    ['an unknown user', { username: 'nobody', clientId: 'nobody' }],
    ['the client id of another', { clientId: 'e2' }],
    ['nobody at all', { username: '', password: '' }],
    ['a name with a control character', { clientId: 'e1\u0007', username: 'e1' }],
  ];
  it.each(refused)('refuses %s', async (_name, options) => {
    await expect(connect('e1', options)).rejects.toThrow(/refused|authorized|rejected|closed/i);
  });

  it('leaves the real device connected when somebody else comes with its client id', async () => {
    const real = await connect('e2');
    await expect(connect('e1', { clientId: 'e2' })).rejects.toThrow();
    expect(real.connected).toBe(true);
  });

  it('carries a batch from an edge to ingest and an ack back', async () => {
    const ingest = await connect('svc-ingest');
    await ingest.subscribeAsync('fengsui/v1/edge/+/+/up', { qos: 1 });
    ingest.on('message', (_topic, payload) => void ingest.publish(ACK, `ack of ${payload.toString()}`));
    const edge = await connect('e1');
    await edge.subscribeAsync(ACK, { qos: 1 });
    const heard: string[] = [];
    edge.on('message', (_topic, payload) => void heard.push(payload.toString()));
    await edge.publishAsync(UP, 'one', { qos: 1 });
    await until(() => heard.includes('ack of one'));
  });

  it('answers a denied publish and drops it, so that what is behind it comes through', async () => {
    const ingest = await connect('svc-ingest');
    const heard: string[] = [];
    ingest.on('message', (topic, payload) => void heard.push(`${topic} ${payload.toString()}`));
    await ingest.subscribeAsync('fengsui/v1/edge/+/+/up', { qos: 1 });
    const edge = await connect('e1');
    await edge.publishAsync('fengsui/v1/edge/t1/e2/up', 'foreign', { qos: 1 });
    await edge.publishAsync('$SYS/x/new/clients', 'svc-ingest', { qos: 1 });
    await edge.publishAsync(`fengsui/v1/edge/t1/e1/${'x'.repeat(300)}`, 'long', { qos: 2 });
    await edge.publishAsync(UP, 'mine', { qos: 1 });
    await until(() => heard.length > 0);
    expect(heard).toEqual([`${UP} mine`]);
    expect(edge.connected && ingest.connected).toBe(true);
    expect(count('fengsui_broker_denied_total publish foreign')).toBeGreaterThan(0);
    expect(count('fengsui_broker_denied_total publish system')).toBeGreaterThan(0);
  });

  it.each(['#', '+/+', 'fengsui/v1/edge/+/+/ack', '$SYS/#', `$share/g/${ACK}`])(
    'does not grant an edge the filter %s',
    async (filter) => {
      const edge = await connect('e1');
      await expect(edge.subscribeAsync(filter)).rejects.toThrow(/128|Unspecified/);
      expect(edge.connected).toBe(true);
    },
  );

  it('drops a last will to a foreign topic and delivers one to its own status', async () => {
    const watcher = await connect('svc-ingest');
    const heard: string[] = [];
    watcher.on('message', (topic) => void heard.push(topic));
    await watcher.subscribeAsync('fengsui/v1/edge/+/+/status', { qos: 1 });
    const will = (topic: string) => ({ topic, payload: Buffer.from('lost'), qos: 1 as const, retain: true });
    (await connect('e1', { will: will('fengsui/v1/edge/t1/e2/status') })).stream.destroy();
    await until(() => count('fengsui_broker_denied_total publish foreign') > 1);
    (await connect('e1', { will: will('fengsui/v1/edge/t1/e1/status') })).stream.destroy();
    await until(() => heard.length > 0);
    expect(heard).toEqual(['fengsui/v1/edge/t1/e1/status']);
  });

  /** How long a raw socket that sends these bytes stays open, up to the limit. */
  const rawSocket = (bytes: Buffer, limitMs: number) =>
    new Promise<number>((resolve) => {
      const startMs = Date.now();
      const socket = connectSocket(broker.port, '127.0.0.1', () => socket.write(bytes));
      const timer = setTimeout(() => socket.destroy(), limitMs);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearTimeout(timer);
        resolve(Date.now() - startMs);
      });
    });

  it('closes a CONNECT that announces more than 4 KiB, or that never ends', async () => {
    expect(await rawSocket(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f, 0]), 5_000)).toBeLessThan(4_000);
    expect(await rawSocket(Buffer.from([0x10, 40, 0, 4]), 5_000)).toBeLessThan(4_000);
    expect(await rawSocket(Buffer.alloc(0), 5_000)).toBeLessThan(4_000);
    expect(count('fengsui_broker_malformed_total first-too-large')).toBe(1);
  });

  it('closes a client whose credential is taken away, and takes a new password at once', async () => {
    const spec = { kind: 'edge', township: 't1', origin: 'simulated' } as const;
    passwords['e3'] = ensureCredential(file, 'e3', spec) ?? '';
    const client = await connect('e3');
    removeCredential(file, 'e3');
    await until(() => !client.connected);
    await expect(connect('e3')).rejects.toThrow();
    passwords['e3'] = rotateCredential(file, 'e3', spec);
    expect((await connect('e3')).connected).toBe(true);
  });

  it('closes it too when somebody signs in at that moment, and when only the password is another', async () => {
    const spec = { kind: 'edge', township: 't1', origin: 'simulated' } as const;
    for (const user of ['e4', 'e5', 'e6']) passwords[user] = ensureCredential(file, user, spec) ?? '';
    const [gone, stolen] = [await connect('e4'), await connect('e5')];
    removeCredential(file, 'e4');
    const kept = await connect('e6');
    await until(() => !gone.connected);
    passwords['e5'] = rotateCredential(file, 'e5', spec);
    await until(() => !stolen.connected);
    expect(kept.connected).toBe(true);
  });

  it.skipIf(!needs('mosquitto_pub', 'mosquitto_sub'))('speaks with the clients of mosquitto', async () => {
    const alert = 'fengsui/v1/grid/c/t/v/p/alert';
    const login = (user: string, password = passwords[user] ?? '') => [
      '-h',
      '127.0.0.1',
      '-p',
      `${broker.port}`,
      '-i',
      user,
      '-u',
      user,
      '-P',
      password,
    ];
    const publish = (user: string, ...more: string[]) => run('mosquitto_pub', [...login(user), ...more]);
    await publish('svc-alerts', '-t', alert, '-m', 'red', '-q', '1', '-r');
    // Retained: the listener hears it whenever it comes.
    const heard = await run('mosquitto_sub', [...login('svc-console'), '-t', alert, '-C', '1', '-W', '8']);
    expect(heard.stdout).toBe('red\n');
    const before = count('fengsui_broker_denied_total publish foreign');
    await publish('e2', '-t', UP, '-m', 'x', '-q', '1');
    expect(count('fengsui_broker_denied_total publish foreign')).toBe(before + 1);
    await expect(run('mosquitto_pub', [...login('e2', 'wrong'), '-t', UP, '-m', 'x'])).rejects.toThrow();
  });

  it('says which port is in use', async () => {
    const again = startBroker(
      { host: '127.0.0.1', port: broker.port, credentialsFile: file },
      {
        clock: openClock({ kind: 'real' }),
        log: { info: () => undefined, warn: () => undefined, error: () => undefined },
        metrics: { count: () => undefined, gauge: () => undefined },
        probe: () => undefined,
        signal: new AbortController().signal,
      },
    );
    await expect(again).rejects.toThrow(/in use/);
  });
});
