import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon';
import { describe, expect, it } from 'vitest';
import { parseCounty } from '#cli/load/county.ts';
import { ringArea, ringsOverlap } from '#cli/load/geometry.ts';
import type { Grid, Polygon } from '#model/registry.ts';
import { drawBorders } from './borders.ts';
import { shippedFiles } from './shipped.ts';

const parsed = parseCounty(shippedFiles(), Date.parse('2026-06-03T06:00:00Z'));
const grids: readonly Grid[] = parsed.ok ? [...parsed.value.grids.values()] : [];
const area = (grid: Grid) => grid.boundary.reduce((sum, ring) => sum + ringArea(ring), 0);
const holds = (grid: Grid, place: [number, number]) =>
  grid.boundary.some((ring) =>
    booleanPointInPolygon(place, { type: 'Polygon', coordinates: [ring.map(([lon, lat]) => [lon, lat])] }),
  );

describe('the borders of the shipped county', () => {
  it('are what the drawing rule draws', async () => {
    await expect(drawBorders()).toMatchFileSnapshot('../../county/grids.geojson');
  });

  it('tile: the areas of the children add up to the parent', () => {
    const parents = grids.filter((grid) => grids.some((child) => child.parent === grid.code));
    expect(parents.map(({ code }) => code)).toEqual(['451099', '451099101', '451099101204', '451099102', '451099103']);
    for (const parent of parents) {
      const sum = grids.filter(({ parent: code }) => code === parent.code).reduce((all, child) => all + area(child), 0);
      expect(Math.abs(sum / area(parent) - 1)).toBeLessThan(1e-9);
    }
  });

  it('put every one of 4,000 places in the county into exactly one township and exactly one village', () => {
    const county = grids.find(({ tier }) => tier === 1);
    if (county === undefined) throw new Error('no county');
    // A low-discrepancy walk over the county's box: even, and the same at every run.
    let looked = 0;
    for (let step = 1; looked < 4_000; step++) {
      const place: [number, number] = [
        106.28 + ((step * 0.754_877_666) % 1) * 0.47,
        24.19 + ((step * 0.569_840_291) % 1) * 0.32,
      ];
      if (!holds(county, place)) continue;
      looked++;
      for (const tier of [2, 3]) {
        const holders = grids.filter((grid) => grid.tier === tier && holds(grid, place)).map(({ code }) => code);
        expect(holders, `tier ${tier} at ${place.join(', ')}`).toHaveLength(1);
      }
    }
  });

  it('have no ring that crosses another on the same tier', () => {
    for (const one of grids)
      for (const other of grids) {
        if (one.tier !== other.tier || one.code >= other.code) continue;
        expect(ringsOverlap(one.boundary[0] ?? [], other.boundary[0] ?? []), `${one.code} ${other.code}`).toBe(false);
      }
  });
});

describe('overlap', () => {
  const square = (x: number, y: number, size = 1): Polygon => [
    [x, y],
    [x + size, y],
    [x + size, y + size],
    [x, y + size],
    [x, y],
  ];

  it.each([
    ['crossing squares', square(0, 0), square(0.5, 0.5), true],
    ['a square within a square', square(0, 0, 3), square(1, 1), true],
    ['the same square twice', square(0, 0), square(0, 0), true],
    ['two of one height, side by side and a little too wide', square(0, 0), square(0.9, 0), true],
    ['neighbours with one border', square(0, 0), square(1, 0), false],
    ['neighbours that meet at a corner', square(0, 0), square(1, 1), false],
    ['neighbours of different size along one line', square(0, 0, 2), square(2, 0.5), false],
    ['a gap between them', square(0, 0), square(1.001, 0), false],
    ['a few centimetres of overlap', square(0, 0), square(1 - 1e-6, 0.1), true],
    ['less than a centimetre', square(0, 0), square(1 - 1e-8, 0.1), false],
  ])('of %s', (_, one, other, expected) => {
    expect(ringsOverlap(one, other)).toBe(expected);
    expect(ringsOverlap(other, one)).toBe(expected);
  });

  it('is found where one corner of a common border was moved into the neighbour', () => {
    const left: Polygon = [
      [0, 0],
      [1, 0],
      [1.2, 0.5],
      [1, 1],
      [0, 1],
      [0, 0],
    ];
    const right: Polygon = [
      [1, 0],
      [2, 0],
      [2, 1],
      [1, 1],
      [1, 0.5],
      [1, 0],
    ];
    expect(ringsOverlap(left, right)).toBe(true);
  });
});
