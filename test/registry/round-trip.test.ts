import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkCounty } from '#cli/load/county.ts';
import { guardText } from '#cli/registry/cell.ts';
import { fromGcj02, toGcj02 } from '#cli/registry/gcj02.ts';
import { exportKind } from '#cli/registry/io/grid-export.ts';
import { importFiles } from '#cli/registry/io/grid-import.ts';
import { type ImportKind, type Item, TABLE_KINDS, type TableKind } from '#cli/registry/kinds.ts';
import { formatLint } from '#model/result.ts';
import { shippedFiles } from '#test/county/shipped.ts';
import { needs } from '#test/support/needs.ts';

const NOW = Date.parse('2026-06-03T06:00:00Z');
const SEED = 451_099;

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fengsui-round-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A county of a few grids, small enough to be read hundreds of times. */
const BASE = (() => {
  const shipped = shippedFiles();
  const asJson = (name: string) => JSON.stringify(parse(shipped.get(name) ?? ''));
  return new Map([
    ['county.json', asJson('county.yaml')],
    ['grids.json', asJson('grids.yaml')],
    ['grids.geojson', shipped.get('grids.geojson') ?? ''],
    ['people.json', asJson('people.yaml')],
    ['points.json', JSON.stringify({ points: [] })],
    ['duty.json', JSON.stringify({ desks: [] })],
    ['edges.json', JSON.stringify({ edges: [] })],
    ['channels.json', JSON.stringify({ channels: [] })],
  ]);
})();

/** What XML 1.0 can hold. */
const isPlain = (letter: string): boolean => {
  const code = letter.codePointAt(0) ?? 0;
  return code >= 0x20 && !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff;
};
/** Texts as people write them, and as they should not: quotes, separators, formulas, lines, apostrophes. */
const NASTY = fc
  .oneof(
    fc.constantFrom(
      '=1+1',
      '+86',
      '-',
      '@SUM(A1)',
      "'=x",
      "''-y",
      'a,b',
      'a;b"c',
      '“引号”',
      '（后山）',
      '１号楼',
      'two\nlines',
      '1.0',
      '1E5',
      '45000',
      'TRUE',
      '\ta',
    ),
    fc.string({ minLength: 1, maxLength: 8 }),
  )
  .map((text) =>
    [...text]
      .filter((letter) => letter === '\n' || letter === '\t' || isPlain(letter))
      .join('')
      .trim(),
  )
  .filter((text) => text !== '' && !/^[\s\u3000\u00a0]|[\s\u3000\u00a0]$/.test(text));
const name = NASTY.filter((text) => !text.includes('\n'));
const text = fc.record({ zh: name, en: name });
const list = NASTY.filter((one) => !/[；;\n]/.test(one));
const id = fc.stringMatching(/^[a-z][a-z0-9_-]{0,10}$/);
const phone = fc.stringMatching(/^1[3-9]\d{9}$/);
const GRIDS = ['451099', '451099101', '451099101201', '451099101204-G02', '451099103-E01'];
const optional = <T>(key: string, arb: fc.Arbitrary<T>) =>
  fc.option(arb, { nil: undefined }).map((value) => (value === undefined ? {} : { [key]: value }));
const all = (...parts: readonly fc.Arbitrary<object>[]): fc.Arbitrary<Item> =>
  fc.tuple(...parts).map((found) => Object.assign({}, ...found) as Item);
const place = fc.record({
  lon: fc.integer({ min: 0, max: 9 }).map((step) => 106.41 + step / 1e4),
  lat: fc.constant(24.27),
});

