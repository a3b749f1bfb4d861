import { describe, expect, it } from 'vitest';
import { checkCounty, parseCounty } from '#cli/load/county.ts';
import { formatLint, type Lint } from '#model/result.ts';
import { edited, placeOf, shippedFiles, shippedProfiles } from './shipped.ts';

const NOW = Date.parse('2026-06-03T06:00:00Z');
const profiles = shippedProfiles();
const check = (files: ReadonlyMap<string, string>): readonly Lint[] => checkCounty(files, NOW, profiles).lints;

type Mistake = {
  readonly name: string;
  readonly file: string;
  /** Replaced in the file, and by what. */
  readonly from: string;
  readonly to: string;
  /** The finding points here, in the edited file (which is another file where the mistake shows elsewhere). */
  readonly at: string;
  readonly nth?: number;
  readonly shownIn?: string;
  readonly kind: string;
  readonly says: string;
  readonly severity?: 'warning';
};

const HUANG = '{ id: huang-lihua, name: 黄丽华, phone: "13800001002", posts: [{ grid: "451099", post: deputy }] }';
const CRACK = '        device: { edge: edge-shiqiao, bus: shiqiao-a, unit: 2, register: displacement }';

const MISTAKES: readonly Mistake[] = [
  {
    name: 'text that is no YAML',
    file: 'edges.yaml',
    from: 'edges:\n',
    to: 'edges: [\n',
    at: 'edge-shiqiao',
    kind: 'syntax',
    says: 'Nested mappings are not allowed',
  },
  {
    name: 'an unknown key',
    file: 'county.yaml',
    from: 'zone: Asia/Shanghai',
    to: 'zone: Asia/Shanghai\nmayor: 韦国平',
    at: 'mayor',
    kind: 'unknown-key',
    says: 'unknown key "mayor"',
  },
  {
    name: 'a zone that does not exist',
    file: 'county.yaml',
    from: 'Asia/Shanghai',
    to: 'Asia/Yunling',
    at: 'Asia/Yunling',
    kind: 'value',
    says: 'must be a time zone such as Asia/Shanghai',
  },
  {
    name: 'a comma in unquoted text',
    file: 'points.yaml',
    from: 'en: Longtan rain gauge',
    to: 'en: Rain gauge, Longtan',
    at: 'Longtan }',
    kind: 'unknown-key',
    says: 'text with a comma needs double quotes',
  },
  {
    name: 'a code without quotes',
    file: 'edges.yaml',
    from: 'township: "451099101"',
    to: 'township: 451099101',
    at: '451099101',
    kind: 'type',
    says: 'must be text, but reads as a number — put it in double quotes',
  },
  {
    name: 'a missing key',
    file: 'points.yaml',
    from: '    lon: 106.475\n',
    to: '',
    at: 'id: xiangshui\n',
    kind: 'missing',
    says: '"lon" is missing',
  },
  {
    name: 'a grid whose code does not begin with its parent',
    file: 'grids.yaml',
    from: 'code: "451099102202", kind: village, parent: "451099102"',
    to: 'code: "451099102202", kind: village, parent: "451099101"',
    at: '"451099102202"',
    kind: 'prefix',
    says: 'code "451099102202" does not begin with its parent\'s',
  },
  {
    name: 'an unknown parent',
    file: 'grids.yaml',
    from: 'code: "451099102202", kind: village, parent: "451099102"',
    to: 'code: "451099102202", kind: village, parent: "451099109"',
    at: '"451099109"',
    kind: 'unknown-grid',
    says: 'there is no grid "451099109"',
  },
  {
    name: 'a village below the county',
    file: 'grids.yaml',
    from: 'code: "451099102202", kind: village, parent: "451099102"',
    to: 'code: "451099102202", kind: village, parent: "451099"',
    at: '"451099", name: { zh: 坪上村',
    kind: 'tier',
    says: 'a village cannot stand below a county',
  },
  {
    name: 'two grids with one code',
    file: 'grids.yaml',
    from: '"451099102202"',
    to: '"451099102201"',
    at: '"451099102201"',
    nth: 2,
    kind: 'duplicate',
    says: 'code "451099102201" is used twice',
  },
  {
    name: 'another county code',
    file: 'county.yaml',
    from: '"451099"',
    to: '"451098"',
    at: '"451099", kind: county',
    shownIn: 'grids.yaml',
    kind: 'county',
    says: 'the county here is "451099", in county.yaml it is "451098"',
  },
  {
    name: 'a boundary of an unknown grid',
    file: 'grids.geojson',
    from: '{"code":"451099103-E03"}',
    to: '{"code":"451099103-E09"}',
    at: '"451099103-E09"',
    kind: 'unknown-grid',
    says: 'there is no grid "451099103-E09"',
  },
  {
    name: 'a latitude out of range',
    file: 'grids.geojson',
    from: '{"code":"451099103-E03"},"geometry":{"type":"Polygon","coordinates":[[[',
    to: '{"code":"451099103-E03"},"geometry":{"type":"Polygon","coordinates":[[[24.2,206.5],[',
    at: '206.5',
    kind: 'type',
    says: '',
  },
  {
    name: 'two people with one id',
    file: 'people.yaml',
    from: 'id: qin-weidong',
    to: 'id: huang-lihua',
    at: 'huang-lihua',
    nth: 2,
    kind: 'duplicate',
    says: 'id "huang-lihua" is used twice',
  },
  {
    name: 'an id that is no topic token',
    file: 'people.yaml',
    from: 'id: huang-lihua',
    to: 'id: 黄丽华',
    at: '黄丽华',
    kind: 'value',
    says: 'A-Z a-z 0-9 _ -',
  },
  {
    name: 'a post in an unknown grid',
    file: 'people.yaml',
    from: 'posts: [{ grid: "451099", post: deputy }]',
    to: 'posts: [{ grid: "451097", post: deputy }]',
    at: '"451097"',
    kind: 'unknown-grid',
    says: '黄丽华 has a post in grid "451097", which does not exist',
  },
  {
    name: 'an unknown post',
    file: 'people.yaml',
    from: '"451099", post: deputy',
    to: '"451099", post: mayor',
    at: 'mayor',
    kind: 'type',
    says: '"head"|"deputy"',
  },
  {
    name: 'a telephone number with letters',
    file: 'people.yaml',
    from: '"13800001002"',
    to: '"ext. 12"',
    at: '"ext. 12"',
    kind: 'type',
    says: 'must be a telephone number',
  },
  {
    name: 'a post that nobody holds',
    file: 'people.yaml',
    from: HUANG,
    to: HUANG.replace('[{ grid: "451099", post: deputy }]', '[]'),
    at: '{ code: "451099", kind: county',
    shownIn: 'grids.yaml',
    kind: 'vacant-post',
    says: 'nobody is deputy (副网格长) of "451099" 云岭县',
    severity: 'warning',
  },
  {
    name: 'an unknown person on duty',
    file: 'duty.yaml',
    from: '[nong-meiling, liang-qiong]',
    to: '[nong-meiling, liang-jiong]',
    at: 'liang-jiong',
    kind: 'unknown-person',
    says: 'there is no person "liang-jiong"',
  },
  {
    name: 'hours without duty',
    file: 'duty.yaml',
    from: 'from: "08:00", to: "20:00", teams: [[huang-lan',
    to: 'from: "08:00", to: "18:30", teams: [[huang-lan',
    at: '- { from: "08:00", to: "18:30"',
    kind: 'duty-gap',
    says: 'nobody is on duty at "451099102" from 18:30 to 20:00',
    severity: 'warning',
  },
  {
    name: 'a township without a desk',
    file: 'duty.yaml',
    from: 'grid: "451099103"',
    to: 'grid: "451099103-E01"',
    at: '{ code: "451099103", kind: park',
    shownIn: 'grids.yaml',
    kind: 'duty-gap',
    says: '"451099103" 云岭工业园区 has no duty desk',
    severity: 'warning',
  },
  {
    name: 'a desk of an unknown grid',
    file: 'duty.yaml',
    from: 'grid: "451099103"',
    to: 'grid: "451099104"',
    at: '"451099104"',
    kind: 'unknown-grid',
    says: 'there is no grid "451099104"',
  },
  {
    name: 'somebody as his own stand-in',
    file: 'duty.yaml',
    from: '[nong-meiling, liang-qiong]',
    to: '[nong-meiling, nong-meiling]',
    at: '[nong-meiling, nong-meiling]',
    kind: 'same-person',
    says: 'cannot stand in for himself',
    severity: 'warning',
  },
  {
    name: 'a point outside every grid (latitude before longitude)',
    file: 'points.yaml',
    from: 'lon: 106.3665\n    lat: 24.3984',
    to: 'lon: 24.3984\n    lat: 89.9',
    at: '24.3984',
    kind: 'outside',
    says: 'point "taoshuwan" at 24.3984, 89.9 lies outside every grid',
  },
  {
    name: 'a sensor without a device',
    file: 'points.yaml',
    from: `${CRACK}\n`,
    to: '',
    at: 'id: taoshuwan-crack',
    kind: 'no-device',
    says: 'sensor "taoshuwan-crack" has no device',
  },
  {
    name: 'a sensor at an unknown edge',
    file: 'points.yaml',
    from: CRACK,
    to: CRACK.replace('edge-shiqiao', 'edge-shigiao'),
    at: 'edge-shigiao',
    kind: 'unknown-edge',
    says: 'there is no edge "edge-shigiao"',
  },
  {
    name: 'a sensor on an unknown bus',
    file: 'points.yaml',
    from: CRACK,
    to: CRACK.replace('shiqiao-a', 'shiqiao-b'),
    at: 'shiqiao-b',
    kind: 'unknown-bus',
    says: 'use one of shiqiao-a',
  },
  {
    name: 'a sensor at an unknown unit',
    file: 'points.yaml',
    from: CRACK,
    to: CRACK.replace('unit: 2', 'unit: 9'),
    at: '9, register',
    kind: 'unknown-unit',
    says: 'bus "shiqiao-a" has no unit 9',
  },
  {
    name: 'an unknown register',
    file: 'points.yaml',
    from: CRACK,
    to: CRACK.replace('register: displacement', 'register: opening'),
    at: 'opening',
    kind: 'unknown-register',
    says: 'has no register "opening" — use one of displacement',
  },
  {
    name: 'two sensors on one register',
    file: 'points.yaml',
    from: 'unit: 3, register: displacement',
    to: 'unit: 2, register: displacement',
    at: '{ edge: edge-shiqiao, bus: shiqiao-a, unit: 2, register: displacement }',
    nth: 2,
    kind: 'shared-register',
    says: '"xiangshui-crack" and "taoshuwan-crack" are read from one register',
  },
  {
    name: 'a quantity that the register does not measure',
    file: 'points.yaml',
    from: `quantity: displacement\n${CRACK}`,
    to: `quantity: tilt\n${CRACK}`,
    at: 'tilt',
    kind: 'quantity',
    says: 'measures displacement, not tilt',
  },
  {
    name: 'an unknown quantity',
    file: 'points.yaml',
    from: `quantity: displacement\n${CRACK}`,
    to: `quantity: crack\n${CRACK}`,
    at: 'crack\n        device',
    kind: 'value',
    says: 'must be one of rain, displacement',
  },
  {
    name: 'two sensors with one id',
    file: 'points.yaml',
    from: 'id: longtan-rain',
    to: 'id: taoshuwan-rain',
    at: 'taoshuwan-rain',
    nth: 2,
    kind: 'duplicate',
    says: 'sensor "taoshuwan-rain" is used twice',
  },
  {
    name: 'two points with one id',
    file: 'points.yaml',
    from: 'id: xiangshui\n',
    to: 'id: taoshuwan\n',
    at: 'taoshuwan\n',
    nth: 2,
    kind: 'duplicate',
    says: 'id "taoshuwan" is used twice',
  },
  {
    name: 'a household without a caller',
    file: 'points.yaml',
    from: ', phone: "13500005006", caller: huang-xiaomei',
    to: ', phone: "13500005006"',
    at: '{ id: tsw-06',
    kind: 'no-caller',
    says: 'nobody calls the household of 黄阿婆',
  },
  {
    name: 'a household with an unknown caller',
    file: 'points.yaml',
    from: '"13500005006", caller: huang-xiaomei',
    to: '"13500005006", caller: huang-xiaomi',
    at: 'huang-xiaomi ',
    kind: 'unknown-person',
    says: 'is called by "huang-xiaomi", whom people.yaml does not know',
  },
  {
    name: 'an unknown device profile',
    file: 'edges.yaml',
    from: 'unit: 2, profile: sl651-radar-level-gauge',
    to: 'unit: 2, profile: sl652',
    at: 'sl652',
    kind: 'unknown-profile',
    says: 'or add devices/sl652.yaml',
  },
  {
    name: 'two units with one address',
    file: 'edges.yaml',
    from: '{ unit: 3,',
    to: '{ unit: 2,',
    at: '2, profile',
    nth: 2,
    kind: 'duplicate',
    says: 'unit 2 stands twice on bus "shiqiao-a"',
  },
  {
    name: 'a unit that nobody reads',
    file: 'edges.yaml',
    from: '          - { unit: 3,',
    to: '          - { unit: 7, profile: sl651-rain-gauge }\n          - { unit: 3,',
    at: '{ unit: 7',
    kind: 'unused-unit',
    says: 'no sensor is read from unit 7',
    severity: 'warning',
  },
  {
    name: 'an edge in a village',
    file: 'edges.yaml',
    from: 'township: "451099102"',
    to: 'township: "451099102201"',
    at: '"451099102201"',
    kind: 'tier',
    says: '龙潭村 is not a township or park',
  },
  {
    name: 'two edges with one id',
    file: 'edges.yaml',
    from: 'id: edge-park',
    to: 'id: edge-qingxi',
    at: 'edge-qingxi',
    nth: 2,
    kind: 'duplicate',
    says: 'id "edge-qingxi" is used twice',
  },
  {
    name: 'an unknown kind of bus',
    file: 'edges.yaml',
    from: 'kind: modbus-tcp',
    to: 'kind: profibus',
    at: 'profibus',
    kind: 'type',
    says: 'modbus-rtu',
  },
  {
    name: 'a poll that is no duration',
    file: 'edges.yaml',
    from: '        port: 0\n        poll: 1s',
    to: '        port: 0\n        poll: often',
    at: 'often',
    kind: 'type',
    says: 'must be a duration such as 500ms',
  },
  {
    name: 'a real channel that takes simulated rows',
    file: 'channels.yaml',
    from: '  - { id: console, kind: console }',
    to: '  - { id: sms, kind: webhook, url: "https://example.cn/", accepts: [live, simulated] }',
    at: '[live, simulated]',
    kind: 'real-channel',
    says: 'reaches people and may not take simulated',
  },
  {
    name: 'a channel whose address is none',
    file: 'channels.yaml',
    from: '  - { id: console, kind: console }',
    to: '  - { id: sms, kind: webhook, url: "ftp://example.cn/" }',
    at: '"ftp://example.cn/"',
    kind: 'type',
    says: 'beginning with http:// or https://',
  },
];

