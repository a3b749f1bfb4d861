import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readCounty, readCountyFiles } from '#cli/load/io/read-county.ts';
import { type FileOutcome, importFiles } from '#cli/registry/io/grid-import.ts';
import type { ImportKind } from '#cli/registry/kinds.ts';
import type { Registry } from '#model/registry.ts';
import { formatLint } from '#model/result.ts';
import { shippedFiles } from '#test/county/shipped.ts';
import { needs } from '#test/support/needs.ts';

const NOW = Date.parse('2026-06-03T06:00:00Z');
const MESSY = fileURLToPath(new URL('messy.py', import.meta.url));

/** The shipped county with all but the people as JSON, which is read four times as fast. */
const LIGHT = new Map(
  [...shippedFiles()].map(([name, text]) =>
    name === 'people.yaml' || !name.endsWith('.yaml')
      ? [name, text]
      : [name.replace('.yaml', '.json'), JSON.stringify(parse(text))],
  ),
);

let dir = '';
let county = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fengsui-import-'));
  county = join(dir, 'county');
  mkdirSync(county);
  for (const [name, text] of LIGHT) writeFileSync(join(county, name), text);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};
async function take(kind: ImportKind, path: string, more: object = {}): Promise<FileOutcome> {
  const [outcome] = await importFiles([path], { kind, county, nowMs: NOW, ...more });
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
}
function registry(): Registry {
  const read = readCounty(county, NOW);
  if (!read.ok) throw new Error(read.error.map(formatLint).join('\n'));
  return read.value;
}
const person = (name: string) => [...registry().people.values()].find((one) => one.name === name);
const refusals = ({ plan }: FileOutcome) =>
  (plan?.refusals ?? []).map(({ row, column, message }) => `${row} ${column}: ${message}`);

const python = needs('python3');
const hasOpenpyxl = python && canImport();
function canImport(): boolean {
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import openpyxl'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const made = (what: 'people' | 'grids'): string => {
  const path = join(dir, `${what}.xlsx`);
  execFileSync('/usr/bin/python3', [MESSY, what, path]);
  return path;
};

describe.skipIf(!hasOpenpyxl)('a workbook as a county has it', () => {
  it('brings in whom it can and says of every other row where it stands and what mends it', async () => {
    const before = registry().people.size;
    const outcome = await take('people', made('people'));
    expect(refusals(outcome)).toEqual([
      '8 C 手机号码: 1.39E+10 is a telephone number that lost its digits',
      '9 D 所属村: no grid is called "没有村"',
      '10 B 姓 名: is empty',
      '11 : a grid without a post',
      '12 E 职务: "村医" is not known here',
      expect.stringMatching(
        /^13 people\[\d\]\.posts\[0\]\.grid: 石远 has a post in grid "451099109999", which does not exist$/,
      ),
    ]);
    expect(outcome.plan?.unknown).toEqual(['序号']);
    expect(outcome.plan?.refusals.every(({ mend, sheet }) => mend.length > 5 && sheet === '网格员')).toBe(true);
    expect(outcome.plan?.counts).toEqual({ new: 3, changed: 0, same: 0, refused: 6, gone: 0 });
    expect(registry().people.size).toBe(before + 3);
    expect(person('石敢当')).toMatchObject({
      phone: '13900009001',
      posts: [{ gridCode: '451099101201', post: 'member' }],
    });
    expect(person('石有田')).toMatchObject({ phone: '13900009002', otherPhones: ['13900009003'] });
    expect(person('石大山')?.posts).toEqual([
      { gridCode: '451099101202', post: 'deputy' },
      { gridCode: '451099101203', post: 'member' },
    ]);
    expect(person('石大山')?.id).toMatch(/^p-[0-9a-f]{12}$/);
  });

  it('changes nothing the second time, nor in a dry run', async () => {
    const path = made('people');
    const dry = await take('people', path, { dryRun: true });
    expect(dry).toMatchObject({ written: false, plan: { counts: { new: 3 } } });
    expect(existsSync(join(county, 'people'))).toBe(false);
    await take('people', path);
    const text = readFileSync(join(county, 'people/import-people.json'), 'utf8');
    const again = await take('people', path);
    expect(again.plan?.counts).toMatchObject({ new: 0, changed: 0, same: 3 });
    expect(again).toMatchObject({ written: false, plan: { text: null } });
    expect(readFileSync(join(county, 'people/import-people.json'), 'utf8')).toBe(text);
  });

  it('brings in grids with days in force and successors; kinds and parents follow from the codes', async () => {
    const outcome = await take('grids', made('grids'));
    expect(refusals(outcome)).toEqual(['4 A 编码: 4.51E+11 is a code that lost its digits in a spreadsheet']);
    const { grids } = registry();
    expect(grids.get('451099101205')).toMatchObject({ kind: 'village', parent: '451099101', validFrom: '2026-07-01' });
    expect(grids.get('451099101206')).toMatchObject({ validTo: '2026-07-01', successor: '451099101205' });
    expect(grids.get('451099101205-G01')).toMatchObject({ kind: 'group', tier: 4, parent: '451099101205' });
  });
});

