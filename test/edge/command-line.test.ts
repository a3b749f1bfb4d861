import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBroker } from '#broker/main.ts';
import { credentialsFile, edgeSecretFile, ensureSecrets } from '#cli/io/secrets.ts';
import { readCounty } from '#cli/load/io/read-county.ts';
import { type EdgeService, startEdge } from '#edge/main.ts';
import { fleetFile } from '#ingest/io/fleet.ts';
import { NOTHING_LOCAL } from '#model/edge-config.ts';
import type { Service } from '#model/ports.ts';
import { type CountyCopy, copyCounty, setOrigin } from '#test/e2e/support/county-copy.ts';
import { runFengsui } from '#test/support/command.ts';
import { testContext, until } from './support.ts';

const EDGE = 'edge-park';
const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-care-'));
let county: CountyCopy;
let broker: Service & { readonly port: number };
let edge: EdgeService;

beforeAll(async () => {
  county = copyCounty();
  county.edit('edges.yaml', setOrigin(EDGE, 'live'));
  const read = readCounty(county.dir, Date.now());
  const township = '451099103';
  const ids = { edges: read.ok ? read.value.edges : new Map() };
  ensureSecrets(dataDir, ids);
  broker = await startBroker({ host: '127.0.0.1', port: 0, credentialsFile: credentialsFile(dataDir) }, testContext());
  edge = await startEdge(
    {
      ...{ edgeId: EDGE, township, inventoryVersion: 'as-it-came', profiles: {}, buses: [], links: [] },
      ...{ local: NOTHING_LOCAL, mqttUrl: `mqtt://127.0.0.1:${broker.port}`, dataDir: join(dataDir, 'box') },
      credentialFile: edgeSecretFile(dataDir, EDGE),
    },
    testContext(),
    { trialMs: 100 },
  );
});
afterAll(async () => {
  await edge.stop();
  await broker.stop();
  county.remove();
  rmSync(dataDir, { recursive: true, force: true });
});

async function fengsui(...args: string[]) {
  const running = runFengsui(['edge', ...args], {
    FENGSUI_DATA: dataDir,
    FENGSUI_COUNTY: county.dir,
    FENGSUI_MQTT: `127.0.0.1:${broker.port}`,
  });
  const code = await running.exited;
  return { code, text: running.output() };
}

describe('fengsui edge', () => {
  it('lists every box, what it runs and what it should run, and why it refused', async () => {
    const before = await fengsui('list', '--json');
    const items = (JSON.parse(before.text) as { items: { edge: string; state: string; wanted: string }[] }).items;
    expect(items.find((item) => item.edge === EDGE)).toMatchObject({
      ...{ origin: 'live', state: 'online', refused: null },
      status: { inventoryVersion: 'as-it-came' },
    });
    expect(items.find((item) => item.edge === 'edge-shiqiao')).toMatchObject({ state: 'never heard', status: null });
    const wanted = items.find((item) => item.edge === EDGE)?.wanted ?? '';
    mkdirSync(join(fleetFile(dataDir), '..'), { recursive: true });
    writeFileSync(
      fleetFile(dataDir),
      JSON.stringify({ [EDGE]: { version: wanted, reason: 'no unit answers', atMs: 1 } }),
    );
    const { code, text } = await fengsui('list');
    expect(code).toBe(0);
    expect(text).toMatch(/edge-park {2}online .*runs as-it-ca, wanted [0-9a-f]{8} .*clock/);
    expect(text).toMatch(/refused: no unit answers/);
    rmSync(fleetFile(dataDir));
  }, 60_000);

  it('counts no gateway among the boxes whose devices bring their own messages', async () => {
    const example = (name: string) => readFileSync(new URL(`../../county/examples/${name}`, import.meta.url), 'utf8');
    writeFileSync(join(county.dir, 'native.yaml'), example('native.yaml'));
    mkdirSync(join(county.dir, 'points'), { recursive: true });
    writeFileSync(join(county.dir, 'points', 'native.yaml'), example('points-native.yaml'));
    try {
      const items = (JSON.parse((await fengsui('list', '--json')).text) as { items: { edge: string }[] }).items;
      expect(items.map((item) => item.edge).sort()).toEqual(['edge-park', 'edge-qingxi', 'edge-shiqiao']);
      const asked = await fengsui('status', 'lora-park', '--wait', '1');
      expect(asked).toMatchObject({ code: 1, text: expect.stringMatching(/There is no edge "lora-park"/) });
    } finally {
      rmSync(join(county.dir, 'native.yaml'));
      rmSync(join(county.dir, 'points'), { recursive: true });
    }
  }, 60_000);

  it('asks a box, and says no with exit code 1', async () => {
    expect(await fengsui('status', EDGE)).toMatchObject({ code: 0, text: expect.stringMatching(/edge-park: said/) });
    const read = await fengsui('read-now', EDGE, '--json');
    expect(JSON.parse(read.text)).toMatchObject({ edge: EDGE, ok: true, message: 'read' });
    const tested = await fengsui('test-output', EDGE, 'siren', '--seconds', '2');
    expect(tested).toMatchObject({ code: 1, text: expect.stringMatching(/no: this edge has no output siren/) });
    const away = await fengsui('status', 'edge-shiqiao', '--wait', '1');
    expect(away).toMatchObject({ code: 1, text: expect.stringMatching(/edge-shiqiao did not answer within 1 s/) });
    const unknown = await fengsui('read-now', 'edge-nowhere');
    expect(unknown).toMatchObject({ code: 1, text: expect.stringMatching(/There is no edge "edge-nowhere"/) });
  }, 90_000);

  it('pushes what the county wants, and waits until it has been tried', async () => {
    const pushed = await fengsui('configure', EDGE, '--json');
    expect(JSON.parse(pushed.text)).toMatchObject({ edge: EDGE, ok: true, message: 'applied' });
    expect(edge.config().buses).toMatchObject([{ id: 'park-a', port: 502 }]);
    await until('it is told', () => edge.config().inventoryVersion !== 'as-it-came');
    const listed = await fengsui('list');
    expect(listed.text).toMatch(/edge-park {2}online .*as wanted/);
  }, 60_000);
});
