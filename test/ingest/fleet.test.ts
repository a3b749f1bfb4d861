import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { ensureCredential } from '#broker/io/credentials.ts';
import { startBroker } from '#broker/main.ts';
import { pushedPart } from '#edge/care/localise.ts';
import { startEdge } from '#edge/main.ts';
import {
  type Care,
  DEFAULT_FLEET_TIMES,
  NO_CARE,
  noteAsked,
  noteReply,
  noteSaid,
  noteWanted,
  stateOf,
} from '#ingest/fleet.ts';
import { fleetFile } from '#ingest/io/fleet.ts';
import { startIngest } from '#ingest/main.ts';
import { type EdgeConfig, type EdgeConfigPush, NOTHING_LOCAL } from '#model/edge-config.ts';
import { type EdgeCommand, edgeTopic } from '#model/topics.ts';
import { noRules, registryPort, tempFolder, testContext, testRegistry, until } from './centre.ts';

const TOWNSHIP = '331004001';
const TIMES = { replyMs: 2_000, firstPauseMs: 200, longestPauseMs: 400 };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

const configOf = (version: string): EdgeConfigPush => ({
  ...{ edgeId: 'edge-1', township: TOWNSHIP, inventoryVersion: version },
  ...{ profiles: {}, buses: [], links: [], local: NOTHING_LOCAL },
});

function wantedPort(first: EdgeConfigPush | undefined) {
  let now = first;
  const listeners = new Set<() => void>();
  return {
    current: () => new Map(now === undefined ? [] : [[now.edgeId, now]]),
    onChange: (run: () => void) => {
      listeners.add(run);
      return () => listeners.delete(run);
    },
    want: (next: EdgeConfigPush) => {
      now = next;
      for (const run of listeners) run();
    },
  };
}

async function startCentre(first: EdgeConfigPush) {
  const folder = tempFolder();
  cleanups.push(folder.remove);
  const file = `${folder.path}/broker/credentials.json`;
  const edgePassword = ensureCredential(file, 'edge-1', { kind: 'edge', township: TOWNSHIP, origin: 'live' }) ?? '';
  const password = ensureCredential(file, 'svc-ingest', { kind: 'service' }) ?? '';
  const broker = await startBroker({ host: '127.0.0.1', port: 0, credentialsFile: file }, testContext());
  cleanups.push(() => broker.stop());
  const mqttUrl = `mqtt://127.0.0.1:${broker.port}`;
  const wanted = wantedPort(first);
  const ctx = testContext();
  const start = async () => {
    const ingest = await startIngest(
      { dataDir: folder.path, mqttUrl, username: 'svc-ingest', password, tickMs: 60_000, fleet: TIMES },
      { registry: registryPort(testRegistry({ 'edge-1': [] })), ruleSets: noRules, edgeConfigs: wanted },
      ctx,
    );
    let isStopped = false;
    const stop = async () => {
      if (!isStopped) await ingest.stop();
      isStopped = true;
    };
    cleanups.push(stop);
    return { stop };
  };
  return { folder: folder.path, mqttUrl, wanted, ctx, start, edgePassword };
}

/** A box by hand: what it was told to do, and a word for an answer. */
async function connectBox(centre: { readonly mqttUrl: string; readonly edgePassword: string }) {
  const client = await connectAsync(centre.mqttUrl, {
    ...{ clientId: 'edge-1', username: 'edge-1', password: centre.edgePassword, reconnectPeriod: 0 },
  });
  cleanups.push(() => client.endAsync(true));
  const commands: EdgeCommand[] = [];
  client.on('message', (_, payload) => commands.push(JSON.parse(payload.toString()) as EdgeCommand));
  await client.subscribeAsync(edgeTopic(TOWNSHIP, 'edge-1', 'cmd'), { qos: 1 });
  return {
    commands,
    pushes: () => commands.flatMap((one) => (one.kind === 'configure' ? [one] : [])),
    say: (inventoryVersion: string, more: object = {}) =>
      client.publishAsync(
        edgeTopic(TOWNSHIP, 'edge-1', 'status'),
        JSON.stringify({ state: 'online', edgeId: 'edge-1', bootId: 'b', inventoryVersion, ...more }),
        { qos: 1, retain: true },
      ),
    answer: (id: string, ok: boolean, message: string) =>
      client.publishAsync(edgeTopic(TOWNSHIP, 'edge-1', 'reply'), JSON.stringify({ id, ok, message }), { qos: 1 }),
  };
}

