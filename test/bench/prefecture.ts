/**
 * A prefecture of the size of Tongren, made by rule: 21,000 grids whose borders tile exactly, 36,000 people, 30,774 hazard
 * points with households on every tenth. Names and numbers are invented; the same at every run.
 */
import { checkCounty } from '#cli/load/county.ts';
import type { Registry } from '#model/registry.ts';
import { formatLint } from '#model/result.ts';

export const PREFECTURE = { grids: 21_000, people: 36_000, points: 30_774 } as const;
export const PREFECTURE_CODE = '459900';

/** Townships stand on a plan of 15 by 11, villages 4 by 4 in each, groups 3 or 4 by 2 in each village. */
const TOWNSHIPS = [15, 11] as const;
const VILLAGES = 4;
/** Cells of the drawing in a village: a multiple of 3 and 4 across, of 2 up. */
const [ACROSS, UP] = [12, 8] as const;
/** So many villages have four columns of groups, which makes 21,000 grids in all. */
const WIDE_VILLAGES = 1_177;

type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
type Place = readonly [lon: number, lat: number];
export type PrefectureGrid = {
  readonly code: string;
  readonly kind: 'county' | 'township' | 'village' | 'group';
  readonly parent: string | null;
  readonly zh: string;
  readonly en: string;
  readonly box: Box;
};