const ITEMS: { readonly [K in TableKind]: fc.Arbitrary<Item> } = {
  grids: all(
    fc
      .integer({ min: 1, max: 98 })
      .map((n) => ({ code: `451099103-E${n + 10}`, kind: 'enterprise', parent: '451099103' })),
    fc.record({ name: text }),
    optional('validFrom', fc.constantFrom('2026-01-01', '2025-12-31')),
    optional('validTo', fc.constant('2030-02-28')),
  ),
  people: all(
    fc.record({
      id,
      name,
      phone,
      posts: fc.uniqueArray(
        fc.record({ grid: fc.constantFrom(...GRIDS), post: fc.constantFrom('head', 'deputy', 'member') }),
        { maxLength: 3, selector: ({ grid, post }) => `${grid} ${post}` },
      ),
    }),
    optional('otherPhones', fc.uniqueArray(phone, { minLength: 1, maxLength: 2 })),
    optional('email', fc.constant('a.b@example.cn')),
    optional(
      'accounts',
      fc.dictionary(
        id,
        list.filter((one) => one.length > 0),
        { minKeys: 1, maxKeys: 2 },
      ),
    ),
  ).filter((item) => !((item['otherPhones'] ?? []) as readonly unknown[]).includes(item['phone'])),
  households: all(
    fc.record({
      point: fc.constant('pt'),
      id,
      head: name,
      people: fc.integer({ min: 1, max: 9 }),
      phone,
      caller: fc.constantFrom('wei-dashan', 'mo-youcai'),
    }),
    optional('grid', fc.constantFrom(...GRIDS)),
    optional('address', name),
    optional('needsHelp', fc.array(list, { minLength: 1, maxLength: 3 })),
  ),
  points: all(
    fc.record({
      id,
      name: text,
      kind: fc.constantFrom('slope', 'river', 'reservoir', 'rain-station', 'warehouse'),
      risk: fc.constantFrom('major', 'larger', 'general', 'low'),
    }),
    place,
  ),
  shelters: all(
    fc.record({ id, name: text, capacity: fc.integer({ min: 1, max: 900 }) }),
    place,
    optional('keeper', fc.constantFrom('mo-youcai')),
    optional('address', name),
  ),
  routes: all(
    fc.record({
      id,
      name: text,
      shelter: fc.constant('sh'),
      way: text,
      line: fc.constantFrom(
        [],
        [
          [106.4, 24.2],
          [106.41, 24.25],
        ],
      ),
    }),
  ),
};

const extra = (kind: TableKind): readonly (readonly [string, string])[] => [
  [
    'points.json',
    JSON.stringify({
      points:
        kind === 'households'
          ? [{ id: 'pt', name: { zh: '点', en: 'p' }, kind: 'slope', risk: 'low', lon: 106.41, lat: 24.27 }]
          : [],
    }),
  ],
  [
    'shelters.json',
    JSON.stringify({
      shelters:
        kind === 'routes' ? [{ id: 'sh', name: { zh: '校', en: 's' }, lon: 106.41, lat: 24.27, capacity: 9 }] : [],
    }),
  ],
];

const versionOf = (files: ReadonlyMap<string, string>): string => {
  const { county, lints } = checkCounty(files, NOW);
  if (county === null) throw new Error(lints.map(formatLint).join('\n'));
  return county.registry.version;
};

/** Out to a file, in to a county that lacks them: the same registry. */
async function roundTrip(kind: TableKind, items: readonly Item[], format: 'xlsx' | 'csv'): Promise<void> {
  const base = new Map([...BASE, ...extra(kind)]);
  const full = new Map(base).set(`${kind}/own.json`, JSON.stringify({ [kind]: items }));
  const made = await exportKind(full, kind, format);
  if (!made.ok) throw new Error(made.error);
  const county = mkdtempSync(join(dir, 'c-'));
  for (const [file, content] of base) writeFileSync(join(county, file), content);
  const path = join(county, `out.${format}`);
  writeFileSync(path, made.value.bytes);
  const [outcome] = await importFiles([path], { kind, county, into: 'back', nowMs: NOW });
  const refused = outcome?.plan?.refusals.map(({ column, message }) => `${column} ${message}`);
  expect([outcome?.error, refused, outcome?.plan?.breaks]).toEqual([undefined, [], []]);
  expect(outcome?.plan?.counts.new).toBe(items.length);
  const back = new Map(base).set(`${kind}/back.json`, outcome?.plan?.text ?? '');
  expect(versionOf(back)).toBe(versionOf(full));
}

