/** GeoJSON as an import takes it: properties under any heading become a sheet; polygons become boundaries of grids. */
import { type Cell, type CellError, cellOf, textOf } from '#cli/registry/cell.ts';
import { fromGcj02 } from '#cli/registry/gcj02.ts';
import type { PlacedItem, Refusal } from '#cli/registry/items.ts';
import { type Item, KINDS } from '#cli/registry/kinds.ts';
import type { References } from '#cli/registry/references.ts';
import { type HeadingMap, plainHeading, type Sheet } from '#cli/registry/table.ts';
import { err, ok, type Result } from '#model/result.ts';

export type Datum = 'wgs84' | 'gcj02';
export type Feature = {
  readonly properties: { readonly [name: string]: unknown };
  readonly type: string;
  readonly coordinates: unknown;
};

type Place = readonly [number, number];

const rounded = (value: number): number => Math.round(value * 1e7) / 1e7;
const placeOf = (raw: unknown, from: Datum): Place | null => {
  if (!Array.isArray(raw) || typeof raw[0] !== 'number' || typeof raw[1] !== 'number') return null;
  if (from === 'wgs84') return [raw[0], raw[1]];
  const [lon, lat] = fromGcj02(raw[0], raw[1]);
  return [rounded(lon), rounded(lat)];
};

/** CGCS2000 differs from WGS-84 by centimetres and is taken for it. */
const DEGREES = /CRS84|EPSG::?(4326|4490|4979)\b/i;

/** The features of a file, or why it cannot be used at all. */
export function readFeatures(text: string): Result<readonly Feature[], CellError> {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return err({ message: 'is no JSON', mend: 'export it as GeoJSON' });
  }
  const { features, crs } = (root ?? {}) as {
    readonly features?: unknown;
    readonly crs?: { properties?: { name?: unknown } };
  };
  if (!Array.isArray(features))
    return err({ message: 'is no FeatureCollection', mend: 'export the whole layer as GeoJSON' });
  const name = crs?.properties?.name;
  if (typeof name === 'string' && !DEGREES.test(name))
    return err({ message: `is in ${name}`, mend: 'export it in degrees, CGCS2000 (EPSG:4490) or WGS-84' });
  return ok(
    features.map(
      (raw: { properties?: unknown; geometry?: { type?: unknown; coordinates?: unknown } | null } | null) => ({
        properties: (raw?.properties ?? {}) as Item,
        type: String(raw?.geometry?.type ?? ''),
        coordinates: raw?.geometry?.coordinates,
      }),
    ),
  );
}

const cellOfValue = (value: unknown): Cell =>
  typeof value === 'number'
    ? { kind: 'number', text: String(value) }
    : value === null || value === undefined
      ? { kind: 'empty' }
      : cellOf(Array.isArray(value) ? value.join('；') : String(value));

function geometryCells({ type, coordinates }: Feature, from: Datum): readonly Cell[] {
  if (type === 'Point') {
    const place = placeOf(coordinates, from);
    if (place !== null)
      return [...place.map((value): Cell => ({ kind: 'number', text: String(value) })), { kind: 'empty' }];
  }
  if (type === 'LineString' && Array.isArray(coordinates)) {
    const line = coordinates.map((raw) => placeOf(raw, from)?.join(',') ?? '?').join(' ');
    return [{ kind: 'empty' }, { kind: 'empty' }, cellOf(line)];
  }
  return [{ kind: 'empty' }, { kind: 'empty' }, { kind: 'empty' }];
}

/** Properties as columns, and `lon`, `lat`, `line` from the geometry. A row's number is its feature's, from 1. */
export function featureSheet(file: string, features: readonly Feature[], from: Datum): Sheet {
  const names = [...new Set(features.flatMap(({ properties }) => Object.keys(properties)))].filter(
    (name) => !['lon', 'lat', 'line'].includes(name),
  );
  const heading = [...names, 'lon', 'lat', 'line'].map(cellOf);
  const rows = features.map((feature) => [
    ...names.map((name) => cellOfValue(feature.properties[name])),
    ...geometryCells(feature, from),
  ]);
  return { file, sheet: null, rows: [heading, ...rows], rowNumber: (index) => index };
}

