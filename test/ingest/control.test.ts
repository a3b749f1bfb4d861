import { DatabaseSync } from 'node:sqlite';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { ensureCredential } from '#broker/io/credentials.ts';
import { startBroker } from '#broker/main.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { journalPath } from '#ingest/io/journal-schema.ts';
import { startIngest } from '#ingest/main.ts';
import type { PointState } from '#ingest/state-feed.ts';
import type { JournalRow } from '#model/journal.ts';
import { partitionOf } from '#model/partition.ts';
import type { Registry } from '#model/registry.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { edgeTopic } from '#model/topics.ts';
import { batchText, reading, registryPort, tempFolder, testContext, testRegistry, until } from '#test/ingest/centre.ts';
import { setOf } from '#test/rules/rows.ts';

const TOWNSHIP = '331004001';
const ELSEWHERE = '331004777';
const PARTITION = partitionOf(TOWNSHIP);
const NEW_PARTITION = partitionOf(ELSEWHERE);
const STATUS = edgeTopic(TOWNSHIP, 'edge-1', 'status');
const online = (bootId: string) => JSON.stringify({ state: 'online', edgeId: 'edge-1', bootId });
const lost = (bootId: string) => JSON.stringify({ state: 'lost', edgeId: 'edge-1', bootId });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

function rulesPort(first: ReadonlyMap<number, CompiledRuleSet>) {
  let now = first;
  const listeners = new Set<() => void>();
  return {
    current: () => now,
    onChange: (run: () => void) => {
      listeners.add(run);
      return () => listeners.delete(run);
    },
    /** Without the call when somebody else is to tell first. */
    put: (next: ReadonlyMap<number, CompiledRuleSet>) => {
      now = next;
    },
    tell: () => {
      for (const run of listeners) run();
    },
  };
}
const ruleSet = (version: string) => setOf([], [], version);

async function startCentre(version = 'v1') {
  const folder = tempFolder();
  cleanups.push(folder.remove);
  const file = `${folder.path}/broker/credentials.json`;
  const passwords = new Map<string, string>();
  for (const id of ['edge-1', 'edge-2'])
    passwords.set(
      id,
      ensureCredential(file, id, {
        kind: 'edge',
        township: id === 'edge-1' ? TOWNSHIP : ELSEWHERE,
        origin: 'simulated',
      }) ?? '',
    );
  for (const id of ['svc-ingest', 'svc-console'])
    passwords.set(id, ensureCredential(file, id, { kind: 'service' }) ?? '');
  const broker = await startBroker({ host: '127.0.0.1', port: 0, credentialsFile: file }, testContext());
  cleanups.push(() => broker.stop());
  const mqttUrl = `mqtt://127.0.0.1:${broker.port}`;
  const registry = registryPort(testRegistry({ 'edge-1': ['s-1', 's-2'] }));
  const ruleSets = rulesPort(new Map([[PARTITION, ruleSet(version)]]));
  const journal = openJournalReader(folder.path);
  cleanups.push(() => journal.close());
  const start = async (tickMs = 60_000) => {
    const ctx = testContext();
    const service = await startIngest(
      {
        ...{
          dataDir: folder.path,
          mqttUrl,
          username: 'svc-ingest',
          password: passwords.get('svc-ingest') ?? '',
          tickMs,
        },
        edgeGraceMs: 300,
      },
      { registry, ruleSets },
      ctx,
    );
    let isStopped = false;
    const stop = async () => {
      if (!isStopped) await service.stop();
      isStopped = true;
    };
    cleanups.push(stop);
    await until('ingest to hear', () => ctx.lines.some((line) => line.includes('ingest hears the edges')));
    return { stop };
  };
  const connect = async (id: string, more: Partial<IClientOptions> = {}): Promise<MqttClient> => {
    const login = { clientId: id, username: id, password: passwords.get(id) ?? '' };
    const client = await connectAsync(mqttUrl, { ...login, protocolVersion: 4, reconnectPeriod: 0, ...more });
    cleanups.push(() => client.endAsync(true));
    return client;
  };
  const rows = (partition = PARTITION): readonly JournalRow[] => journal.read(partition, 0, 10_000);
  const ofKind = <K extends JournalRow['kind']>(kind: K, partition = PARTITION) =>
    rows(partition).filter((row): row is Extract<JournalRow, { kind: K }> => row.kind === kind);
  return { path: folder.path, start, connect, rows, ofKind, registry, ruleSets };
}

