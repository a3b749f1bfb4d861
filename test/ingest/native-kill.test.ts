import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { ensureCredential } from '#broker/io/credentials.ts';
import { startBroker } from '#broker/main.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { partitionOf } from '#model/partition.ts';
import { tempFolder, testContext, until } from '#test/ingest/centre.ts';
import { dpFrame, TOWNSHIP, valuesOf } from '#test/ingest/native-centre.ts';
import { repeated } from '#test/support/repeated.ts';

const program = fileURLToPath(new URL('./native-process.ts', import.meta.url));
const KILLS = repeated(2);
const LIMIT_MS = 30_000;
const START_MS = Date.now() - 3_600_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

function openCentre() {
  const folder = tempFolder();
  cleanups.push(folder.remove);
  const file = `${folder.path}/broker/credentials.json`;
  const secret = ensureCredential(file, 'dp-1', { kind: 'device' }) ?? '';
  const service = ensureCredential(file, 'svc-ingest', { kind: 'service' }) ?? '';
  /** Starts broker and ingest; dies at that commit (0: never), each commit taking so many ms more. */
  const start = async (
    dieAtCommit = 0,
    commitMs = 0,
    brokerUrl = '',
  ): Promise<{ child: ChildProcess; port: number }> => {
    const child = fork(program, [folder.path, service, String(dieAtCommit), String(commitMs), brokerUrl], {
      stdio: 'ignore',
    });
    cleanups.push(() => child.kill('SIGKILL'));
    const port = await new Promise<number>((resolve, reject) => {
      child.once('message', (ready: { readonly port: number }) => resolve(ready.port));
      child.once('exit', () => reject(new Error('the centre did not start')));
    });
    return { child, port };
  };
  const connect = async (port: number): Promise<MqttClient> => {
    const login = {
      clientId: 'SK01',
      username: 'dp-1',
      password: secret,
      protocolVersion: 4,
      reconnectPeriod: 0,
    } as const;
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, login);
    client.on('error', () => undefined);
    cleanups.push(() => client.endAsync(true));
    return client;
  };
  return { path: folder.path, file, start, connect };
}

/** One reading of a crack and one total of rain, each message with its own minute. */
const message = (index: number): Buffer =>
  dpFrame({
    SK01: {
      L1_LF_1: { [new Date(START_MS + index * 60_000).toISOString()]: index },
      L3_YL_1: { [new Date(START_MS + index * 60_000).toISOString()]: { totalValue: 100 + index * 0.2 } },
    },
  });

/** Rows that say that a gateway is there. */
function gatewaysSeen(dataDir: string): number {
  const journal = openJournalReader(dataDir);
  const count = journal.read(partitionOf(TOWNSHIP), 0, 100).filter((row) => row.kind === 'edge').length;
  journal.close();
  return count;
}

/** Whether the PUBACK came before the connection ended. */
const publish = (client: MqttClient, payload: Buffer): Promise<boolean> =>
  new Promise((resolve) => {
    client.once('close', () => resolve(false));
    client.publish('$dp', payload, { qos: 1 }, (cause) => resolve(cause === undefined || cause === null));
  });

describe('a device’s message and a centre that dies', () => {
  it('is on disk whenever its PUBACK was seen, though all is killed in that moment', async () => {
    const centre = openCentre();
    for (let round = 0; round < KILLS; round++) {
      const { child, port } = await centre.start(0, round % 3 === 0 ? 20 : 0);
      const client = await centre.connect(port);
      expect(await publish(client, message(round))).toBe(true);
      child.kill('SIGKILL');
      await until('the kill', () => child.signalCode !== null, LIMIT_MS);
      expect(valuesOf(centre.path, 'dp-crack')).toEqual(Array.from({ length: round + 1 }, (_, index) => index * 100));
      await client.endAsync(true);
    }
  }, 120_000);

  it('is journalled once when the centre dies between commit and PUBACK and the device sends it again', async () => {
    const centre = openCentre();
    let isKilled = 0;
    // The first start notes that the gateways are there; from then on a message's commit is the first after a start.
    const first = await centre.start();
    await until('the gateways', () => gatewaysSeen(centre.path) === 3, LIMIT_MS);
    first.child.kill('SIGKILL');
    for (let round = 0; round < KILLS; round++) {
      const dying = await centre.start(1);
      const client = await centre.connect(dying.port);
      const isAcked = await publish(client, message(round));
      await until('its death', () => dying.child.signalCode !== null, LIMIT_MS);
      expect(isAcked).toBe(false);
      if (valuesOf(centre.path, 'dp-crack').length === round + 1) isKilled++;
      const next = await centre.start();
      const again = await centre.connect(next.port);
      expect(await publish(again, message(round))).toBe(true);
      expect(valuesOf(centre.path, 'dp-crack')).toEqual(Array.from({ length: round + 1 }, (_, index) => index * 100));
      next.child.kill('SIGKILL');
      await until('the kill', () => next.child.signalCode !== null, LIMIT_MS);
    }
    // It was on disk before the PUBACK that never came: otherwise this test tested nothing.
    expect(isKilled).toBe(KILLS);
    const rain = valuesOf(centre.path, 'dp-rain').map(Number);
    expect(rain).toEqual(Array.from({ length: KILLS }, (_, index) => (index === 0 ? 0 : 200)));
  }, 120_000);

  it('gets no PUBACK when ingest alone dies after its commit, and is journalled once when it comes again', async () => {
    const centre = openCentre();
    const at = { host: '127.0.0.1', port: 0 };
    const how = { ...at, credentialsFile: centre.file, devices: at, handover: { timeoutMs: 700 } };
    const broker = await startBroker(how, testContext());
    cleanups.push(() => broker.stop());
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const first = await centre.start(0, 0, url);
    await until('the gateways', () => gatewaysSeen(centre.path) === 3, LIMIT_MS);
    first.child.kill('SIGKILL');
    await until('the kill', () => first.child.signalCode !== null, LIMIT_MS);
    const dying = await centre.start(1, 0, url);
    const client = await centre.connect(broker.devicePort ?? 0);
    expect(await publish(client, message(1))).toBe(false);
    await until('its death', () => dying.child.signalCode === 'SIGKILL', LIMIT_MS);
    expect(valuesOf(centre.path, 'dp-crack')).toEqual([100]);
    await centre.start(0, 0, url);
    expect(await publish(await centre.connect(broker.devicePort ?? 0), message(1))).toBe(true);
    expect(valuesOf(centre.path, 'dp-crack')).toEqual([100]);
  }, 120_000);
});
