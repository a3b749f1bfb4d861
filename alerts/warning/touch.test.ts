import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Grid, Polygon, Registry } from '#model/registry.ts';
import { sampleRegistry } from '../testing/sample.ts';
import { mergeAreas, movedAreas } from './areas.ts';
import { ringsShareGround } from './rings.ts';
import { divisionOf, openToucher, ringOfCircle, touchedBy } from './touch.ts';

const box = (west: number, south: number, east: number, north: number): Polygon => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
];

describe('rings on the map', () => {
  test.each([
    ['the same', box(0, 0, 2, 2), box(0, 0, 2, 2), true],
    ['side by side, a border in common', box(0, 0, 2, 2), box(2, 0, 4, 2), false],
    ['a corner in common', box(0, 0, 2, 2), box(2, 2, 4, 4), false],
    ['a strip in common, their borders on one line', box(0, 0, 2, 2), box(1.5, 0, 3.5, 2), true],
    ['one inside the other', box(0, 0, 9, 9), box(4, 4, 5, 5), true],
    ['one inside, sharing a border', box(0, 0, 9, 9), box(0, 4, 5, 5), true],
    ['a cross', box(0, 4, 9, 5), box(4, 0, 5, 9), true],
    ['apart', box(0, 0, 1, 1), box(3, 3, 4, 4), false],
    [
      'no ring at all',
      [
        [0, 0],
        [1, 1],
        [0, 0],
      ] as Polygon,
      box(0, 0, 4, 4),
      false,
    ],
  ])('%s: %#', (_, one, other, expected) => {
    expect(ringsShareGround(one, other)).toBe(expected);
    expect(ringsShareGround(other, one)).toBe(expected);
    expect(ringsShareGround([...one].reverse(), other)).toBe(expected);
  });

  test('boxes share ground exactly when their sides overlap (the naive answer)', () => {
    const side = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(side, side, side, side, ([x, w], [y, h], [u, v], [s, t]) => {
        const naive = x < u + v && u < x + w && y < s + t && s < y + h;
        expect(ringsShareGround(box(x, y, x + w, y + h), box(u, s, u + v, s + t))).toBe(naive);
      }),
      { numRuns: 500 },
    );
  });
});

const boundaries: { readonly [code: string]: Polygon } = {
  '331004': box(106, 24, 108, 25),
  '331004001': box(106, 24, 107, 25),
  '331004002': box(107, 24, 108, 25),
  '331004001001': box(106, 24, 107, 24.5),
  '331004001002': box(106, 24.5, 107, 25),
  '331004002001': box(107, 24, 108, 25),
};
const base = sampleRegistry();
const registry: Registry = {
  ...base,
  grids: new Map(
    [...base.grids].map(([code, grid]): [string, Grid] => {
      const ring = boundaries[code];
      return [code, { ...grid, boundary: ring === undefined ? [] : [ring] }];
    }),
  ),
};
const toucher = openToucher(registry);
const area = (more: Partial<Parameters<typeof touchedBy>[0]>) =>
  touchedBy({ areaDesc: '', polygons: [], circles: [], geocodes: [], ...more }, registry, toucher);

describe('what a warning touches', () => {
  test('a polygon names the deepest grids, and the parent when it covers all of them', () => {
    expect(toucher([box(106.2, 24.1, 106.4, 24.3)])).toEqual(['331004001001']);
    expect(toucher([box(106.2, 24.4, 106.4, 24.6)])).toEqual(['331004001']);
    expect(toucher([box(106.9, 24.1, 107.1, 24.3)])).toEqual(['331004001001', '331004002']);
    expect(toucher([box(100, 20, 110, 30)])).toEqual(['331004']);
    expect(toucher([box(100, 20, 101, 21)])).toEqual([]);
    // A border in common is no touch.
    expect(toucher([box(108, 24, 109, 25)])).toEqual([]);
  });

  test('CAP counts latitude first', () => {
    expect(
      area({
        polygons: [
          [
            [24.1, 106.2],
            [24.1, 106.4],
            [24.3, 106.4],
            [24.1, 106.2],
          ],
        ],
      }),
    ).toEqual(['331004001001']);
    expect(area({ circles: [{ lat: 24.25, lon: 106.5, radiusKm: 1 }] })).toEqual(['331004001001']);
    expect(ringOfCircle({ lat: 24, lon: 106, radiusKm: 0 }).length).toBeGreaterThan(4);
  });

  test.each([
    ['XZQH12', '331004001001', ['331004001001']],
    ['XZQH12', '331004001000', ['331004001']],
    ['XZQH', '331004000000', ['331004']],
    ['XZQH', '330000', ['331004']],
    ['XZQH', '33', ['331004']],
    // A village that is not on record: whoever answers for its township.
    ['XZQH', '331004001999', ['331004001']],
    ['XZQH', '331005', []],
    ['SAME', '331004', []],
    ['fengsui:grid', '331004001001-G1', ['331004001001-G1']],
    ['XZQH', 'nonsense', []],
  ])('the code %s %s is %j', (valueName, value, expected) => {
    expect(area({ geocodes: [{ valueName, value }] })).toEqual(expected);
  });

  test('a code is cut to what it says', () => {
    expect(divisionOf({ valueName: 'x', value: '450000000000' })).toBe('45');
    expect(divisionOf({ valueName: 'x', value: '450100' })).toBe('4501');
  });
});

describe('levels grid by grid', () => {
  const NOW = 1_000;
  const since = (gridCode: string, level: 'none' | 'blue' | 'yellow' | 'orange' | 'red') => ({
    gridCode,
    level,
    sinceMs: 0,
  });
  test('a grid that is named takes all below it along; one that is not keeps its own', () => {
    const before = [since('331004001', 'orange'), since('331004001001', 'red'), since('331004002', 'blue')];
    expect(mergeAreas(before, [{ gridCode: '331004001', level: 'yellow' }], NOW, registry)).toEqual([
      since('331004002', 'blue'),
      { gridCode: '331004001', level: 'yellow', sinceMs: NOW },
    ]);
  });
  test('named twice, the worse counts', () => {
    const named = (['yellow', 'red', 'blue'] as const).map((level) => ({ gridCode: '331004', level }));
    expect(mergeAreas([], named, NOW, registry)).toEqual([{ gridCode: '331004', level: 'red', sinceMs: NOW }]);
  });
  test('a village that is named out of its township moves by itself', () => {
    const before = [since('331004001', 'orange')];
    const after = mergeAreas(before, [{ gridCode: '331004001001', level: 'red' }], NOW, registry);
    expect(movedAreas(before, after, registry)).toEqual({
      risen: [{ gridCode: '331004001001', from: 'orange', to: 'red' }],
      fallen: [],
    });
  });
});