describe('a gateway that ingest does not know yet', () => {
  it('counts as there from the edit on that brings it, though it spoke before', async () => {
    const centre = await startCentre();
    await centre.start();
    const edge = await centre.connect('edge-2');
    const acked = new Promise((resolve) => edge.once('message', resolve));
    await edge.subscribeAsync(edgeTopic(ELSEWHERE, 'edge-2', 'ack'), { qos: 1 });
    const status = JSON.stringify({ state: 'online', edgeId: 'edge-2', bootId: 'b7' });
    await edge.publishAsync(edgeTopic(ELSEWHERE, 'edge-2', 'status'), status, { qos: 1, retain: true });
    await edge.publishAsync(
      edgeTopic(ELSEWHERE, 'edge-2', 'up'),
      batchText('edge-2', 1, [reading('s-9', Date.now(), 5)]),
      { qos: 1 },
    );
    await acked;
    expect(centre.ofKind('edge')).toEqual([]);
    centre.registry.set(testRegistry({ 'edge-1': ['s-1', 's-2'], 'edge-2': ['s-9'] }));
    await until('its row', () => centre.ofKind('edge').length === 1);
    expect(centre.ofKind('edge')[0]).toMatchObject({ edgeId: 'edge-2', state: 'online' });
  });
});

describe('rule-set rows', () => {
  it('come once a change, before anything else of their partition, and not again at a restart', async () => {
    const centre = await startCentre();
    const edge = await centre.connect('edge-1');
    await edge.publishAsync(STATUS, online('b1'), { qos: 1, retain: true });
    const first = await centre.start();
    await until('the gateway row', () => centre.ofKind('edge').length === 1);
    await edge.publishAsync(
      edgeTopic(TOWNSHIP, 'edge-1', 'up'),
      batchText('edge-1', 1, [reading('s-1', Date.now(), 1)]),
      {
        qos: 1,
      },
    );
    await until('the batch', () => centre.ofKind('batch').length === 1);
    expect(centre.rows()[0]?.kind).toBe('rules');
    centre.ruleSets.put(new Map([[PARTITION, ruleSet('v2')]]));
    // Told twice before the disk has it.
    centre.ruleSets.tell();
    centre.ruleSets.tell();
    await until('the switch', () => centre.ofKind('rules').length >= 2);
    await first.stop();
    const second = await centre.start(50);
    await until('ticks', () => centre.ofKind('tick').length >= 3);
    await second.stop();
    expect(centre.ofKind('rules').map((row) => row.ruleSet.version)).toEqual(['v1', 'v2']);
  });

  it('come first in a partition that a county edit brings, before what leaves quarantine', async () => {
    const centre = await startCentre();
    await centre.start();
    const edge = await centre.connect('edge-2');
    await until('the first rules', () => centre.ofKind('rules').length === 1);
    const acked = new Promise((resolve) => edge.once('message', resolve));
    await edge.subscribeAsync(edgeTopic(ELSEWHERE, 'edge-2', 'ack'), { qos: 1 });
    await edge.publishAsync(
      edgeTopic(ELSEWHERE, 'edge-2', 'up'),
      batchText('edge-2', 1, [reading('s-9', Date.now(), 5)]),
      { qos: 1 },
    );
    await acked;
    const now = testRegistry({ 'edge-1': ['s-1', 's-2'], 'edge-2': ['s-9'] }, '2');
    const moved = new Map(now.edges);
    const added = moved.get('edge-2');
    if (added !== undefined) moved.set('edge-2', { ...added, township: ELSEWHERE });
    // As the county's source does it: rules are compiled anew before the registry's other listeners hear of it.
    centre.ruleSets.put(new Map([PARTITION, NEW_PARTITION].map((partition) => [partition, ruleSet('v3')])));
    centre.registry.set({ ...now, edges: moved } satisfies Registry);
    await until('the batch', () => centre.ofKind('batch', NEW_PARTITION).length === 1);
    expect(centre.rows(NEW_PARTITION).map((row) => row.kind)).toEqual(['rules', 'batch']);
  });
});

