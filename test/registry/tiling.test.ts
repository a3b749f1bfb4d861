import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tilesExactly } from '#cli/load/tiling.ts';
import type { Grid, Polygon } from '#model/registry.ts';
import { partition } from './partition.ts';

const SEED = 20_260_604;
const ringsOf = (grids: readonly Grid[]) => grids.slice(1).flatMap(({ boundary }) => boundary);
const parentOf = (grids: readonly Grid[]) => grids[0]?.boundary ?? [];

describe('the quick proof of a tiling', () => {
  it('holds for partitions, whichever way their rings are drawn', () => {
    fc.assert(
      fc.property(partition(), fc.nat(), (grids, which) => {
        const rings = ringsOf(grids).map((ring, index) => (index === which % 3 ? [...ring].reverse() : ring));
        expect(tilesExactly(rings, parentOf(grids))).toBe(true);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('does not hold when a corner was moved, a child is missing, stands twice, or one is drawn twice as two', () => {
    fc.assert(
      fc.property(partition(), fc.nat(), fc.nat(), (grids, which, corner) => {
        const rings = ringsOf(grids);
        const parent = parentOf(grids);
        const at = which % rings.length;
        const ring = rings[at] ?? [];
        const moved: Polygon = ring.map(([x, y], index) =>
          index === 1 + (corner % (ring.length - 2)) ? [x + 0.001, y + 0.002] : [x, y],
        );
        expect(tilesExactly(rings.with(at, moved), parent)).toBe(false);
        expect(tilesExactly(rings.toSpliced(at, 1), parent)).toBe(false);
        expect(tilesExactly([...rings, ring], parent)).toBe(false);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});