const HEAD = '隐患点编号,名称,类型,风险等级,经度,纬度\n';
describe('a table in CSV', () => {
  it.each([
    ['UTF-8 with a mark', new TextEncoder().encode(`\ufeff${HEAD}xin-1,新桥滑坡,滑坡,较大,106.41,24.27\n`)],
    ['semicolons', new TextEncoder().encode(`${HEAD}xin-1,新桥滑坡,滑坡,较大,106.41,24.27\n`.replaceAll(',', ';'))],
    ['tabs', new TextEncoder().encode(`${HEAD}xin-1,新桥滑坡,滑坡,较大,106.41,24.27\n`.replaceAll(',', '\t'))],
    [
      'a title and full-width digits',
      new TextEncoder().encode(`隐患点台账,,,,,\n${HEAD}xin-1,新桥滑坡,滑坡,较大,１０６.41,24.27度\n`),
    ],
    [
      'GB 18030',
      Buffer.concat([gb('隐患点编号,名称,类型,风险等级,经度,纬度\nxin-1,新桥滑坡,滑坡,较大,106.41,24.27\n')]),
    ],
  ])('is read with %s', async (_, bytes) => {
    const outcome = await take('points', file('点.csv', bytes));
    expect(refusals(outcome)).toEqual([]);
    expect(outcome.plan?.target).toBe('points/import-点.json');
    expect(registry().points.get('xin-1')).toMatchObject({
      name: { zh: '新桥滑坡' },
      kind: 'slope',
      riskGrade: 'larger',
      gridCode: '451099101203',
    });
  });

  it('is refused as a whole when a column is missing, and read when a map names it', async () => {
    const path = file('p.csv', '点号,名称,类型,风险等级,经度,纬度\nxin-1,新桥滑坡,滑坡,较大,106.41,24.27\n');
    expect((await take('points', path)).error?.message).toContain('隐患点编号');
    const map = file('map.yaml', 'id: 点号\n');
    expect((await take('points', path, { map })).plan?.counts.new).toBe(1);
  });

  it('tells a place that is nowhere, exchanged or in metres', async () => {
    const rows = [
      'a1,甲,滑坡,一般,24.27,106.41',
      'a2,乙,滑坡,一般,36415230.1,2686000',
      'a3,丙,滑坡,一般,120,30',
      'a4,丁,滑坡,一般,,24.2',
    ];
    const outcome = await take('points', file('p.csv', `${HEAD}${rows.join('\n')}\n`));
    expect(refusals(outcome).map((text) => text.replace(/points\[\d\]/, 'points[]'))).toEqual([
      '2 : 24.27, 106.41 is no place in degrees',
      '3 : 36415230.1, 2686000 is no place in degrees',
      '4 points[].lon: point "a3" at 120, 30 lies outside every grid',
      '5 E 经度: is empty',
    ]);
    expect(outcome.written).toBe(false);
  });

  it('leaves what people wrote by hand alone, and says where it stands', async () => {
    const text = readFileSync(join(county, 'people.yaml'), 'utf8');
    const rows =
      '人员编号,姓名,电话,网格编码,岗位\nwei-guoping,韦国平,13800001001,451099,网格长\nhuang-lihua,黄丽华,13800001099,451099,副网格长\n';
    const outcome = await take('people', file('p.csv', rows));
    expect(outcome.plan?.counts).toMatchObject({ same: 1, refused: 1 });
    const line = text.split('\n').findIndex((one) => one.includes('huang-lihua')) + 1;
    expect(refusals(outcome)[0]).toContain(`3 : "huang-lihua" stands in people.yaml:${line}:5 with another content`);
    expect(readFileSync(join(county, 'people.yaml'), 'utf8')).toBe(text);
  });

  it('takes away what a newer table does not have, but nothing while a row of it is refused', async () => {
    const row = (n: number) => `x${n},新点${n},滑坡,一般,106.4${n},24.27`;
    await take('points', file('p.csv', `${HEAD}${[1, 2, 3].map(row).join('\n')}\n`));
    const broken = await take('points', file('p.csv', `${HEAD}${row(1)}\nx 2?,新点2,滑坡,一般,106.41,24.22\n`));
    expect(broken.plan).toMatchObject({ counts: { same: 1, gone: 0, refused: 1 }, kept: ['x2', 'x3'] });
    expect(registry().points.has('x3')).toBe(true);
    const whole = await take('points', file('p.csv', `${HEAD}${row(1)}\n${row(2).replace('一般', '重大')}\n`));
    expect(whole.plan?.counts).toEqual({ new: 0, changed: 1, same: 1, gone: 1, refused: 0 });
    expect(registry().points.get('x2')?.riskGrade).toBe('major');
    expect(registry().points.has('x3')).toBe(false);
  });

  it('writes nothing when the county would not hold together any more', async () => {
    const people = '人员编号,姓名,电话\nshi-1,石一,13900009001\nshi-2,石二,13900009002\n';
    await take('people', file('people.csv', people));
    const households = '隐患点,户编号,户主,人口,电话,责任人\n盘石后山滑坡,ps-90,石三,3,13900009003,石一\n';
    expect((await take('households', file('h.csv', households))).plan?.counts.new).toBe(1);
    expect(registry().points.get('panshi-houshan')?.households).toHaveLength(63);
    const outcome = await take('people', file('people.csv', people.replace('shi-1,石一,13900009001\n', '')));
    expect(outcome.written).toBe(false);
    expect(outcome.plan?.breaks.map(({ file: name, kind }) => `${name} ${kind}`)).toEqual([
      'households/import-h.json unknown-person',
    ]);
    expect(person('石一')).toBeDefined();
  });

  it('says of a household with two telephones which one is left out', async () => {
    const households =
      '隐患点,户编号,户主,人口,电话,责任人\n盘石后山滑坡,ps-90,石三,3,13900009003、13900009004,莫有才\n';
    const outcome = await take('households', file('h.csv', households));
    expect(outcome.plan?.counts).toMatchObject({ new: 1, refused: 0 });
    expect(outcome.plan?.notes).toMatchObject([
      { file: 'h.csv', row: 2, message: 'a household has one telephone: 13900009004 is left out' },
    ]);
    const taken = registry()
      .points.get('panshi-houshan')
      ?.households.find(({ id }) => id === 'ps-90');
    expect(taken?.phone).toBe('13900009003');
    const single = await take('households', file('h.csv', households.replace('、13900009004', '')));
    expect(single.plan).toMatchObject({ notes: [], counts: { same: 1 } });
  });

  it('keeps what somebody added to an imported point by hand', async () => {
    const path = file('p.csv', `${HEAD}xin-1,新桥滑坡,滑坡,较大,106.41,24.27\n`);
    await take('points', path);
    const target = join(county, 'points/import-p.json');
    const text = readFileSync(target, 'utf8').replace(
      '"risk"',
      '"households":[{"id":"h1","head":"石某","people":2,"phone":"13900009005","caller":"mo-youcai"}],"risk"',
    );
    writeFileSync(target, text);
    expect((await take('points', path)).plan?.counts).toMatchObject({ same: 1, changed: 0 });
    await take('points', file('p.csv', `${HEAD}xin-1,新桥滑坡,滑坡,重大,106.41,24.27\n`));
    expect(registry().points.get('xin-1')).toMatchObject({ riskGrade: 'major', households: [{ id: 'h1' }] });
  });
});

