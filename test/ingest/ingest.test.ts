import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureCredential } from '#broker/io/credentials.ts';
import { startBroker } from '#broker/main.ts';
import { openHistoryReader } from '#ingest/io/history-reader.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { openQuarantineReader } from '#ingest/io/quarantine-reader.ts';
import { startIngest } from '#ingest/main.ts';
import { partitionOf } from '#model/partition.ts';
import type { Service } from '#model/ports.ts';
import { type Ack, edgeTopic } from '#model/topics.ts';
import {
  batchText,
  noRules,
  reading,
  registryPort,
  tempFolder,
  testContext,
  testRegistry,
  until,
} from '#test/ingest/centre.ts';

const TOWNSHIP = '331004001';
const PARTITION = partitionOf(TOWNSHIP);

describe('ingest behind the broker', () => {
  const folder = tempFolder();
  const ctx = testContext();
  const registry = registryPort(testRegistry({ 'edge-1': ['s-1', 's-2'] }));
  const services: Service[] = [];
  const clients: MqttClient[] = [];
  const acks: Ack[] = [];
  let publish: (payload: string) => Promise<unknown>;
  const credentials = `${folder.path}/broker/credentials.json`;
  const journal = openJournalReader(folder.path);
  const history = openHistoryReader(folder.path, journal);
  const quarantine = openQuarantineReader(folder.path);
  const isAcked = (seq: number) => acks.some((ack) => ack.ranges.some(([from, to]) => from <= seq && seq <= to));
  const rows = () => journal.read(PARTITION, 0, 1_000);
  const batches = () => rows().filter((row) => row.kind === 'batch');

  beforeAll(async () => {
    const edge = ensureCredential(credentials, 'edge-1', { kind: 'edge', township: TOWNSHIP, origin: 'simulated' });
    const ghost = ensureCredential(credentials, 'edge-9', { kind: 'edge', township: TOWNSHIP, origin: 'simulated' });
    const service = ensureCredential(credentials, 'svc-ingest', { kind: 'service' });
    const broker = await startBroker({ host: '127.0.0.1', port: 0, credentialsFile: credentials }, ctx);
    const mqttUrl = `mqtt://127.0.0.1:${broker.port}`;
    services.push(
      broker,
      await startIngest(
        { dataDir: folder.path, mqttUrl, username: 'svc-ingest', password: service ?? '', tickMs: 100 },
        { registry, ruleSets: noRules },
        ctx,
      ),
    );
    for (const [id, password] of [
      ['edge-1', edge],
      ['edge-9', ghost],
    ] as const) {
      const client = await connectAsync(mqttUrl, {
        clientId: id,
        username: id,
        password: password ?? '',
        protocolVersion: 4,
      });
      await client.subscribeAsync(edgeTopic(TOWNSHIP, id, 'ack'), { qos: 1 });
      client.on('message', (_topic, payload) => acks.push(JSON.parse(payload.toString()) as Ack));
      clients.push(client);
    }
    publish = (payload) =>
      (clients[0] as MqttClient).publishAsync(edgeTopic(TOWNSHIP, 'edge-1', 'up'), payload, { qos: 1 });
    await until('ingest to hear', () => ctx.lines.some((line) => line.includes('ingest hears the edges')));
  });
  afterAll(async () => {
    for (const client of clients) await client.endAsync(true);
    for (const service of services.reverse()) await service.stop();
    history.close();
    journal.close();
    quarantine.close();
    folder.remove();
  });

  it('acks a batch after it is in the journal, and shows its readings at once', async () => {
    const now = Date.now();
    await publish(
      batchText('edge-1', 1, [reading('s-1', now - 2_000, 10), reading('s-2', now - 1_000, 20)], { writtenAtMs: now }),
    );
    await until('the ack', () => isAcked(1));
    expect(batches()).toMatchObject([{ edgeId: 'edge-1', epoch: 'epoch-1', seq: 1, origin: 'simulated' }]);
    expect(history.range('s-1', now - 5_000, now, 10)).toMatchObject([
      { atMs: now - 2_000, value: 10, quality: 'good' },
    ]);
    expect(history.latest(['s-2']).get('s-2')).toMatchObject({ value: 20 });
  });

  it('acks a repeated batch again and stores it once', async () => {
    const again = batchText('edge-1', 2, [reading('s-1', Date.now(), 11)]);
    await publish(again);
    await until('the first ack', () => isAcked(2));
    const before = acks.length;
    await publish(again);
    await until('the second ack', () => acks.length > before);
    expect(batches().filter((row) => row.kind === 'batch' && row.seq === 2)).toHaveLength(1);
  });

  it('keeps the same identity with other bytes in quarantine, acks it and says so loudly', async () => {
    const before = acks.length;
    await publish(batchText('edge-1', 2, [reading('s-1', Date.now(), 99_999)]));
    await until('the ack', () => acks.length > before);
    expect(quarantine.counts().get('clone')).toBe(1);
    expect(batches().filter((row) => row.kind === 'batch' && row.seq === 2)).toHaveLength(1);
    expect(ctx.lines.some((line) => line.startsWith('error the same batch identity'))).toBe(true);
  });

  it('journals what it knows of a batch and quarantines the rest by reason, with nothing behind it waiting', async () => {
    const now = Date.now();
    await publish(
      batchText(
        'edge-1',
        3,
        [
          reading('s-1', now, 12),
          reading('s-new', now, 5),
          reading('s-1', now + 3_600_000, 13),
          reading('s-2', 0, 14),
          reading('s-2', now, 2 ** 40),
        ],
        { writtenAtMs: now },
      ),
    );
    await publish(batchText('edge-1', 4, [reading('s-1', now, 15)]));
    await until('both acks', () => isAcked(3) && isAcked(4));
    const row = batches().find((batch) => batch.kind === 'batch' && batch.seq === 3);
    expect(row?.kind === 'batch' ? (JSON.parse(row.body) as { k: unknown; r: unknown }) : {}).toMatchObject({
      k: ['s-1'],
      r: [[0, 0, 12]],
    });
    expect(Object.fromEntries(quarantine.counts())).toMatchObject({
      'unknown-sensor': 1,
      future: 1,
      ancient: 1,
      range: 1,
    });
  });

  it('re-injects exactly once what the registry learns of', async () => {
    registry.set(testRegistry({ 'edge-1': ['s-1', 's-2', 's-new'] }, '2'));
    registry.set(testRegistry({ 'edge-1': ['s-1', 's-2', 's-new'] }, '3'));
    await until('the reading', () => history.latest(['s-new']).has('s-new'));
    registry.set(testRegistry({ 'edge-1': ['s-1', 's-2', 's-new'] }, '4'));
    expect(history.counts().get('s-new')).toBe(1);
    expect(history.latest(['s-new']).get('s-new')).toMatchObject({ value: 5, flags: ['injected'] });
    expect(quarantine.counts().has('unknown-sensor')).toBe(false);
  });

  it('quarantines and acks an unknown edge, and lets its batches in when it is registered', async () => {
    const now = Date.now();
    await (clients[1] as MqttClient).publishAsync(
      edgeTopic(TOWNSHIP, 'edge-9', 'up'),
      batchText('edge-9', 1, [reading('s-9', now, 9)], { epoch: 'ghost', writtenAtMs: now }),
      { qos: 1 },
    );
    await until('the ack', () => acks.some((ack) => ack.epoch === 'ghost'));
    expect(quarantine.counts('edge-9').get('unknown-edge')).toBe(1);
    registry.set(testRegistry({ 'edge-1': ['s-1', 's-2', 's-new'], 'edge-9': ['s-9'] }, '5'));
    await until('the reading', () => history.counts().get('s-9') === 1);
    expect(quarantine.counts('edge-9').size).toBe(0);
  });

  it('keeps a malformed payload with its position, acks it when it still says which batch it is', async () => {
    const sound = batchText('edge-1', 5, [reading('s-1', Date.now(), 1)]);
    await publish(`${sound.slice(0, -4)}`);
    await publish(sound.replace('"r":[[0,', '"r":[[7,').replace('"s":5', '"s":6'));
    await publish('not a batch at all');
    await publish(batchText('edge-1', 7, [reading('s-1', Date.now(), 1)]));
    await until('the acks', () => isAcked(5) && isAcked(6) && isAcked(7));
    await until('the third entry', () => quarantine.counts('edge-1').get('json') === 2);
    const kept = quarantine.list(100, null).items;
    expect(kept.find((entry) => entry.seq === 5)?.detail).toMatch(/position|JSON/);
    expect(kept.find((entry) => entry.seq === 6)).toMatchObject({
      reason: 'shape',
      detail: 'r[0][0]: no such sensor index',
    });
  });

  it('writes a tick for the partition as the clock goes by', async () => {
    const ticks = () => rows().filter((row) => row.kind === 'tick').length;
    const before = ticks();
    await until('another tick', () => ticks() > before);
  });
});
