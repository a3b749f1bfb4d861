/** A small county for the console's tests: two townships, three villages, a person for every kind of viewer. */
import type { Grid, HazardPoint, Person, Post, Registry, Sensor, Tier } from '#model/registry.ts';

type Box = readonly [west: number, south: number, east: number, north: number];

const ring = ([west, south, east, north]: Box): Grid['boundary'][number] => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
];
const grid = (
  code: string,
  tier: Tier,
  kind: Grid['kind'],
  zh: string,
  en: string,
  parent: string | null,
  box: Box,
): Grid => ({
  code,
  tier,
  kind,
  name: { zh, en },
  parent,
  boundary: [ring(box)],
});

export const GRIDS: readonly Grid[] = [
  grid('999900', 1, 'county', '烽岭县', 'Fengling County', null, [109.0, 27.5, 109.4, 27.8]),
  grid('999900001', 2, 'township', '青石镇', 'Qingshi Town', '999900', [109.0, 27.5, 109.2, 27.8]),
  grid('999900002', 2, 'township', '白水乡', 'Baishui Township', '999900', [109.2, 27.5, 109.4, 27.8]),
  grid('999900001001', 3, 'village', '上坪村', 'Shangping', '999900001', [109.0, 27.65, 109.2, 27.8]),
  grid('999900001002', 3, 'village', '下湾村', 'Xiawan', '999900001', [109.0, 27.5, 109.2, 27.65]),
  grid('999900002001', 3, 'village', '石桥村', 'Shiqiao', '999900002', [109.2, 27.5, 109.4, 27.8]),
];

const person = (id: string, name: string, phone: string, gridCode: string, post: Post): Person => ({
  id,
  name,
  phone,
  posts: [{ gridCode, post }],
});
export const PEOPLE: readonly Person[] = [
  person('p-county', '周建国', '13800000001', '999900', 'dispatcher'),
  person('p-county-head', '郑海', '13800000002', '999900', 'head'),
  person('p-town', '吴敏', '13800000003', '999900001', 'dispatcher'),
  person('p-town-b', '冯强', '13800000004', '999900002', 'head'),
  person('p-member', '陈小山', '13800000005', '999900001001', 'member'),
  person('p-head', '褚卫', '13800000006', '999900001001', 'head'),
  person('p-other', '卫国', '13800000007', '999900001002', 'member'),
  person('p-far', '蒋琴', '13800000008', '999900002001', 'member'),
  person('p-info', '钱信', '13800000010', '999900001', 'information'),
  { id: 'p-none', name: '沈无', phone: '13800000009', posts: [] },
];

const point = (
  id: string,
  zh: string,
  en: string,
  kind: HazardPoint['kind'],
  gridCode: string,
  lon: number,
  lat: number,
): HazardPoint => ({
  id,
  name: { zh, en },
  kind,
  riskGrade: 'larger',
  lon,
  lat,
  gridCode,
  households: [{ id: `${id}-h1`, headName: '杨大伯', people: 4, phone: '13900000001', callerId: 'p-member' }],
});
export const POINTS: readonly HazardPoint[] = [
  point('slope-1', '上坪滑坡', 'Shangping slope', 'slope', '999900001001', 109.08, 27.72),
  point('rain-1', '下湾雨量站', 'Xiawan rain station', 'rain-station', '999900001002', 109.12, 27.57),
  point('river-1', '石桥水位站', 'Shiqiao river gauge', 'river', '999900002001', 109.3, 27.66),
  point('store-1', '石桥仓库', 'Shiqiao warehouse', 'warehouse', '999900002001', 109.34, 27.58),
];

const sensor = (id: string, pointId: string, quantity: Sensor['quantity'], zh: string, en: string): Sensor => ({
  id,
  pointId,
  edgeId: 'edge-a',
  quantity,
  name: { zh, en },
  staleAfterMs: 600_000,
});
export const SENSORS: readonly Sensor[] = [
  sensor('crack-1', 'slope-1', 'displacement', '裂缝计', 'crack meter'),
  sensor('slope-rain-1', 'slope-1', 'rain', '雨量计', 'rain gauge'),
  sensor('rain-1', 'rain-1', 'rain', '雨量计', 'rain gauge'),
  sensor('level-1', 'river-1', 'level', '雷达水位计', 'radar level gauge'),
  sensor('smoke-1', 'store-1', 'smoke', '烟感', 'smoke detector'),
];

const byId = <T extends { readonly id: string }>(items: readonly T[]) => new Map(items.map((item) => [item.id, item]));

export function fakeRegistry(dutyFromMs = 0, dutyToMs = 0): Registry {
  return {
    version: 'test-1',
    county: { code: '999900', name: { zh: '烽岭县', en: 'Fengling County' }, zone: 'Asia/Shanghai' },
    grids: new Map(GRIDS.map((one) => [one.code, one])),
    people: byId(PEOPLE),
    duty: [{ gridCode: '999900001', fromMs: dutyFromMs, toMs: dutyToMs, a: 'p-none', b: null }],
    points: byId(POINTS),
    sensors: byId(SENSORS),
    edges: new Map([
      [
        'edge-a',
        {
          id: 'edge-a',
          township: '999900001',
          origin: 'simulated',
          name: { zh: '青石网关', en: 'gateway' },
          buses: [],
          links: [],
          outputs: [],
          mutes: [],
        },
      ],
    ]),
    channels: [{ id: 'console', kind: 'console' }],
  };
}