function ringOf(raw: unknown, from: Datum): readonly Place[] | null {
  if (!Array.isArray(raw)) return null;
  const places = raw.map((place) => placeOf(place, from));
  if (places.some((place) => place === null || Math.abs(place[0]) > 180 || Math.abs(place[1]) > 90)) return null;
  const ring = places as Place[];
  const [first, last] = [ring[0], ring.at(-1)];
  if (first === undefined || last === undefined) return null;
  return first[0] === last[0] && first[1] === last[1] ? ring : [...ring, first];
}

function geometryOf({ type, coordinates }: Feature, from: Datum): Result<Item, CellError> {
  const polygons: unknown = type === 'Polygon' ? [coordinates] : type === 'MultiPolygon' ? coordinates : null;
  if (!Array.isArray(polygons))
    return err({
      message: `a ${type === '' ? 'feature without a shape' : type} is no boundary`,
      mend: 'export polygons',
    });
  const rings: (readonly Place[])[] = [];
  for (const polygon of polygons) {
    if (!Array.isArray(polygon)) return err({ message: 'a polygon has no rings', mend: 'draw it anew' });
    if (polygon.length > 1)
      return err({
        message: 'has a hole in it (飞地)',
        mend: 'cut the boundary open at the hole, so that it is one outline, and give the hole to the grid that lies in it',
      });
    const ring = ringOf(polygon[0], from);
    if (ring === null || ring.length < 4)
      return err({
        message: 'has places that are not degrees',
        mend: 'convert metres of a projection to degrees first',
      });
    rings.push(ring);
  }
  const [only] = rings;
  return rings.length === 1 && only !== undefined
    ? ok({ type: 'Polygon', coordinates: [only] })
    : ok({ type: 'MultiPolygon', coordinates: rings.map((ring) => [ring]) });
}

/** The code under one of its headings, or the grid that bears the name. */
function codeOf(properties: Item, references: References, own: HeadingMap): Result<string, CellError> {
  const byHeading = new Map(Object.entries(properties).map(([name, value]) => [plainHeading(name), value]));
  for (const field of ['code', 'name.zh']) {
    const column = KINDS.grids.columns.find((each) => each.field === field);
    const names = own[field] === undefined ? (column?.headings ?? []) : [own[field]];
    const value = names
      .map((name) => byHeading.get(plainHeading(name)))
      .find((one) => one !== undefined && one !== null && one !== '');
    if (value === undefined) continue;
    const cell = cellOfValue(value);
    const read = field === 'code' ? column?.read(cell) : ok(textOf(cell));
    if (read === undefined || !read.ok) return err(read?.error ?? { message: 'no code', mend: 'add one' });
    return references.find('grids', String(read.value));
  }
  return err({ message: 'names no grid', mend: 'give each polygon a property "code" or "name"' });
}

function boundaryOf(
  feature: Feature,
  from: Datum,
  references: References,
  own: HeadingMap,
): Result<{ readonly code: string; readonly geometry: Item }, CellError> {
  const code = codeOf(feature.properties, references, own);
  if (!code.ok) return code;
  const geometry = geometryOf(feature, from);
  return geometry.ok ? ok({ code: code.value, geometry: geometry.value }) : geometry;
}

/** Polygons by the grid that each one is of. */
export function readBoundaries(
  file: string,
  features: readonly Feature[],
  from: Datum,
  references: References,
  own: HeadingMap,
): { readonly items: readonly PlacedItem[]; readonly refusals: readonly Refusal[] } {
  const items = new Map<string, PlacedItem>();
  const refusals: Refusal[] = [];
  for (const [index, feature] of features.entries()) {
    const row = index + 1;
    const read = boundaryOf(feature, from, references, own);
    const first = read.ok ? items.get(read.value.code) : undefined;
    if (!read.ok) refusals.push({ ...{ file, sheet: null, row, column: '' }, ...read.error });
    else if (first === undefined) items.set(read.value.code, { item: read.value, row });
    else
      refusals.push({
        ...{ file, sheet: null, row, column: '' },
        message: `"${read.value.code}" has a shape in feature ${first.row} already`,
        mend: 'join both into one MultiPolygon',
      });
  }
  return { items: [...items.values()], refusals };
}
