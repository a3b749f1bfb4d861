/** A small county for tests: two townships, three villages, people with posts, a roster, four points, two gateways. */
import type { ChannelConfig } from '#model/channel.ts';
import type { Level, LevelOrNone } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type {
  DutyShift,
  Grid,
  GridKind,
  HazardPoint,
  Household,
  Person,
  Post,
  Registry,
  Tier,
} from '#model/registry.ts';
import { HOUR_MS } from '#model/time.ts';
import type { Transition } from '#model/transition.ts';

export const T0 = Date.UTC(2022, 5, 3, 0, 0, 0);

const grid = (code: string, tier: Tier, kind: GridKind, zh: string, parent: string | null): Grid => ({
  code,
  tier,
  kind,
  name: { zh, en: `grid ${code}` },
  parent,
  boundary: [],
});

const person = (id: string, name: string, ...posts: readonly (readonly [string, Post])[]): Person => ({
  id,
  name,
  phone: '',
  posts: posts.map(([gridCode, post]) => ({ gridCode, post })),
});

const byKey = <T, K extends keyof T>(items: readonly T[], key: K): ReadonlyMap<T[K], T> =>
  new Map(items.map((item) => [item[key], item]));

const GRIDS: readonly Grid[] = [
  grid('331004', 1, 'county', '青川县', null),
  grid('331004001', 2, 'township', '河东镇', '331004'),
  grid('331004002', 2, 'township', '河西镇', '331004'),
  grid('331004001001', 3, 'village', '上湾村', '331004001'),
  grid('331004001002', 3, 'village', '下湾村', '331004001'),
  grid('331004002001', 3, 'village', '石桥村', '331004002'),
  grid('331004001001-G1', 4, 'group', '一组', '331004001001'),
];

const PEOPLE: readonly Person[] = [
  person('c-head', '县长', ['331004', 'head']),
  person('c-disp', '县调度', ['331004', 'dispatcher']),
  person('c-a', '县甲'),
  person('c-b', '县乙'),
  person('t1-head', '河东镇长', ['331004001', 'head']),
  person('t1-info', '河东信息', ['331004001', 'information']),
  person('t1-a', '河东甲'),
  person('t1-b', '河东乙'),
  person('t2-head', '河西镇长', ['331004002', 'head']),
  person('t2-disp', '河西调度', ['331004002', 'dispatcher']),
  person('v1-head', '上湾支书', ['331004001001', 'head']),
  person('v1-member', '上湾网格员', ['331004001001', 'member']),
  person('g1-member', '一组网格员', ['331004001001-G1', 'member']),
  person('v2-head', '下湾支书', ['331004001002', 'head']),
  person('v3-head', '石桥支书', ['331004002001', 'head']),
];

const shift = (gridCode: string, fromH: number, toH: number, a: string, b: string | null): DutyShift => ({
  gridCode,
  fromMs: T0 + fromH * HOUR_MS,
  toMs: T0 + toH * HOUR_MS,
  a,
  b,
});

const DUTY: readonly DutyShift[] = [
  shift('331004', 0, 12, 'c-a', 'c-b'),
  shift('331004', 12, 24, 'c-b', 'c-a'),
  shift('331004001', 0, 12, 't1-a', 't1-b'),
];

const HOUSEHOLDS: readonly Household[] = [
  { id: 'h1', headName: '张三', people: 4, phone: '', callerId: 'v1-member' },
  { id: 'h2', headName: '李四', people: 2, phone: '', callerId: 'v1-member' },
];

const point = (id: string, zh: string, gridCode: string, households: readonly Household[] = []): HazardPoint => ({
  id,
  name: { zh, en: `point ${id}` },
  kind: 'slope',
  riskGrade: 'major',
  lon: 0,
  lat: 0,
  gridCode,
  households,
});

export const POINTS: readonly HazardPoint[] = [
  point('P1', '青石岭', '331004001001', HOUSEHOLDS),
  point('P2', '老虎坡', '331004001002'),
  point('P3', '石桥沟', '331004002001'),
  point('P4', '一组后山', '331004001001-G1'),
];

export const CONSOLE: ChannelConfig = { id: 'console', kind: 'console' };

export const webhook = (
  url: string,
  accepts: readonly Origin[] = ['live'],
  more: {
    readonly id?: string;
    readonly minLevel?: Level;
    readonly secretEnv?: string;
    readonly timeoutMs?: number;
  } = {},
): ChannelConfig => ({
  id: more.id ?? 'hook',
  kind: 'webhook',
  url,
  secretEnv: more.secretEnv ?? null,
  minLevel: more.minLevel ?? 'blue',
  timeoutMs: more.timeoutMs ?? 2_000,
  accepts,
});

export const sampleRegistry = (
  channels: readonly ChannelConfig[] = [CONSOLE],
  points: readonly HazardPoint[] = POINTS,
  duty: readonly DutyShift[] = DUTY,
): Registry => ({
  version: 'v1',
  county: { code: '331004', name: { zh: '青川县', en: 'Qingchuan' }, zone: 'Asia/Shanghai' },
  grids: byKey(GRIDS, 'code'),
  people: byKey(PEOPLE, 'id'),
  duty,
  points: byKey(points, 'id'),
  sensors: new Map(),
  edges: new Map([
    [
      'edge-1',
      {
        id: 'edge-1',
        township: '331004001',
        origin: 'live',
        name: { zh: '河东网关', en: 'gateway 1' },
        buses: [],
        links: [],
        outputs: [],
        mutes: [],
      },
    ],
  ]),
  channels,
});

export type Move = {
  readonly n: number;
  readonly to: LevelOrNone;
  readonly from?: LevelOrNone;
  readonly point?: string;
  readonly edge?: string;
  readonly hazard?: Transition['hazard'];
  readonly rule?: string;
  readonly sensorId?: string | null;
  readonly site?: Transition['site'];
  readonly origin?: Origin;
  readonly condition?: Transition['condition'];
  readonly late?: boolean;
  readonly measure?: string;
};

/** A transition as rules would write it; `n` is its place in the log and its minute. */
export function transition(move: Move): Transition {
  const rule = move.rule ?? 'crack@1';
  const subject: Transition['subject'] =
    move.edge === undefined ? { kind: 'point', id: move.point ?? 'P1' } : { kind: 'edge', id: move.edge };
  const atMs = T0 + move.n * 60_000;
  return {
    id: `${rule}|${subject.id}|0:${move.n}:0`,
    rule,
    subject,
    hazard: move.hazard ?? 'landslide',
    site: move.site ?? 'centre',
    origin: move.origin ?? 'live',
    from: move.from ?? 'none',
    to: move.to,
    condition: move.condition ?? (move.to === 'none' ? 'cleared' : 'active'),
    atMs,
    decidedAtMs: atMs,
    late: move.late ?? false,
    reason: { zh: `第${move.n}步 ${move.to}`, en: `step ${move.n} ${move.to}` },
    evidence: {
      sensorId: move.sensorId === undefined ? 'S1' : move.sensorId,
      quantity: 'displacement',
      measure: move.measure ?? 'value',
      windowMs: null,
      value: 100,
      limit: 50,
      limits: [{ level: 'blue', limit: 50 }],
      coverage: null,
    },
    partition: 0,
    pos: move.n,
  };
}
