/** Boundaries from GeoJSON (WGS-84 or CGCS2000): outer rings by the grid's code, one feature a grid over all files. */
import { z } from 'zod';
import { parsePart, type Source } from '#cli/load/source.ts';
import type { GridCode, Polygon } from '#model/registry.ts';

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

type Feature = z.infer<typeof feature>;

const isPosition = (raw: unknown): boolean => {
  if (!Array.isArray(raw) || raw.length < 2) return false;
  const [lon, lat] = raw as unknown[];
  return typeof lon === 'number' && typeof lat === 'number' && Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
};
const isPolygon = (raw: unknown): boolean => {
  if (!Array.isArray(raw) || raw.length !== 1) return false;
  const [ring] = raw as unknown[];
  return Array.isArray(ring) && ring.length >= 4 && ring.every(isPosition);
};

/** What `feature` takes, said without it: a prefecture's half a million positions need no schema to hold. */
function isFeature(raw: unknown): raw is Feature {
  const { type, properties, geometry } = (raw ?? {}) as { [key: string]: unknown };
  const { code } = (properties ?? {}) as { [key: string]: unknown };
  if (type !== 'Feature' || typeof code !== 'string') return false;
  const shape = (geometry ?? {}) as { type?: unknown; coordinates?: unknown };
  if (shape.type === 'Polygon') return isPolygon(shape.coordinates);
  return shape.type === 'MultiPolygon' && Array.isArray(shape.coordinates) && shape.coordinates.every(isPolygon);
}

function isClosed(points: readonly (readonly number[])[]): boolean {
  const [first, last] = [points[0], points.at(-1)];
  return first?.[0] === last?.[0] && first?.[1] === last?.[1];
}

/** Positions without heights, which some tools write. */
const flat = (points: readonly (readonly number[])[]): Polygon =>
  points.every((point) => point.length === 2)
    ? (points as Polygon)
    : points.map(([lon = 0, lat = 0]) => [lon, lat] as const);

function bindFeature(
  source: Source,
  index: number,
  raw: unknown,
  declared: ReadonlySet<string>,
  into: Map<GridCode, readonly Polygon[]>,
): void {
  const path = ['features', index];
  const value = isFeature(raw) ? raw : parsePart(source, path, raw, feature);
  if (value === undefined) return;
  const { code } = value.properties;
  const codePath = [...path, 'properties', 'code'];
  if (!declared.has(code)) {
    const mend = 'add the grid to grids.yaml, or mend the code';
    source.find(codePath, { kind: 'unknown-grid', message: `there is no grid "${code}"`, mend });
    return;
  }
  if (into.has(code)) {
    const mend = 'join both shapes into one MultiPolygon';
    source.find(codePath, { kind: 'duplicate', message: `grid "${code}" has two shapes`, mend });
    return;
  }
  const { geometry } = value;
  const rings = geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat();
  into.set(code, rings.map(flat));
  if (!rings.every(isClosed))
    source.find([...path, 'geometry'], {
      kind: 'open-ring',
      message: `the boundary of "${code}" is not closed`,
      mend: 'repeat the first position at the end',
    });
}

/** The boundaries of all files, by code. */
export function bindShapes(
  sources: readonly Source[],
  declared: ReadonlySet<string>,
): ReadonlyMap<GridCode, readonly Polygon[]> {
  const found = new Map<GridCode, readonly Polygon[]>();
  for (const source of sources) {
    if (source.value === undefined) continue;
    const features = (source.value as { readonly features?: unknown } | null)?.features;
    if (Array.isArray(features))
      features.forEach((raw: unknown, index) => {
        bindFeature(source, index, raw, declared, found);
      });
    else
      source.find([], {
        kind: 'shape',
        message: 'must be a GeoJSON FeatureCollection',
        mend: 'export it as GeoJSON, WGS-84',
      });
  }
  return found;
}
