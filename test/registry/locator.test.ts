import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLocator } from '#cli/load/geometry.ts';
import type { Grid, Polygon } from '#model/registry.ts';
import { locateNaively } from './naive-locator.ts';
import { partition } from './partition.ts';

const DAY = '2026-06-03';
const SEED = 20_260_603;

describe('the grid of a place', () => {
  it('is the one that asking every boundary gives, inside, outside, on borders and on corners', () => {
    let looked = 0;
    const onBorder = { count: 0 };
    fc.assert(
      fc.property(
        partition(),
        fc.array(
          fc.tuple(fc.double({ min: -0.2, max: 1.2, noNaN: true }), fc.double({ min: -0.2, max: 1.2, noNaN: true })),
          { minLength: 5, maxLength: 15 },
        ),
        fc.nat(),
        (grids, places, pick) => {
          const locate = openLocator(grids, DAY);
          const corners = grids.flatMap(({ boundary }) => boundary.flat());
          const middles = grids.flatMap(({ boundary }) => boundary.flatMap(middlesOf));
          const special = [corners, middles].flatMap((list) =>
            [0, 1, 2, 3].map((step) => list[(pick + step * 7) % list.length] ?? ([0, 0] as const)),
          );
          for (const [lon, lat] of [...places.map(([x, y]) => [x, y] as const), ...special]) {
            const expected = locateNaively(grids, DAY, lon, lat);
            expect(locate(lon, lat), `${lon}, ${lat}`).toBe(expected);
            looked++;
            if (holders(grids, lon, lat) > 2) onBorder.count++;
          }
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
    expect(looked).toBeGreaterThan(500);
    expect(onBorder.count).toBeGreaterThan(50);
  });

  it('is on a common border of the lower code, and never of two', () => {
    const left = square('1-G2', 0, 4);
    const right = square('1-G1', 1, 4);
    const locate = openLocator([square('1', 0, 3, 2), left, right], DAY);
    expect(locate(1, 0.5)).toBe('1-G1');
    expect(locate(0.5, 0.5)).toBe('1-G2');
    expect(locate(1.5, 1)).toBe('1-G1');
    expect(locate(2.0001, 0.5)).toBeNull();
  });

  it('is never one that is not in force yet or any more, but on the day its successor begins that one', () => {
    const old = { ...square('1-G1', 0, 4), validTo: '2026-07-01', successor: '1-G2' };
    const next = { ...square('1-G2', 0, 4), validFrom: '2026-07-01' };
    const at = (day: string) => openLocator([square('1', 0, 3, 2), old, next], day)(0.5, 0.5);
    expect(at('2026-06-30')).toBe('1-G1');
    expect(at('2026-07-01')).toBe('1-G2');
    expect(openLocator([square('1', 0, 3, 2), old], '2026-07-01')(0.5, 0.5)).toBe('1');
  });

  it('is nowhere where nothing has a boundary', () => {
    expect(openLocator([{ ...square('1', 0, 1), boundary: [] }], DAY)(0, 0)).toBeNull();
  });
});

function square(code: string, x: number, tier: 1 | 2 | 3 | 4, width = 1): Grid {
  const ring: Polygon = [
    [x, 0],
    [x + width, 0],
    [x + width, 1],
    [x, 1],
    [x, 0],
  ];
  const parent = tier === 4 ? '1' : null;
  return { code, kind: tier === 4 ? 'group' : 'village', tier, parent, name: { zh: code, en: code }, boundary: [ring] };
}

function middlesOf(ring: Polygon): (readonly [number, number])[] {
  return ring.slice(1).map(([x, y], index) => [(x + (ring[index]?.[0] ?? x)) / 2, (y + (ring[index]?.[1] ?? y)) / 2]);
}

const holders = (grids: readonly Grid[], lon: number, lat: number): number =>
  grids.filter((grid) => locateNaively([grid], DAY, lon, lat) !== null).length;