describe('what an export writes, an import reads back to the same registry', () => {
  for (const kind of TABLE_KINDS)
    for (const format of ['csv', 'xlsx'] as const)
      it(`${kind} as ${format}`, async () => {
        const items = fc.uniqueArray(ITEMS[kind], {
          minLength: 1,
          maxLength: 4,
          selector: (item) => String(item['id'] ?? item['code']),
        });
        await fc.assert(
          fc.asyncProperty(items, async (list_) => roundTrip(kind, list_, format)),
          { seed: SEED, numRuns: format === 'csv' ? 8 : 4 },
        );
      });

  it('the shipped county, every kind in every format, and boundaries', async () => {
    const kinds: readonly ImportKind[] = [...TABLE_KINDS, 'boundaries'];
    let looked = 0;
    const county = mkdtempSync(join(dir, 'c-'));
    for (const [file, content] of shippedFiles()) writeFileSync(join(county, file), content);
    for (const kind of kinds)
      for (const format of ['csv', 'xlsx', 'geojson'] as const) {
        const made = await exportKind(shippedFiles(), kind, format);
        if (!made.ok) continue;
        const path = join(dir, `${kind}.${format}`);
        writeFileSync(path, made.value.bytes);
        const [outcome] = await importFiles([path], { kind, county, nowMs: NOW, dryRun: true });
        expect([kind, format, outcome?.error, outcome?.plan?.refusals, outcome?.plan?.text]).toEqual([
          kind,
          format,
          undefined,
          [],
          null,
        ]);
        expect(outcome?.plan?.counts).toMatchObject({ same: made.value.count, new: 0, changed: 0 });
        looked++;
      }
    expect(looked).toBe(6 * 2 + 3 + 1);
  });
});

describe('text that a spreadsheet would run', () => {
  it('is marked on the way out and comes back as it was', () => {
    expect(['=1+1', '+86', '-1', '@x', '\tx', "'=x"].map(guardText)).toEqual([
      "'=1+1",
      "'+86",
      "'-1",
      "'@x",
      "'\tx",
      "''=x",
    ]);
    expect(['韦国平', "'x", '1=1'].map(guardText)).toEqual(['韦国平', "'x", '1=1']);
  });
});

const python = needs('python3');
describe.skipIf(!python)('a workbook of ours read by another program', () => {
  it('has codes and telephones as text and places as numbers', async () => {
    const made = await exportKind(shippedFiles(), 'points', 'xlsx');
    const people = await exportKind(shippedFiles(), 'people', 'xlsx');
    if (!made.ok || !people.ok) throw new Error('no export');
    const read = (bytes: Buffer | string): string => {
      const path = join(dir, 'ours.xlsx');
      writeFileSync(path, bytes);
      const script = fileURLToPath(new URL('messy.py', import.meta.url));
      return execFileSync('/usr/bin/python3', [script, 'read', path], { encoding: 'utf8' });
    };
    expect(read(made.value.bytes)).toContain(
      'str:taoshuwan\tstr:桃树湾滑坡\tstr:Taoshuwan landslide\tstr:滑坡\tstr:重大\tfloat:106.3665\tfloat:24.3984',
    );
    expect(read(people.value.bytes)).toContain('str:wei-guoping\tstr:韦国平\tstr:13800001001\tstr:451099\tstr:网格长');
  });
});

describe('places of Chinese web maps', () => {
  it('are shifted as published, and back to within a centimetre', () => {
    const [lon, lat] = toGcj02(116.404, 39.915);
    expect(lon).toBeCloseTo(116.410_244_499_169_38, 9);
    expect(lat).toBeCloseTo(39.916_404_281_501_64, 9);
    fc.assert(
      fc.property(
        fc.double({ min: 80, max: 130, noNaN: true }),
        fc.double({ min: 20, max: 50, noNaN: true }),
        (x, y) => {
          const [backX, backY] = fromGcj02(...toGcj02(x, y));
          expect(Math.hypot(backX - x, backY - y)).toBeLessThan(1e-7);
        },
      ),
      { seed: SEED },
    );
    expect(toGcj02(2.35, 48.85)).toEqual([2.35, 48.85]);
  });
});
