/** Whether the grids below one another cover it: a cheap look at every load; `fengsui grid check` measures exactly. */
import { meetingPairs, ringArea, ringsOverlap } from '#cli/load/geometry.ts';
import type { Source } from '#cli/load/source.ts';
import { tilesExactly } from '#cli/load/tiling.ts';
import type { Grid, GridCode } from '#model/registry.ts';

/** Warnings about ground that two children of one parent share, or that no child covers. */
export function checkCover(byCode: Source, inForce: readonly Grid[]): void {
  const grids = new Map(inForce.map((grid) => [grid.code, grid]));
  const children = new Map<GridCode, Grid[]>();
  for (const grid of grids.values())
    if (grid.parent !== null) children.set(grid.parent, [...(children.get(grid.parent) ?? []), grid]);
  const area = (grid: Grid) => grid.boundary.reduce((sum, polygon) => sum + ringArea(polygon), 0);
  for (const [code, siblings] of children) {
    const parent = grids.get(code);
    if (parent !== undefined && siblings.every((grid) => grid.boundary.length > 0))
      if (
        tilesExactly(
          siblings.flatMap((grid) => grid.boundary),
          parent.boundary,
        )
      )
        continue;
    const rings = siblings.flatMap((grid) => grid.boundary.map((polygon) => ({ grid, polygon })));
    const overlapping = new Set<string>();
    for (const [here, there] of meetingPairs(rings.map(({ polygon }) => polygon))) {
      const [one, other] = [rings[here], rings[there]];
      if (one === undefined || other === undefined || one.grid === other.grid) continue;
      const key = `${one.grid.code} ${other.grid.code}`;
      if (overlapping.has(key) || !ringsOverlap(one.polygon, other.polygon)) continue;
      overlapping.add(key);
      byCode.find([other.grid.code], {
        kind: 'overlap',
        message: `the boundaries of "${one.grid.code}" and "${other.grid.code}" overlap`,
        mend: 'a point there belongs to the lower code; draw the common border once and use it for both',
        severity: 'warning',
      });
    }
    if (parent === undefined || parent.boundary.length === 0 || siblings.some((grid) => grid.boundary.length === 0))
      continue;
    const covered = siblings.reduce((sum, grid) => sum + area(grid), 0) / area(parent);
    if (overlapping.size === 0 && Math.abs(covered - 1) > 0.01)
      byCode.find([code], {
        kind: 'cover',
        message: `the grids below "${code}" cover ${(covered * 100).toFixed(1)} % of it`,
        mend: 'a point on ground that none of them covers goes to the grid above',
        severity: 'warning',
      });
  }
}