describe('when a box is sent its configuration', () => {
  const times = DEFAULT_FLEET_TIMES;
  const there = noteSaid(NO_CARE, 'v1');
  const asked = noteAsked(there, 'p', 'v2', 0, times);
  const reply = (care: Care, ok: boolean, message = '') =>
    noteReply(care, { id: 'p', ok, message }, { nowMs: 5, monoMs: 5 }, times);
  it.each([
    ['nobody cares for it', stateOf(there, undefined, 0, times), 'unknown'],
    ['it is not there', stateOf(NO_CARE, 'v2', 0, times), 'away'],
    ['it runs what is wanted', stateOf(there, 'v1', 0, times), 'current'],
    ['it runs something else', stateOf(there, 'v2', 0, times), 'due'],
    ['it was asked just now', stateOf(asked, 'v2', 1_000, times), 'asked'],
    ['its answer did not come', stateOf(asked, 'v2', times.replyMs, times), 'due'],
    ['it refused this version', stateOf(reply(asked, false, 'no unit answers'), 'v2', 1e9, times), 'refused'],
    ['it refused another version', stateOf(noteWanted(reply(asked, false, 'no')), 'v3', 5, times), 'due'],
    ['it was busy', stateOf(reply(asked, false, 'another configuration is being tried: …'), 'v2', 6, times), 'waiting'],
    [
      'it was busy a while ago',
      stateOf(reply(asked, false, 'another configuration is being tried'), 'v2', 1e6, times),
      'due',
    ],
    [
      'an answer to something else came',
      stateOf(noteReply(asked, { id: 'q', ok: false, message: '' }, { nowMs: 1, monoMs: 1 }, times), 'v2', 1, times),
      'asked',
    ],
  ])('%s', (_, state, wanted) => {
    expect(state).toBe(wanted);
  });
  it('waits longer after each vain try, up to an hour', () => {
    let care = there;
    const pauses = Array.from({ length: 12 }, () => {
      care = noteAsked(care, 'p', 'v2', 0, times);
      return care.notBeforeMonoMs;
    });
    expect(pauses.slice(0, 3)).toEqual([10_000, 20_000, 40_000]);
    expect(pauses.at(-1)).toBe(3_600_000);
    expect(noteWanted(care).notBeforeMonoMs).toBe(0);
  });
});

describe('the centre', () => {
  it('pushes once, shows how the box is, and leaves it alone when it has taken it', async () => {
    const centre = await startCentre(configOf('v2'));
    await centre.start();
    const box = await connectBox(centre);
    const facts = { supplyV: 12.1, signalDbm: -77, diskFreeBytes: 5e9, uptimeS: 99 };
    await box.say('v1', { queuedBatches: 7, oldestQueuedMs: 9_000, clockOffsetMs: -40, box: facts });
    await until('a push', () => box.pushes().length === 1);
    expect(box.pushes()[0]?.config).toEqual(configOf('v2'));
    expect(centre.ctx.counted()).toMatchObject({
      fengsui_edge_reported_queue_batches: 7,
      fengsui_edge_reported_oldest_seconds: 9,
      fengsui_edge_reported_supply_volts: 12.1,
      fengsui_edge_reported_signal_dbm: -77,
      fengsui_edge_config_current: 0,
    });
    await box.answer(box.pushes()[0]?.id ?? '', true, 'applied');
    await box.say('v2');
    await until('it counts as current', () => centre.ctx.counted()['fengsui_edge_config_current'] === 1);
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(box.pushes()).toHaveLength(1);
  });

  it('pushes again when no answer came, and in no tight loop', async () => {
    const centre = await startCentre(configOf('v2'));
    await centre.start();
    const box = await connectBox(centre);
    await box.say('v1');
    for (let times = 0; times < 20; times++) await box.say('v1');
    await until('a second push', () => box.pushes().length === 2);
    expect(centre.ctx.counted()['fengsui_edge_config_pushes_total edge-1']).toBe(2);
  });

  it('does not push again what was refused, also after its restart, until something else is wanted', async () => {
    const centre = await startCentre(configOf('v2'));
    const first = await centre.start();
    const box = await connectBox(centre);
    await box.say('v1');
    await until('a push', () => box.pushes().length === 1);
    await box.answer(box.pushes()[0]?.id ?? '', false, 'rolled back: no unit of bus a answers');
    await until('it is written down', () => existsSync(fleetFile(centre.folder)));
    expect(JSON.parse(readFileSync(fleetFile(centre.folder), 'utf8'))).toMatchObject({
      'edge-1': { version: 'v2', reason: 'rolled back: no unit of bus a answers' },
    });
    await first.stop();
    await centre.start();
    await box.say('v1');
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(box.pushes()).toHaveLength(1);
    centre.wanted.want(configOf('v3'));
    await until('another push', () => box.pushes().length === 2);
    expect(box.pushes()[1]?.config.inventoryVersion).toBe('v3');
  });

  it('brings a real box to what the county wants', async () => {
    const centre = await startCentre(configOf('v1'));
    await centre.start();
    const credentialFile = `${centre.folder}/credential`;
    writeFileSync(credentialFile, centre.edgePassword, { mode: 0o600 });
    const file: EdgeConfig = {
      ...configOf('v1'),
      mqttUrl: centre.mqttUrl,
      credentialFile,
      dataDir: `${centre.folder}/box`,
    };
    const edge = await startEdge(file, testContext(), { trialMs: 50 });
    cleanups.push(() => edge.stop());
    await until('it is current', () => centre.ctx.counted()['fengsui_edge_config_current'] === 1);
    centre.wanted.want({ ...pushedPart(file), inventoryVersion: 'v2' });
    await until('it has taken it', () => edge.config().inventoryVersion === 'v2');
    await until('the centre knows', () => centre.ctx.counted()['fengsui_edge_config_replies_total edge-1 true'] === 1);
    await until('it is current again', () => centre.ctx.counted()['fengsui_edge_config_current'] === 1);
  });
});
