/** Grids and their boundaries: the tree by parent, codes by prefix, rings from GeoJSON. */

import { z } from 'zod';
import { meetingPairs, ringArea, ringsOverlap } from '#cli/load/geometry.ts';
import { gridSchema } from '#cli/load/schemas.ts';
import { type Item, type Path, parseList, parsePart, type Source } from '#cli/load/source.ts';
import { TIER_OF_KIND } from '#cli/load/words.ts';
import type { Grid, GridCode, Polygon } from '#model/registry.ts';

export type BoundGrids = {
  readonly grids: ReadonlyMap<GridCode, Grid>;
  /** Codes that some file declares, also those of items with findings. */
  readonly declared: ReadonlySet<string>;
  readonly pathOf: (code: GridCode) => Path;
};

const position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]).rest(z.number());
const ring = z.array(position).min(4, 'a ring needs at least four positions, the last equal to the first');
const feature = z.object({
  type: z.literal('Feature'),
  properties: z.object({ code: z.string() }),
  geometry: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('Polygon'),
      coordinates: z.array(ring).length(1, 'a grid is an outer ring without holes'),
    }),
    z.object({
      type: z.literal('MultiPolygon'),
      coordinates: z.array(z.array(ring).length(1, 'a grid is outer rings without holes')),
    }),
  ]),
});

function parseBoundaries(source: Source, declared: ReadonlySet<string>): Map<GridCode, readonly Polygon[]> {
  const found = new Map<GridCode, readonly Polygon[]>();
  if (source.value === undefined) return found;
  const collection = source.value as { readonly features?: unknown } | null;
  const features = collection?.features;
  if (!Array.isArray(features)) {
    source.find([], {
      kind: 'shape',
      message: 'must be a GeoJSON FeatureCollection',
      mend: 'export it as GeoJSON, WGS-84',
    });
    return found;
  }
  features.forEach((raw: unknown, index) => {
    const path = ['features', index];
    const value = parsePart(source, path, raw, feature);
    if (value === undefined) return;
    const { code } = value.properties;
    const codePath = [...path, 'properties', 'code'];
    if (!declared.has(code)) {
      const mend = 'add the grid to grids.yaml, or mend the code';
      source.find(codePath, { kind: 'unknown-grid', message: `there is no grid "${code}"`, mend });
      return;
    }
    if (found.has(code)) {
      const mend = 'join both shapes into one MultiPolygon';
      source.find(codePath, { kind: 'duplicate', message: `grid "${code}" has two shapes`, mend });
      return;
    }
    const { geometry } = value;
    const rings = geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat();
    found.set(
      code,
      rings.map((points) => points.map(([lon, lat]) => [lon, lat] as const)),
    );
    if (!rings.every(isClosed))
      source.find([...path, 'geometry'], {
        kind: 'open-ring',
        message: `the boundary of "${code}" is not closed`,
        mend: 'repeat the first position at the end',
      });
  });
  return found;
}

function isClosed(points: readonly (readonly number[])[]): boolean {
  const [first, last] = [points[0], points.at(-1)];
  return first?.[0] === last?.[0] && first?.[1] === last?.[1];
}

type Row = Item<z.infer<typeof gridSchema>>;

function checkParent(
  source: Source,
  { path, value }: Row,
  byCode: ReadonlyMap<string, Row>,
  declared: ReadonlySet<string>,
) {
  const { code, kind, parent } = value;
  const at = [...path, 'parent'];
  if (kind === 'county') {
    if (parent !== null)
      source.find(at, { kind: 'parent', message: 'the county has no parent', mend: 'remove the line' });
    return;
  }
  if (parent === null) {
    const mend = 'add "parent:" with the code of the grid above';
    source.find(path, { kind: 'missing', message: `grid "${code}" has no parent`, mend });
    return;
  }
  if (!declared.has(parent)) {
    const mend = 'add that grid, or mend the code';
    source.find(at, { kind: 'unknown-grid', message: `there is no grid "${parent}"`, mend });
    return;
  }
  if (!code.startsWith(parent) || code === parent) {
    const mend = `a code below "${parent}" begins with "${parent}"; mend the code or the parent`;
    source.find([...path, 'code'], {
      kind: 'prefix',
      message: `code "${code}" does not begin with its parent's`,
      mend,
    });
  }
  const above = byCode.get(parent)?.value;
  if (above !== undefined && TIER_OF_KIND[above.kind] !== TIER_OF_KIND[kind] - 1) {
    const mend = 'county → township or park → village, community or enterprise → group';
    source.find(at, { kind: 'tier', message: `a ${kind} cannot stand below a ${above.kind}`, mend });
  }
}