describe('a map in GeoJSON', () => {
  const square = (x: number, y: number, size = 0.01) => [
    [
      [x, y],
      [x + size, y],
      [x + size, y + size],
      [x, y + size],
      [x, y],
    ],
  ];
  const collection = (features: readonly object[], more: object = {}) =>
    JSON.stringify({
      type: 'FeatureCollection',
      ...more,
      features: features.map((one) => ({ type: 'Feature', ...one })),
    });
  const withoutShape = (code: string) => {
    const path = join(county, 'grids.geojson');
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !line.includes(`"${code}"`));
    writeFileSync(path, lines.join('\n').replace(/,\n\]\}/, '\n]}'));
  };

  it('brings in boundaries by code or by name, and refuses holes, metres and strangers', async () => {
    withoutShape('451099101204-G02');
    withoutShape('451099101204-G03');
    const [outer] = square(106.31, 24.25);
    const [hole] = square(106.312, 24.252, 0.001);
    const outcome = await take(
      'boundaries',
      file(
        'b.geojson',
        collection([
          {
            properties: { 网格编码: '451099101204-G02' },
            geometry: { type: 'Polygon', coordinates: square(106.31, 24.25) },
          },
          { properties: { NAME: '田坝组' }, geometry: { type: 'MultiPolygon', coordinates: [square(106.33, 24.25)] } },
          { properties: { code: '451099101203' }, geometry: { type: 'Polygon', coordinates: [outer, hole] } },
          {
            properties: { code: '451099101001' },
            geometry: { type: 'Polygon', coordinates: square(36_415_230, 2_686_000) },
          },
          { properties: { name: '外县村' }, geometry: { type: 'Polygon', coordinates: square(106, 24) } },
          { properties: {}, geometry: { type: 'Point', coordinates: [106, 24] } },
          { properties: { code: '451099101201' }, geometry: { type: 'Polygon', coordinates: square(106, 24) } },
        ]),
      ),
    );
    expect(refusals(outcome).map((text) => text.slice(0, 40))).toEqual([
      '3 : has a hole in it (飞地)',
      '4 : has places that are not degrees',
      '5 : no grid is called "外县村"',
      '6 : names no grid',
      '7 : "451099101201" stands in grids.geojs',
    ]);
    expect(registry().grids.get('451099101204-G03')?.boundary[0]).toHaveLength(5);
    expect(outcome.plan?.target).toBe('grids/import-b.geojson');
  });

  it('refuses a projection by its name, and converts places of a web map', async () => {
    const point = {
      properties: { 编号: 'xin-1', 名称: '新桥', 类型: '滑坡', 风险等级: '一般' },
      geometry: { type: 'Point', coordinates: [106.414_3, 24.266_6] },
    };
    const crs = { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::4527' } };
    expect((await take('points', file('p.geojson', collection([point], { crs })))).error?.message).toContain('4527');
    await take('points', file('p.geojson', collection([point])), { from: 'gcj02' });
    const { lon = 0, lat = 0 } = registry().points.get('xin-1') ?? {};
    expect(Math.abs(lon - 106.4143)).toBeGreaterThan(0.002);
    expect(Math.abs(lat - 24.2666)).toBeGreaterThan(0.002);
  });
});

it('an import leaves every file but its own as it was', async () => {
  const before = readCountyFiles(county);
  await take('points', file('p.csv', `${HEAD}xin-1,新桥滑坡,滑坡,较大,106.41,24.27\n`));
  const after = new Map(readCountyFiles(county));
  after.delete('points/import-p.json');
  expect(after).toEqual(before);
});

/** GB 18030 by the machine's own tables, the other way round. */
function gb(text: string): Buffer {
  const decoder = new TextDecoder('gb18030');
  const codes = new Map<string, readonly [number, number]>();
  for (let high = 0x81; high < 0xff; high++)
    for (let low = 0x40; low < 0xff; low++) codes.set(decoder.decode(Uint8Array.of(high, low)), [high, low]);
  return Buffer.concat(
    [...text].map((letter) =>
      Buffer.from(letter < '\x80' ? [letter.charCodeAt(0)] : [...(codes.get(letter) ?? [0x3f])]),
    ),
  );
}
