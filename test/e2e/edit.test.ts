import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { edgeConfigFile } from '#cli/io/edge-files.ts';
import { runFengsui } from '#test/support/command.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';
import { TOKEN } from './support/chain.ts';
import { copyCounty, swap } from './support/county-copy.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-edit-'));
const county = copyCounty();
afterAll(() => {
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  county.remove();
});

type Items = { readonly items: readonly { readonly [key: string]: unknown }[] };
/** A limit for what hangs: a dozen processes share two cores with other tests. */
const WAIT_MS = 60_000;
const EDGES = ['edge-shiqiao', 'edge-qingxi', 'edge-park'];

describe.skipIf(!needs('socat'))('an edit of the county while it runs', () => {
  it('brings in a new person and leaves the boxes and their wires alone', { timeout: 400_000 }, async () => {
    const up = runFengsui(['up'], {
      FENGSUI_DATA: dataDir,
      FENGSUI_COUNTY: county.dir,
      FENGSUI_HTTP: '127.0.0.1:0',
      FENGSUI_MQTT: '127.0.0.1:0',
      FENGSUI_TOKEN: TOKEN,
    });
    try {
      const address = await until(
        'the console address',
        180_000,
        () => /Console\s+(http:\/\/\S+)\//.exec(up.output())?.[1],
      );
      const items = async (path: string) => {
        const response = await fetch(`${address}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
        return ((await response.json()) as Items).items;
      };
      const newest = async (sensor: string) =>
        Number(
          (await items('/api/v1/readings?limit=100')).find((one) => one['sensorId'] === sensor)?.['measuredAtMs'] ?? 0,
        );
      const sensors = ['taoshuwan-crack', 'longtan-level', 'cangku-3-smoke-1'];
      for (const sensor of sensors)
        await until(`a reading of ${sensor}`, WAIT_MS, async () => (await newest(sensor)) > 0);
      const configs = () => EDGES.map((edge) => readFileSync(edgeConfigFile(dataDir, edge), 'utf8'));
      const before = configs();
      county.edit('people.yaml', (text) =>
        swap(
          text,
          '  # 响水洞村\n',
          '  # 响水洞村\n  - { id: new-member, name: 新网格员, phone: "13900002399", posts: [{ grid: "451099101202", post: member }] }\n',
        ),
      );
      await until('the new person', WAIT_MS, async () =>
        (await items('/api/v1/people?limit=200')).some((person) => person['id'] === 'new-member'),
      );
      // The supervisor has its own watch on the files, two looks two seconds apart.
      const editedMs = Date.now();
      for (const sensor of sensors)
        await until(`${sensor} to go on`, WAIT_MS, async () => (await newest(sensor)) > editedMs + 6_000);
      expect(configs()).toEqual(before);
      expect(up.output()).not.toMatch(/new inventory|starting it again/);
      // A box whose own poll interval changes is started again, on the same wire.
      county.edit('edges.yaml', (text) =>
        text.replace(/(id: park-a[\s\S]*?poll: )1s/, (_, head: string) => `${head}2s`),
      );
      await until('the park box to be started again', WAIT_MS, () => /edge-park has a new inventory/.test(up.output()));
      const againMs = Date.now();
      await until('the park box to go on', WAIT_MS, async () => (await newest('cangku-3-smoke-1')) > againMs + 3_000);
      expect(up.output()).not.toMatch(/edge-(shiqiao|qingxi) has a new inventory/);
    } finally {
      await up.stop('SIGINT');
    }
  });
});
