/** A real broker, ingest and console over one small county, with two gateways that push: one live, one simulated. */
import { ensureCredential } from '#broker/io/credentials.ts';
import { openVerifier } from '#broker/io/verifier.ts';
import { startBroker } from '#broker/main.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { startIngest } from '#ingest/main.ts';
import type { EdgeUnit, Registry, Sensor } from '#model/registry.ts';
import { startUnderTest } from '#test/console/support/console-under-test.ts';
import { fakeRegistry } from '#test/console/support/fake-county.ts';
import { fakePorts } from '#test/console/support/fake-ports.ts';
import { noRules, registryPort, tempFolder, testContext, until } from '#test/ingest/centre.ts';
import { sensorAt } from '#test/ingest/native-centre.ts';

function gateway(id: string, origin: EdgeUnit['origin'], device: string, sensor: Sensor): EdgeUnit {
  const sensors = [sensorAt(sensor.id, sensor.quantity, sensor.id)];
  return {
    ...{ id, origin, township: '999900001', name: { zh: id, en: id } },
    ...{ buses: [], links: [], outputs: [], mutes: [] },
    native: {
      transport: 'http',
      decoder: 'json',
      devices: [{ id: device, key: device, codec: null, sensors }],
      lostAfterMs: 3_600_000,
      mapping: null,
    },
  };
}

/** `crack-1` (slope-1, live) comes by `push-live`, `level-1` (river-1, simulated) by `push-sim`. */
function countyWithGateways(): Registry {
  const base = fakeRegistry();
  const crack = base.sensors.get('crack-1');
  const level = base.sensors.get('level-1');
  if (crack === undefined || level === undefined) throw new Error('the small county lacks its sensors');
  return {
    ...base,
    sensors: new Map([
      ...base.sensors,
      [crack.id, { ...crack, edgeId: 'push-live' }],
      [level.id, { ...level, edgeId: 'push-sim' }],
    ]),
    edges: new Map([
      ...base.edges,
      ['push-live', gateway('push-live', 'live', 'D1', crack)],
      ['push-sim', gateway('push-sim', 'simulated', 'D2', level)],
    ]),
  };
}

export type Centre = Awaited<ReturnType<typeof startCentre>>;

export async function startCentre() {
  const folder = tempFolder();
  const file = `${folder.path}/broker/credentials.json`;
  const passwords = Object.fromEntries([
    ...['push-live', 'push-sim'].map((id) => [id, ensureCredential(file, id, { kind: 'device' }) ?? '']),
    ...['svc-ingest', 'svc-node-red'].map((id) => [id, ensureCredential(file, id, { kind: 'service' }) ?? '']),
  ]) as { readonly [user: string]: string };
  const registry = registryPort(countyWithGateways());
  const context = testContext();
  const broker = await startBroker({ host: '127.0.0.1', port: 0, credentialsFile: file }, testContext());
  const verifier = openVerifier(file, () => undefined);
  const checkToken = (id: string, token: string) => {
    const outcome = verifier.verify(id, id, Buffer.from(token));
    return 'identity' in outcome && outcome.identity.kind === 'device';
  };
  const mqttUrl = `mqtt://127.0.0.1:${broker.port}`;
  let pushPort = 0;
  const openIngest = async () => {
    const login = { mqttUrl, username: 'svc-ingest', password: passwords['svc-ingest'] ?? '' };
    const ingest = await startIngest(
      { dataDir: folder.path, ...login, tickMs: 60_000, push: { host: '127.0.0.1', port: pushPort } },
      { registry, ruleSets: noRules, checkToken },
      context,
    );
    pushPort = ingest.pushPort ?? 0;
    return ingest;
  };
  let ingest: Awaited<ReturnType<typeof openIngest>> | undefined = await openIngest();
  await until('ingest hears', () => context.lines.some((line) => line.includes('ingest hears the edges')));
  const journal = openJournalReader(folder.path);
  const fakes = fakePorts();
  const ports = { ...fakes.ports, registry, journal };
  const console = await startUnderTest({ heartbeatMs: 200 }, { ...fakes, ports });
  return {
    folder: folder.path,
    passwords,
    mqttUrl,
    pushUrl: `http://127.0.0.1:${pushPort}`,
    console,
    stopIngest: async () => {
      await ingest?.stop();
      ingest = undefined;
    },
    startIngest: async () => {
      ingest = await openIngest();
    },
    stop: async () => {
      await console.stop();
      await ingest?.stop();
      await broker.stop();
      journal.close();
      folder.remove();
    },
  };
}