/** Warnings about ground that two children of one parent share, or that no child covers. */
function checkCover(source: Source, grids: ReadonlyMap<GridCode, Grid>, pathOf: BoundGrids['pathOf']): void {
  const children = new Map<GridCode, Grid[]>();
  for (const grid of grids.values())
    if (grid.parent !== null) children.set(grid.parent, [...(children.get(grid.parent) ?? []), grid]);
  const area = (grid: Grid) => grid.boundary.reduce((sum, polygon) => sum + ringArea(polygon), 0);
  for (const [code, siblings] of children) {
    const rings = siblings.flatMap((grid) => grid.boundary.map((polygon) => ({ grid, polygon })));
    const overlapping = new Set<string>();
    for (const [here, there] of meetingPairs(rings.map(({ polygon }) => polygon))) {
      const [one, other] = [rings[here], rings[there]];
      if (one === undefined || other === undefined || one.grid === other.grid) continue;
      const key = `${one.grid.code} ${other.grid.code}`;
      if (overlapping.has(key) || !ringsOverlap(one.polygon, other.polygon)) continue;
      overlapping.add(key);
      source.find(pathOf(other.grid.code), {
        kind: 'overlap',
        message: `the boundaries of "${one.grid.code}" and "${other.grid.code}" overlap`,
        mend: 'a point there belongs to the lower code; draw the common border once and use it for both',
        severity: 'warning',
      });
    }
    const parent = grids.get(code);
    if (parent === undefined || parent.boundary.length === 0 || siblings.some((grid) => grid.boundary.length === 0))
      continue;
    const covered = siblings.reduce((sum, grid) => sum + area(grid), 0) / area(parent);
    if (overlapping.size === 0 && Math.abs(covered - 1) > 0.01)
      source.find(pathOf(code), {
        kind: 'cover',
        message: `the grids below "${code}" cover ${(covered * 100).toFixed(1)} % of it`,
        mend: 'a point on ground that none of them covers goes to the grid above',
        severity: 'warning',
      });
  }
}

/** Reads `grids.yaml` and `grids.geojson` into a tree whose every node can be walked up to the county. */
export function bindGrids(source: Source, boundaries: Source | undefined, countyCode: string | undefined): BoundGrids {
  const declared = new Set<string>();
  const rows = parseList(source, 'grids', gridSchema, 'code', declared);
  const byCode = new Map(rows.map((row) => [row.value.code, row]));
  for (const row of rows) checkParent(source, row, byCode, declared);
  const pathOf = (code: GridCode): Path => byCode.get(code)?.path ?? ['grids'];
  for (const { path, value } of rows)
    if (value.kind === 'county' && countyCode !== undefined && value.code !== countyCode)
      source.find([...path, 'code'], {
        kind: 'county',
        message: `the county here is "${value.code}", in county.yaml it is "${countyCode}"`,
        mend: 'write the same code in both files',
      });
  if (countyCode !== undefined && source.value !== undefined && !rows.some(({ value }) => value.kind === 'county'))
    source.find(['grids'], {
      kind: 'county',
      message: 'no grid is of kind "county"',
      mend: `add the grid "${countyCode}"`,
    });
  const rings =
    boundaries === undefined ? new Map<string, readonly Polygon[]>() : parseBoundaries(boundaries, declared);
  const grids = new Map<GridCode, Grid>();
  for (const { value } of rows) {
    const { code, kind, name, parent } = value;
    grids.set(code, { code, kind, name, parent, tier: TIER_OF_KIND[kind], boundary: rings.get(code) ?? [] });
  }
  checkCover(source, grids, pathOf);
  return { grids, declared, pathOf };
}
