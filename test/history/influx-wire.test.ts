/** What no database may ever see, sent by an edge over MQTT: into quarantine with its reason; what stands behind it arrives. */
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureCredential } from '#broker/io/credentials.ts';
import { startBroker } from '#broker/main.ts';
import { openInfluxClient } from '#ingest/io/influx/client.ts';
import { startInfluxWriter } from '#ingest/io/influx/writer.ts';
import { openQuarantineReader } from '#ingest/io/quarantine-reader.ts';
import { startIngest } from '#ingest/main.ts';
import type { Service } from '#model/ports.ts';
import { edgeTopic } from '#model/topics.ts';
import {
  batchText,
  noRules,
  reading,
  registryPort,
  tempFolder,
  testContext,
  testRegistry,
} from '#test/ingest/centre.ts';
import { type Database, startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';

const TOWNSHIP = '331004001';
const DAY_MS = 86_400_000;

describe.skipIf(!needs('influxd'))('numbers and instants that are none, over the wire', () => {
  const folder = tempFolder();
  const ctx = testContext();
  const registry = registryPort(testRegistry({ 'edge-1': ['s-1', 's-2'] }));
  const services: Service[] = [];
  let server: Database;
  let client: MqttClient;
  const target = () => ({ version: 1, url: server.url, database: 'wire' }) as const;

  beforeAll(async () => {
    server = await startInflux();
    const credentials = `${folder.path}/broker/credentials.json`;
    const edge = ensureCredential(credentials, 'edge-1', { kind: 'edge', township: TOWNSHIP, origin: 'simulated' });
    const service = ensureCredential(credentials, 'svc-ingest', { kind: 'service' });
    const broker = await startBroker({ host: '127.0.0.1', port: 0, credentialsFile: credentials }, ctx);
    const mqttUrl = `mqtt://127.0.0.1:${broker.port}`;
    const config = { dataDir: folder.path, mqttUrl, username: 'svc-ingest', password: service ?? '', tickMs: 1_000 };
    services.push(broker, await startIngest(config, { registry, ruleSets: noRules }, ctx));
    const writer = startInfluxWriter(folder.path, target(), registry, ctx, { portionAgeMs: 50, commitEveryMs: 100 });
    services.push({ name: 'influx', addresses: [], stop: writer.close });
    const login = { clientId: 'edge-1', username: 'edge-1', password: edge ?? '', protocolVersion: 4 } as const;
    client = await connectAsync(mqttUrl, login);
    await until('ingest to hear', 10_000, () => ctx.lines.some((line) => line.includes('ingest hears the edges')));
  });
  afterAll(async () => {
    await client.endAsync(true);
    for (const service of services.reverse()) await service.stop();
    await server.stop();
    folder.remove();
  });

  it('are refused before the journal and counted by reason, and the reading behind them reaches InfluxDB', async () => {
    const nowMs = Math.floor(Date.now() / 1_000) * 1_000;
    const sound = (seq: number, value: number, atMs = nowMs): string =>
      batchText('edge-1', seq, [reading('s-1', atMs, value)], { writtenAtMs: nowMs });
    const spoilt = (seq: number, as: string): string => sound(seq, 1_234_567).replace('1234567', as);
    const payloads = [
      spoilt(1, 'NaN'),
      spoilt(2, 'Infinity'),
      spoilt(3, '-Infinity'),
      spoilt(4, '1e400'),
      spoilt(5, '"12.5"'),
      spoilt(6, 'true'),
      spoilt(7, '1.5'),
      spoilt(8, '9007199254740993'),
      spoilt(9, '4000000000'),
      sound(10, 7, nowMs + DAY_MS),
      sound(11, 7, Date.UTC(1969, 0, 1)),
      spoilt(12, '[1]'),
      sound(13, 14_420),
    ];
    for (const payload of payloads) await client.publishAsync(edgeTopic(TOWNSHIP, 'edge-1', 'up'), payload, { qos: 1 });
    const influx = openInfluxClient(target(), undefined);
    const rows = async (): Promise<readonly unknown[]> => {
      const answer = await influx.query('SELECT "value", "suspect", "sensor" FROM /^(live|simulated|replay|drill)_/');
      return answer.ok ? answer.value.flat().flatMap(({ values = [] }) => values) : [];
    };
    await until('the sound reading', 15_000, async () => (await rows()).length > 0);
    expect(await rows()).toEqual([[nowMs, 14.42, null, 's-1']]);
    influx.close();
    const quarantine = openQuarantineReader(folder.path);
    const counts = quarantine.counts('edge-1');
    quarantine.close();
    expect([...counts.values()].reduce((sum, n) => sum + n, 0)).toBe(payloads.length - 1);
    expect(Object.fromEntries(counts)).toMatchObject({ future: 1, ancient: 1, range: expect.any(Number), json: 3 });
    await until('the metrics', 5_000, () => ctx.counted()['fengsui_influx_lines_total'] === 1);
    expect(ctx.counted()['fengsui_influx_state']).toBeDefined();
  });
});
