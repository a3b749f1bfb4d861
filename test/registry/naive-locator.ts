/** The oracle of the locator: every boundary is asked, the deepest that holds the place wins, then the lower code. */
import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon';
import { type Grid, isInForce } from '#model/registry.ts';

export function locateNaively(grids: readonly Grid[], day: string, lon: number, lat: number): string | null {
  let best: Grid | undefined;
  for (const grid of grids) {
    if (!isInForce(grid, day)) continue;
    const holds = grid.boundary.some((ring) =>
      booleanPointInPolygon([lon, lat], { type: 'Polygon', coordinates: [ring.map(([x, y]) => [x, y])] }),
    );
    if (!holds) continue;
    if (best === undefined || grid.tier > best.tier || (grid.tier === best.tier && grid.code < best.code)) best = grid;
  }
  return best?.code ?? null;
}