describe('a mistake in the county is told with its place', () => {
  it.each(MISTAKES)('$name', ({ file, from, to, at, nth, shownIn, kind, says, severity }) => {
    const files = edited(file, from, to);
    const shown = shownIn ?? file;
    const lints = check(files);
    const lint = lints.find((one) => one.kind === kind && one.file === shown);
    expect(lint === undefined ? lints.map(formatLint) : [], `a finding "${kind}" in ${shown}`).toEqual([]);
    if (lint === undefined) return;
    expect(formatLint(lint)).toContain(says);
    expect(`${lint.line}:${lint.column}`).toBe(Object.values(placeOf(files.get(shown) ?? '', at, nth)).join(':'));
    expect(lint.severity).toBe(severity ?? 'error');
    expect(parseCounty(files, NOW, profiles).ok).toBe(severity === 'warning');
  });

  it('tells all mistakes of all files at once, and no other', () => {
    const files = new Map(shippedFiles());
    files.set('people.yaml', (files.get('people.yaml') ?? '').replace('"13800001002"', '13800001002'));
    files.set('duty.yaml', (files.get('duty.yaml') ?? '').replace('liang-qiong]]', 'nobody]]'));
    files.set(
      'points.yaml',
      (files.get('points.yaml') ?? '').replace('unit: 3', 'unit: 30').replace('people: 6', 'people: 0'),
    );
    files.delete('channels.yaml');
    expect(check(files).map(({ file, kind }) => `${file} ${kind}`)).toEqual([
      'channels.yaml missing-file',
      'duty.yaml unknown-person',
      'grids.yaml vacant-post',
      'people.yaml type',
      'points.yaml type',
      'points.yaml unknown-unit',
    ]);
  });

  it('reports overlapping siblings as a warning and goes on', () => {
    const text = shippedFiles().get('grids.geojson') ?? '';
    const collection = JSON.parse(text) as {
      features: { properties: { code: string }; geometry: { coordinates: number[][][] } }[];
    };
    const village = collection.features.find(({ properties }) => properties.code === '451099101201');
    const ring = village?.geometry.coordinates[0] ?? [];
    // The corner that three villages share, pushed into the neighbour.
    ring[60] = [106.46, 24.4];
    const files = new Map(shippedFiles()).set('grids.geojson', JSON.stringify(collection));
    const found = check(files).filter(({ kind }) => kind === 'overlap');
    expect(found.map(({ message }) => message)).toContain(
      'the boundaries of "451099101201" and "451099101202" overlap',
    );
    expect(found.every(({ severity, line }) => severity === 'warning' && line > 1)).toBe(true);
    expect(parseCounty(files, NOW, profiles).ok).toBe(true);
  });

  it('survives any damage to a file with findings, never with an exception', () => {
    // Without the shapes, which take most of the time; they are damaged too.
    const whole = new Map(shippedFiles()).set('grids.geojson', '{"type":"FeatureCollection","features":[]}');
    const tryWith = (file: string, text: string) => expect(() => check(new Map(whole).set(file, text))).not.toThrow();
    for (const [file, text] of shippedFiles())
      for (let part = 1; part < 10; part++) {
        const cut = Math.floor((text.length * part) / 10);
        tryWith(file, text.slice(0, cut));
        tryWith(file, `${text.slice(0, cut)}\u0000: [${text.slice(cut)}`);
      }
    for (const value of ['', 'null', '3', '[]', '"x"', 'people: [1, null, [], "x"]', 'grids: {a: 1}'])
      for (const file of whole.keys()) tryWith(file, value);
  });
});
