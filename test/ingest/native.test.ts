import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureCredential } from '#broker/io/credentials.ts';
import { openVerifier } from '#broker/io/verifier.ts';
import { startBroker } from '#broker/main.ts';
import { openQuarantineReader } from '#ingest/io/quarantine-reader.ts';
import { startIngest } from '#ingest/main.ts';
import { noRules, registryPort, tempFolder, testContext, until } from '#test/ingest/centre.ts';
import {
  dpFrame,
  GATEWAYS,
  journalled,
  nativeRegistry,
  sensorAt,
  UPLINK_TOPIC,
  uplink,
  valuesOf,
} from '#test/ingest/native-centre.ts';
import { needs } from '#test/support/needs.ts';

const run = promisify(execFile);
const NORMAL = '221764001C47';
const ALARM = '221164321C1B';

describe('devices that bring their own messages', () => {
  const folder = tempFolder();
  const file = `${folder.path}/broker/credentials.json`;
  const passwords: { [user: string]: string } = {};
  const port = registryPort(nativeRegistry());
  const brokerCtx = testContext();
  const ingestCtx = testContext();
  const clients: MqttClient[] = [];
  let broker: Awaited<ReturnType<typeof startBroker>>;
  let ingest: Awaited<ReturnType<typeof startIngest>>;

  const start = async () => {
    const verifier = openVerifier(file, () => undefined);
    const checkToken = (gateway: string, token: string) => {
      const outcome = verifier.verify(gateway, gateway, Buffer.from(token));
      return 'identity' in outcome && outcome.identity.kind === 'device';
    };
    const mqttUrl = `mqtt://127.0.0.1:${broker.port}`;
    const login = { username: 'svc-ingest', password: passwords['svc-ingest'] ?? '' };
    ingest = await startIngest(
      { dataDir: folder.path, mqttUrl, ...login, tickMs: 60_000, push: { host: '127.0.0.1', port: 0 } },
      { registry: port, ruleSets: noRules, checkToken },
      ingestCtx,
    );
  };
  const connect = async (user: string, more: IClientOptions = {}): Promise<MqttClient> => {
    const client = await connectAsync(`mqtt://127.0.0.1:${broker.devicePort}`, {
      clientId: 'whatever the maker says',
      username: user,
      password: passwords[user] ?? '',
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...more,
    });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };
  const push = (body: string | Uint8Array, headers: { [name: string]: string } = {}, gateway = 'push-1') =>
    fetch(`http://127.0.0.1:${ingest.pushPort}/native/${gateway}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${passwords[gateway] ?? ''}`, ...headers },
      body: typeof body === 'string' ? body : Buffer.from(body),
    });

  beforeAll(async () => {
    for (const id of [...Object.keys(GATEWAYS), 'late-1'])
      passwords[id] = ensureCredential(file, id, { kind: 'device' }) ?? '';
    passwords['svc-ingest'] = ensureCredential(file, 'svc-ingest', { kind: 'service' }) ?? '';
    passwords['edge-1'] = ensureCredential(file, 'edge-1', { kind: 'edge', township: 't', origin: 'simulated' }) ?? '';
    broker = await startBroker(
      {
        ...{ host: '127.0.0.1', port: 0, credentialsFile: file },
        devices: { host: '127.0.0.1', port: 0 },
        handover: { timeoutMs: 1_500 },
      },
      brokerCtx,
    );
    await start();
    await until('ingest hears', () => ingestCtx.lines.some((line) => line.includes('ingest hears the edges')));
  });
  afterAll(async () => {
    for (const client of clients) await client.endAsync(true);
    await ingest.stop();
    await broker.stop();
    folder.remove();
  });

  it('journals a $dp station’s message before its PUBACK; a running total becomes increments', async () => {
    const client = await connect('dp-1');
    const stamp = (minute: number) => new Date(Date.now() - 600_000 + minute * 60_000).toISOString();
    const first = { SK01: { L3_YL_1: { [stamp(0)]: { value: 0, totalValue: 10.2 } }, L1_LF_1: { [stamp(0)]: 11.2 } } };
    await client.publishAsync('$dp', dpFrame(first), { qos: 1 });
    expect(valuesOf(folder.path, 'dp-rain')).toEqual([0]);
    expect(valuesOf(folder.path, 'dp-crack')).toEqual([1_120]);
    const more = { SK01: { L3_YL_1: { [stamp(2)]: { totalValue: 12.9 }, [stamp(1)]: { totalValue: 11.4 } } } };
    await client.publishAsync('$dp', dpFrame(more), { qos: 1 });
    expect(valuesOf(folder.path, 'dp-rain')).toEqual([0, 1_200, 1_500]);
    // The same again, as after a PUBACK that was lost, and bare JSON with one more reading.
    await client.publishAsync('$dp', dpFrame(more), { qos: 1 });
    await client.publishAsync(
      '$dp',
      JSON.stringify({ SK01: { ...more.SK01, L1_GP_1: { [stamp(2)]: { gpsTotalX: -3.5 } } } }),
      { qos: 1 },
    );
    expect(valuesOf(folder.path, 'dp-rain')).toEqual([0, 1_200, 1_500]);
    expect(valuesOf(folder.path, 'dp-gnss-x')).toEqual([-350]);
  });

  it('takes a uplink of ChirpStack once, its repeat too; battery, removal and smoke are sensors of their own', async () => {
    const client = await connect('lora-1');
    const alarm = uplink(ALARM, 7);
    await client.publishAsync(UPLINK_TOPIC, uplink(NORMAL, 6), { qos: 1 });
    await client.publishAsync(UPLINK_TOPIC, alarm, { qos: 1 });
    await client.publishAsync(UPLINK_TOPIC, alarm, { qos: 1 });
    expect(valuesOf(folder.path, 'lora-smoke')).toEqual([0, 2]);
    expect(valuesOf(folder.path, 'lora-battery')).toEqual([100, 100]);
    expect(valuesOf(folder.path, 'lora-tamper')).toEqual([0]);
    // Joined anew: the same counter under another address is another message.
    await client.publishAsync(UPLINK_TOPIC, uplink(ALARM, 7, { devAddr: '0a0b0c0d' }), { qos: 2 });
    expect(valuesOf(folder.path, 'lora-smoke')).toEqual([0, 2, 2]);
  });

  it('counts what comes at QoS 0 as unsafe, and takes it', async () => {
    const client = await connect('lora-1', { clientId: 'second' });
    const before = brokerCtx.counted()['fengsui_broker_unsafe_total'] ?? 0;
    await client.publishAsync(UPLINK_TOPIC, uplink(NORMAL, 100), { qos: 0 });
    await until('the reading', () => valuesOf(folder.path, 'lora-smoke').length === 4);
    expect(brokerCtx.counted()['fengsui_broker_unsafe_total']).toBe(before + 1);
  });

  it('answers a push 200 when it is on disk, and the same again 200 without storing it twice', async () => {
    const body = JSON.stringify({
      device: 'IMEI1',
      time: new Date().toISOString(),
      values: { smoke: 'alarm', battery: 88 },
    });
    const first = await push(body);
    expect([first.status, await first.json()]).toEqual([200, { stored: true, repeated: false, unknownDevices: [] }]);
    expect(valuesOf(folder.path, 'nb-smoke')).toEqual([2]);
    const again = await push(body);
    expect([again.status, await again.json()]).toEqual([200, { stored: false, repeated: true, unknownDevices: [] }]);
    expect(valuesOf(folder.path, 'nb-battery')).toEqual([88]);
  });

  it.each([
    ['no token', { authorization: '' }, '{}', 401],
    ['a wrong token', { authorization: 'Bearer nonsense' }, '{}', 401],
    ['what is not JSON', {}, '{', 422],
    ['no device in it', {}, '{"values":{}}', 422],
    ['nothing', {}, '', 400],
    ['too much', {}, 'x'.repeat(140_000), 413],
  ])('refuses a push with %s, and says why', async (_name, headers, body, status) => {
    const answer = await push(body, headers);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toHaveProperty('error');
  });

  it('refuses an edge, a wrong password and an MQTT gateway’s push at the door of devices', async () => {
    await expect(connect('edge-1')).rejects.toThrow(/[Nn]ot authorized/);
    await expect(connect('dp-1', { password: 'guess' })).rejects.toThrow(/[Nn]ot authorized/);
    expect((await push('{}', {}, 'dp-1')).status).toBe(403);
    const centre = connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
      ...{
        clientId: 'dp-1',
        username: 'dp-1',
        password: passwords['dp-1'] ?? '',
        protocolVersion: 4,
        reconnectPeriod: 0,
      },
    });
    await expect(centre).rejects.toThrow(/[Nn]ot authorized/);
  });

  it('ends what is published under $SYS, and delivers nothing to whoever subscribes', async () => {
    const client = await connect('dp-1', { clientId: 'curious' });
    const heard: string[] = [];
    client.on('message', (topic) => void heard.push(topic));
    await expect(client.subscribeAsync('$SYS/#')).rejects.toThrow();
    await client.subscribeAsync(['#', '$dp'], { qos: 1 });
    const { rows } = journalled(folder.path);
    await client.publishAsync('$SYS/broker/x', 'y', { qos: 1 });
    await client.publishAsync('$dp', dpFrame({ SK01: { S1_ZT_1: { [new Date().toISOString()]: { temp: 20 } } } }), {
      qos: 1,
    });
    expect(journalled(folder.path).rows).toBe(rows);
    expect(heard).toEqual([]);
  });

  it('keeps what it does not understand, and what names unknown devices until the county knows them', async () => {
    const client = await connect('late-1');
    const reader = openQuarantineReader(folder.path);
    const at = new Date(Date.now() - 5_000).toISOString();
    await client.publishAsync('$dp', Buffer.from([0x10, 1, 2, 3]), { qos: 1 });
    await (await connect('dp-1', { clientId: 'third' })).publishAsync('$dp', Buffer.from([0x10, 1, 2, 3]), { qos: 1 });
    await client.publishAsync('$dp', dpFrame({ SK09: { L1_LF_1: { [at]: 4.5 } } }), { qos: 1 });
    expect(Object.fromEntries(reader.counts('dp-1'))).toEqual({ 'native-message': 1 });
    expect(Object.fromEntries(reader.counts('late-1'))).toEqual({ 'native-device': 2 });
    const known = {
      ...({ transport: 'mqtt', decoder: 'dp', lostAfterMs: 3_600_000, mapping: null } as const),
      devices: [
        { id: 'late', key: 'SK09', codec: null, sensors: [sensorAt('late-crack', 'displacement', 'L1_LF_1.value')] },
      ],
    };
    port.set(nativeRegistry({ ...GATEWAYS, 'late-1': known }, '2'));
    await until('its reading', () => valuesOf(folder.path, 'late-crack').length > 0);
    await until('an empty place', () => !reader.counts('late-1').has('native-device'));
    expect(valuesOf(folder.path, 'late-crack')).toEqual([450]);
    const [reading] = journalled(folder.path).readings.filter((one) => one.sensorId === 'late-crack');
    expect(reading?.flags).toEqual(['injected']);
    expect(reading?.measuredAtMs).toBe(Date.parse(at));
    // The same message again: it is known by now.
    await client.publishAsync('$dp', dpFrame({ SK09: { L1_LF_1: { [at]: 4.5 } } }), { qos: 1 });
    expect(valuesOf(folder.path, 'late-crack')).toEqual([450]);
    reader.close();
  });

  it('dates a stamp that cannot be true by the arrival, and says so', async () => {
    const client = await connect('dp-1', { clientId: 'unset clock' });
    await client.publishAsync('$dp', dpFrame({ SK01: { L1_LF_1: { '2059-10-11T00:00:00Z': 50.01 } } }), { qos: 1 });
    const reading = journalled(folder.path).readings.at(-1);
    expect(reading).toMatchObject({ sensorId: 'dp-crack', quality: 'suspect', value: 5_001, flags: ['clock-unsure'] });
    expect(Math.abs((reading?.measuredAtMs ?? 0) - Date.now())).toBeLessThan(10_000);
  });

  it('sends no PUBACK while ingest is away, ends the connection, and takes the message when it comes again', async () => {
    await ingest.stop();
    const client = await connect('dp-1', { clientId: 'waiting' });
    const at = new Date().toISOString();
    let isAcked = false;
    const ended = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.publish('$dp', dpFrame({ SK01: { L1_LF_1: { [at]: 60 } } }), { qos: 1 }, (cause) => {
      isAcked = cause === undefined || cause === null;
    });
    await ended;
    expect(isAcked).toBe(false);
    await start();
    const before = ingestCtx.lines.length;
    await until('ingest hears', () =>
      ingestCtx.lines.slice(before - 2).some((line) => line.includes('hears the edges')),
    );
    const again = await connect('dp-1', { clientId: 'again' });
    await again.publishAsync('$dp', dpFrame({ SK01: { L1_LF_1: { [at]: 60 } } }), { qos: 1 });
    expect(valuesOf(folder.path, 'dp-crack').filter((value) => value === 6_000)).toEqual([6_000]);
  });

  it.skipIf(!needs('mosquitto_pub'))('speaks with mosquitto_pub', async () => {
    const at = new Date().toISOString();
    const login = [
      '-h',
      '127.0.0.1',
      '-p',
      `${broker.devicePort}`,
      '-i',
      'SK01',
      '-u',
      'dp-1',
      '-P',
      passwords['dp-1'] ?? '',
    ];
    await run('mosquitto_pub', [
      ...login,
      '-q',
      '1',
      '-t',
      '$dp',
      '-m',
      JSON.stringify({ SK01: { L1_LF_1: { [at]: 70 } } }),
    ]);
    expect(valuesOf(folder.path, 'dp-crack').at(-1)).toBe(7_000);
  });
});