describe('gateways', () => {
  it('are journalled when they come and go, once each, also from a retained last will', async () => {
    const centre = await startCentre();
    const first = await centre.start();
    const edge = await centre.connect('edge-1', {
      will: { topic: STATUS, payload: Buffer.from(lost('b1')), qos: 1, retain: true },
    });
    const states = () => centre.ofKind('edge').map((row) => row.state);
    await edge.publishAsync(STATUS, online('b1'), { qos: 1, retain: true });
    await edge.publishAsync(STATUS, online('b1'), { qos: 1, retain: true });
    await until('online', () => states().length === 1);
    edge.stream.destroy();
    await until('lost', () => states().length === 2);
    expect(states()).toEqual(['online', 'lost']);

    // It comes and dies while ingest is away: the retained will says so.
    const again = await centre.connect('edge-1', {
      will: { topic: STATUS, payload: Buffer.from(lost('b2')), qos: 1, retain: true },
    });
    await again.publishAsync(STATUS, online('b2'), { qos: 1, retain: true });
    await until('online again', () => states().length === 3);
    await first.stop();
    again.stream.destroy();
    await centre.start();
    await until('lost again', () => states().length === 4);
    expect(states()).toEqual(['online', 'lost', 'online', 'lost']);
  });

  it('count as lost when ingest comes back to a broker that has never heard of them', async () => {
    const centre = await startCentre();
    const first = await centre.start();
    const edge = await centre.connect('edge-1');
    await edge.publishAsync(STATUS, online('b1'), { qos: 1, retain: false });
    await until('online', () => centre.ofKind('edge').length === 1);
    await first.stop();
    await centre.start();
    await until('lost', () => centre.ofKind('edge').at(-1)?.state === 'lost');
  });
});

describe('the state feed', () => {
  it('sends one conflated message a point with all its sensors, at most one a second', async () => {
    const centre = await startCentre();
    await centre.start();
    const watcher = await centre.connect('svc-console');
    const heard: { readonly atMs: number; readonly state: PointState }[] = [];
    watcher.on('message', (_topic, payload) =>
      heard.push({ atMs: performance.now(), state: JSON.parse(payload.toString()) as PointState }),
    );
    await watcher.subscribeAsync('fengsui/v1/grid/+/+/+/+/state');
    const edge = await centre.connect('edge-1');
    const endMs = performance.now() + 2_600;
    let sent = 0;
    while (performance.now() < endMs) {
      sent++;
      const readings = [reading('s-1', Date.now(), sent), reading('s-2', Date.now(), -sent)];
      await edge.publishAsync(edgeTopic(TOWNSHIP, 'edge-1', 'up'), batchText('edge-1', sent, readings), { qos: 1 });
      await until('its row', () => centre.ofKind('batch').length === sent);
    }
    await until('the newest', () => heard.at(-1)?.state.sensors['s-1']?.value === sent);
    expect(sent).toBeGreaterThan(20);
    expect(heard.length).toBeGreaterThanOrEqual(2);
    expect(heard.length).toBeLessThanOrEqual(5);
    const last = heard.at(-1)?.state;
    expect(last).toMatchObject({
      pointId: 'point-edge-1',
      sensors: { 's-1': { value: sent }, 's-2': { value: -sent } },
    });
  });
});

describe('ticks', () => {
  it('pause while a commit waits for the disk, and do not pile up', async () => {
    const centre = await startCentre();
    await centre.start(20);
    await until('ticks', () => centre.ofKind('tick').length >= 3);
    const holder = new DatabaseSync(journalPath(centre.path));
    holder.exec('PRAGMA busy_timeout=2000');
    holder.exec('BEGIN IMMEDIATE');
    const fromMs = Date.now();
    await until('a second to go by', () => Date.now() > fromMs + 1_000);
    const toMs = Date.now();
    holder.exec('ROLLBACK');
    holder.close();
    await until('ticks again', () => centre.ofKind('tick').filter((row) => row.atMs > toMs).length >= 3);
    expect(centre.ofKind('tick').filter((row) => row.atMs > fromMs && row.atMs < toMs).length).toBeLessThanOrEqual(2);
  });
});
