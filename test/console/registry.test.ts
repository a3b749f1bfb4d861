/** The registry's files over HTTP, with the sample county in a folder of its own. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRegistryDesk } from '#cli/io/registry-desk.ts';
import { csvSheet } from '#cli/registry/io/read-sheets.ts';
import type { ImportReport } from '#dashboards/api/registry-desk.ts';
import { asToken, startUnderTest, type Under } from './support/console-under-test.ts';
import { fakePorts } from './support/fake-ports.ts';

const SHIPPED = fileURLToPath(new URL('../../county', import.meta.url));
const PEOPLE = '姓名,电话,网格,岗位\n韦新来,13800009901,451202001001,网格员\n';

let folder: string;
let under: Under;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-registry-'));
  // Uploaded tables lie in a folder that no other test fills.
  process.env['TMPDIR'] = mkdtempSync(join(folder, 'tmp-'));
  const fakes = fakePorts();
  const registryDesk = openRegistryDesk(join(folder, 'county'));
  under = await startUnderTest({}, { ...fakes, ports: { ...fakes.ports, registryDesk } });
});
beforeEach(() => {
  rmSync(join(folder, 'county'), { recursive: true, force: true });
  cpSync(SHIPPED, join(folder, 'county'), { recursive: true });
});
afterAll(async () => {
  await under?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const firstVillage = (): string => /code: "?(\d{12})"?/.exec(readCounty('grids.yaml'))?.[1] ?? '';
const readCounty = (name: string): string => readFileSync(join(folder, 'county', name), 'utf8');
const table = (): string => PEOPLE.replace('451202001001', firstVillage());
const get = (path: string, headers: Record<string, string> = asToken) => fetch(`${under.base}${path}`, { headers });
type Answer = ImportReport & { readonly error?: { readonly kind: string; readonly message: string } };

async function send(query: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const response = await fetch(`${under.base}/api/v1/registry/import?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', ...asToken, ...headers },
    body,
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

describe('the registry over HTTP', { timeout: 20_000 }, () => {
  test('finds nothing in the sample county, and a file that is broken with its place', async () => {
    const sound = (await (await get('/api/v1/registry/check')).json()) as { total: number; looked: object };
    expect(sound).toMatchObject({ items: [], next: null, total: 0 });
    expect(sound.looked).toMatchObject({ grids: expect.any(Number), children: expect.any(Number) });
    writeFileSync(join(folder, 'county', 'shelters.yaml'), 'shelters: 7\n');
    const broken = (await (await get('/api/v1/registry/check?limit=1')).json()) as {
      readonly items: readonly { readonly file: string; readonly severity: string; readonly kind: string }[];
      readonly next: string | null;
      readonly total: number;
    };
    expect(broken.items[0]).toMatchObject({ file: 'routes.yaml', severity: 'error', kind: 'unknown-shelter' });
    expect(broken.total).toBeGreaterThan(0);
    expect(broken.next).toBe(broken.total > 1 ? '1' : null);
  });

  test('gives a table that it reads back to the same, and enters in the ledger who took the telephones', async () => {
    const seenBefore = under.alerts.accessSeen.length;
    const response = await get('/api/v1/registry/export?kind=people&format=csv');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename=fengsui-people.csv');
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const sheet = csvSheet('people.csv', new TextDecoder().decode(bytes));
    expect(sheet.ok && sheet.value.rows.length).toBeGreaterThan(20);
    expect(under.alerts.accessSeen.slice(seenBefore)).toMatchObject([
      { kind: 'access', what: 'export', object: 'registry/people', by: 'api-token' },
    ]);
    const again = await send('kind=people&file=people.csv', bytes);
    expect(again.body).toMatchObject({ changes: false, refused: [], errors: [], counts: { new: 0, changed: 0 } });
    const map = await get('/api/v1/registry/export?kind=points&format=geojson');
    expect(((await map.json()) as { features: readonly object[] }).features.length).toBeGreaterThan(0);
    const wrong = await get('/api/v1/registry/export?kind=people&format=geojson');
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { error: { kind: 'wrongFormat', path: 'format' } }]);
    expect(under.alerts.accessSeen).toHaveLength(seenBefore + 1);
  });

  test('says what a table would change and writes nothing unless asked to', async () => {
    const before = readdirSync(join(folder, 'county'));
    const bad = `${table()}韦没号,,${firstVillage()},网格员\n`;
    const { status, body } = await send(`kind=people&file=${encodeURIComponent('人员.csv')}`, bad);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ target: 'people/import-人员.json', written: false, changes: true, errors: [] },
      counts: { new: 1, changed: 0, refused: 1 },
      refused: [{ file: '人员.csv', row: 3, column: 'B 电话', message: expect.any(String), mend: expect.any(String) }],
    });
    expect(readdirSync(join(folder, 'county'))).toEqual(before);
  });

  test('takes a table over into a file of its own, and has it in the ledger who brought what', async () => {
    const seenBefore = under.alerts.accessSeen.length;
    const { status, body } = await send('kind=people&file=new.csv&dryRun=false', table());
    expect([status, body]).toMatchObject([
      200,
      { written: true, target: 'people/import-new.json', counts: { new: 1 } },
    ]);
    expect(readCounty('people/import-new.json')).toContain('韦新来');
    expect(under.alerts.accessSeen.slice(seenBefore)).toMatchObject([
      {
        ...{ kind: 'access', what: 'import', by: 'api-token' },
        object: expect.stringMatching(/^people\/import-new\.json 20/),
        note: expect.stringMatching(/^new 1, changed 0, same 0, gone 0, refused 0; sha256 [0-9a-f]{64}$/),
      },
    ]);
    const again = await send('kind=people&file=new.csv&dryRun=false', table());
    expect([again.status, again.body]).toMatchObject([200, { written: false, changes: false, counts: { same: 1 } }]);
    expect(under.alerts.accessSeen).toHaveLength(seenBefore + 1);
  });

  test('writes nothing into a county that does not hold, and says where it does not', async () => {
    rmSync(join(folder, 'county', 'points.yaml'));
    const seenBefore = under.alerts.accessSeen.length;
    const { status, body } = await send('kind=people&file=new.csv&dryRun=false', table());
    expect([status, body.error?.kind]).toEqual([409, 'doesNotHold']);
    expect(body.errors.length).toBeGreaterThan(0);
    expect(() => readCounty('people/import-new.json')).toThrow();
    expect(under.alerts.accessSeen).toHaveLength(seenBefore);
  });

  test('refuses what is no table, with what mends it, and leaves nothing of it behind', async () => {
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('fengsui-import-'));
    const before = left();
    for (const [file, text] of [
      ['a.xlsx', 'no workbook'],
      ['a.xls', 'old'],
      ['a.csv', '甲,乙\n1,2\n'],
      ['a.geojson', '{'],
      ['../../etc/passwd', 'x'],
    ] as const) {
      const { status, body } = await send(`kind=people&file=${encodeURIComponent(file)}&dryRun=false`, text);
      expect([file, status, body.error?.kind]).toEqual([file, 400, 'badFile']);
    }
    expect(left()).toEqual(before);
  });

  test('reads no body of whoever may not send it, none of another site, and at most 16 MiB', async () => {
    const big = new Uint8Array(16 * 1_048_576 + 1);
    const query = 'kind=people&file=a.csv';
    expect((await send(query, big)).status).toBe(413);
    expect((await send(query, table(), { authorization: '' })).status).toBe(401);
    const cookie = await under.cookieOf('p-town');
    expect((await send(query, table(), { authorization: '', cookie })).status).toBe(401);
    expect((await send(query, table(), { origin: 'https://elsewhere.example' })).body.error?.kind).toBe(
      'foreignOrigin',
    );
    expect((await send(query, table(), { 'content-type': 'text/csv' })).status).toBe(415);
    expect((await send('kind=people', table())).status).toBe(400);
  });

  test('works in a thread: other answers do not wait for a check', async () => {
    const check = get('/api/v1/registry/check');
    const startedMs = performance.now();
    let slowestMs = 0;
    for (let n = 0; n < 20; n++) {
      const fromMs = performance.now();
      expect((await get('/healthz')).status).toBe(200);
      slowestMs = Math.max(slowestMs, performance.now() - fromMs);
    }
    expect((await check).status).toBe(200);
    expect([slowestMs < 250, performance.now() - startedMs < 20_000]).toEqual([true, true]);
  });

  test('gives up a task that takes too long, and goes on', async () => {
    const hasty = openRegistryDesk(join(folder, 'county'), 1);
    expect(await hasty.check(Date.now())).toMatchObject({ ok: false, error: { kind: 'tooSlow' } });
    const many = await Promise.all(Array.from({ length: 6 }, () => hasty.exportKind('people', 'csv')));
    expect(many.map((one) => (one.ok ? 'ok' : one.error.kind))).toEqual([
      ...Array<string>(4).fill('tooSlow'),
      ...Array<string>(2).fill('busy'),
    ]);
  });
});