/** 0 … 1 from two whole numbers, the same at every run. */
export function hash01(a: number, b: number): number {
  let mixed = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b ^ 0x7f4a7c15, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296;
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
/** A corner of the drawing, pushed about by up to three tenths of a cell; both neighbours use the same one. */
const corner = (x: number, y: number): Place => [
  rounded(107.5 + (x + (hash01(x, y) - 0.5) * 0.6) * 0.0019),
  rounded(27 + (y + (hash01(y, x + 77_777) - 0.5) * 0.6) * 0.0037),
];

/** The outline of a box of cells, counter-clockwise and closed. */
function ringOf({ x, y, width, height }: Box): Place[] {
  const ring: Place[] = [];
  for (let step = 0; step < width; step++) ring.push(corner(x + step, y));
  for (let step = 0; step < height; step++) ring.push(corner(x + width, y + step));
  for (let step = 0; step < width; step++) ring.push(corner(x + width - step, y + height));
  for (let step = 0; step < height; step++) ring.push(corner(x, y + height - step));
  return [...ring, ring[0] ?? [0, 0]];
}

const digits = (value: number, length: number): string => String(value).padStart(length, '0');

function groupsOf(village: PrefectureGrid, columns: number): PrefectureGrid[] {
  const { x, y } = village.box;
  const [width, height] = [ACROSS / columns, UP / 2];
  return Array.from({ length: columns * 2 }, (_, index) => ({
    code: `${village.code}-G${digits(index + 1, 2)}`,
    kind: 'group' as const,
    parent: village.code,
    zh: `第${index + 1}组`,
    en: `Group ${index + 1}`,
    box: { x: x + (index % columns) * width, y: y + Math.floor(index / columns) * height, width, height },
  }));
}

/** Every grid, a parent before its children. */
export function prefectureGrids(): readonly PrefectureGrid[] {
  const [wide, high] = [VILLAGES * ACROSS, VILLAGES * UP];
  const box = { x: 0, y: 0, width: TOWNSHIPS[0] * wide, height: TOWNSHIPS[1] * high };
  const root = { code: PREFECTURE_CODE, kind: 'county' as const, parent: null, zh: '万山地区', en: 'Wanshan', box };
  const grids: PrefectureGrid[] = [root];
  let villages = 0;
  for (let at = 0; at < TOWNSHIPS[0] * TOWNSHIPS[1]; at++) {
    const x = (at % TOWNSHIPS[0]) * wide;
    const y = Math.floor(at / TOWNSHIPS[0]) * high;
    const code = `${PREFECTURE_CODE}${digits(at + 100, 3)}`;
    const names = { zh: `甲${at + 1}镇`, en: `Town ${at + 1}` };
    grids.push({ code, kind: 'township', parent: root.code, ...names, box: { x, y, width: wide, height: high } });
    for (let inner = 0; inner < VILLAGES * VILLAGES; inner++) {
      const village: PrefectureGrid = {
        code: `${code}${digits(inner + 200, 3)}`,
        kind: 'village',
        parent: code,
        zh: `甲${at + 1}镇${inner + 1}村`,
        en: `Village ${at + 1}-${inner + 1}`,
        box: {
          x: x + (inner % VILLAGES) * ACROSS,
          y: y + Math.floor(inner / VILLAGES) * UP,
          width: ACROSS,
          height: UP,
        },
      };
      grids.push(village, ...groupsOf(village, villages++ < WIDE_VILLAGES ? 4 : 3));
    }
  }
  return grids;
}

type PersonRow = {
  readonly id: string;
  readonly name: string;
  readonly phone: string;
  readonly posts: readonly { readonly grid: string; readonly post: string }[];
};

const POSTS_OF = {
  county: ['head', 'deputy', 'manager', 'dispatcher', 'dispatcher', 'dispatcher', 'dispatcher', 'information'],
  township: ['head', 'deputy', 'manager', 'dispatcher', 'dispatcher', 'member', 'member', 'information'],
  village: ['head', 'deputy', 'member', 'member', 'information'],
  group: ['member'],
} as const;

/** Posts of every grid held by somebody, the rest of the 36,000 further members of villages. */
function prefecturePeople(grids: readonly PrefectureGrid[]): readonly PersonRow[] {
  const people: PersonRow[] = [];
  const add = (grid: PrefectureGrid, post: string) => {
    const index = people.length;
    const name = `${'赵钱孙李周吴郑王冯陈'[index % 10]}${'一二三四五六七八九十'[Math.floor(index / 10) % 10]}${index}`;
    people.push({
      id: `p${index}`,
      name,
      phone: `1${digits(7_000_000_000 + index, 10)}`,
      posts: [{ grid: grid.code, post }],
    });
  };
  for (const grid of grids) for (const post of POSTS_OF[grid.kind]) add(grid, post);
  const villages = grids.filter(({ kind }) => kind === 'village');
  for (let index = 0; people.length < PREFECTURE.people; index++) {
    const village = villages[index % villages.length];
    if (village !== undefined) add(village, 'member');
  }
  return people;
}

const KINDS = ['slope', 'slope', 'slope', 'river', 'reservoir', 'rain-station'] as const;
const RISKS = ['general', 'general', 'low', 'larger', 'major'] as const;

/** A point in every group in turn; on every tenth the list of three households that the group's member calls. */
function prefecturePoints(grids: readonly PrefectureGrid[], people: readonly PersonRow[]): readonly object[] {
  const groups = grids.filter(({ kind }) => kind === 'group');
  const member = new Map(people.map(({ id, posts }) => [posts[0]?.grid ?? '', id]));
  return Array.from({ length: PREFECTURE.points }, (_, index) => {
    const group = groups[(index * 7) % groups.length] ?? groups[0];
    const { x = 0, y = 0, width = 1, height = 1 } = group?.box ?? {};
    const [lon, lat] = corner(x + 1 + Math.floor(hash01(index, 1) * (width - 1)), y + 1 + (index % (height - 1)));
    const households = Array.from({ length: index % 10 === 0 ? 3 : 0 }, (__, at) => ({
      id: `h${index}-${at}`,
      head: `户主${index}-${at}`,
      people: 1 + ((index + at) % 5),
      phone: `1${digits(8_000_000_000 + index * 3 + at, 10)}`,
      caller: member.get(group?.code ?? '') ?? 'p0',
    }));
    return {
      id: `pt${index}`,
      name: { zh: `${group?.zh ?? ''}${index} 号点`, en: `Point ${index}` },
      kind: KINDS[index % KINDS.length],
      risk: RISKS[index % RISKS.length],
      lon,
      lat,
      ...(households.length > 0 && { households }),
    };
  });
}

function prefectureDesks(grids: readonly PrefectureGrid[], people: readonly PersonRow[]): readonly object[] {
  const byGrid = new Map<string, string[]>();
  for (const { id, posts } of people)
    for (const { grid, post } of posts)
      if (post === 'dispatcher' || post === 'manager') byGrid.set(grid, [...(byGrid.get(grid) ?? []), id]);
  return grids
    .filter(({ kind }) => kind === 'county' || kind === 'township')
    .map(({ code }) => {
      const [a = '', b = '', c = ''] = byGrid.get(code) ?? [];
      const shifts = [
        {
          from: '08:00',
          to: '20:00',
          teams: [
            [a, b],
            [b, c],
          ],
        },
        {
          from: '20:00',
          to: '08:00',
          teams: [
            [c, a],
            [a, b],
          ],
        },
      ];
      return { grid: code, anchor: '2026-01-05', daysPerTurn: 7, shifts };
    });
}

function geojsonOf(grids: readonly PrefectureGrid[]): string {
  const features = grids.map(({ code, box }) => {
    const geometry = { type: 'Polygon', coordinates: [ringOf(box)] };
    return JSON.stringify({ type: 'Feature', properties: { code }, geometry });
  });
  return `{"type":"FeatureCollection","features":[\n${features.join(',\n')}\n]}\n`;
}

/** The files of the prefecture's folder, as another program would write them: JSON. */
export function prefecture(): ReadonlyMap<string, string> {
  const grids = prefectureGrids();
  const people = prefecturePeople(grids);
  const rows = grids.map(({ code, kind, parent, zh, en }) => ({ code, kind, parent, name: { zh, en } }));
  const county = { code: PREFECTURE_CODE, name: { zh: '万山地区', en: 'Wanshan' }, zone: 'Asia/Shanghai' };
  return new Map([
    ['county.json', JSON.stringify(county)],
    ['grids.json', JSON.stringify({ grids: rows })],
    ['grids.geojson', geojsonOf(grids)],
    ['people.json', JSON.stringify({ people })],
    ['points.json', JSON.stringify({ points: prefecturePoints(grids, people) })],
    ['duty.json', JSON.stringify({ desks: prefectureDesks(grids, people) })],
    ['edges.json', JSON.stringify({ edges: [] })],
    ['channels.json', JSON.stringify({ channels: [{ id: 'console', kind: 'console' }] })],
  ]);
}

/** The prefecture as the stages see it, read from those files in memory. */
export function prefectureRegistry(nowMs = Date.UTC(2026, 5, 3, 6)): Registry {
  const { county, lints } = checkCounty(prefecture(), nowMs);
  if (county === null) throw new Error(`the prefecture does not load: ${lints.slice(0, 3).map(formatLint).join('; ')}`);
  return county.registry;
}
