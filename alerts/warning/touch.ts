/** Which grids a warning touches: by its polygons and circles on the map, and by the division codes that it names. */
import Flatbush from 'flatbush';
import { ancestry, type Grid, type GridCode, type Polygon, type Registry } from '#model/registry.ts';
import type { CapArea, CapCircle, CapPair } from '../cap/message.ts';
import { boxOf, ringsShareGround } from './rings.ts';

const KM_A_DEGREE = 111.195;
const CORNERS = 48;

/** A circle as a ring around it: a little too large rather than a little too small. */
export function ringOfCircle({ lat, lon, radiusKm }: CapCircle): Polygon {
  const radius = Math.max(radiusKm, 0.01) / KM_A_DEGREE / Math.cos(Math.PI / CORNERS);
  const wide = radius / Math.max(Math.cos((lat * Math.PI) / 180), 0.01);
  const ring = Array.from({ length: CORNERS }, (_, n): readonly [number, number] => {
    const angle = (2 * Math.PI * n) / CORNERS;
    return [lon + wide * Math.cos(angle), lat + radius * Math.sin(angle)];
  });
  return [...ring, ring[0] ?? [lon, lat]];
}

/** The rings of a CAP area, longitude first as our maps have it. */
export const ringsOf = ({ polygons, circles }: Pick<CapArea, 'polygons' | 'circles'>): readonly Polygon[] => [
  ...polygons.map((polygon): Polygon => polygon.map(([lat, lon]) => [lon, lat])),
  ...circles.map(ringOfCircle),
];

/** Schemes of other countries: their numbers are no division codes of ours. */
const FOREIGN = /^(SAME|FIPS6?|UGC|EMMA_ID|NUTS\d?|WARNCELLID|profile:CAP-CP.*|ISO.*)$/i;

/** A division code without the zeros that only fill it up: 12, 9, 6, 4 or 2 digits; null when it is none. */
export function divisionOf({ valueName, value }: CapPair): string | null {
  const raw = value.trim();
  if (FOREIGN.test(valueName.trim())) return null;
  if (/-[A-Za-z0-9]+$/.test(raw)) return raw;
  if (!/^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$/.test(raw)) return null;
  let code = raw;
  if (code.length === 12 && code.endsWith('000')) code = code.slice(0, 9);
  if (code.length === 9 && code.endsWith('000')) code = code.slice(0, 6);
  if (code.length === 6 && code.endsWith('00')) code = code.slice(0, 4);
  if (code.length === 4 && code.endsWith('00')) code = code.slice(0, 2);
  return code;
}

/** The grid that a division is, the county when it lies in it, or the smallest one of ours that it lies in. */
function gridOfDivision(code: string, { grids, county }: Registry): GridCode | null {
  if (grids.has(code)) return code;
  if (county.code.startsWith(code)) return county.code;
  for (const length of [9, 6])
    if (code.length > length && grids.has(code.slice(0, length))) return code.slice(0, length);
  return null;
}

export type Toucher = (rings: readonly Polygon[]) => readonly GridCode[];

/** Looks grids up by their boundaries; made once a registry. */
export function openToucher(registry: Pick<Registry, 'grids'>): Toucher {
  const rings: { code: GridCode; ring: Polygon }[] = [];
  const children = new Map<GridCode, Grid[]>();
  const roots: Grid[] = [];
  for (const grid of registry.grids.values()) {
    for (const ring of grid.boundary) rings.push({ code: grid.code, ring });
    if (grid.parent === null) roots.push(grid);
    else children.set(grid.parent, [...(children.get(grid.parent) ?? []), grid]);
  }
  if (rings.length === 0) return () => [];
  const index = new Flatbush(rings.length);
  for (const { ring } of rings) index.add(...boxOf(ring));
  index.finish();

  /** The deepest grids that say where it is; a parent stands for its children when all of them are touched. */
  function cover(grid: Grid, touched: ReadonlySet<GridCode>): readonly GridCode[] {
    if (!touched.has(grid.code)) return [];
    const own = children.get(grid.code) ?? [];
    const mapped = own.filter(({ boundary }) => boundary.length > 0);
    const hit = mapped.filter(({ code }) => touched.has(code));
    // Ground that no child has on the map is the grid's own; so is what all of them share.
    if (hit.length === 0) return [grid.code];
    const below = hit.map((child) => cover(child, touched));
    const whole =
      hit.length === mapped.length && below.every((codes, at) => codes.length === 1 && codes[0] === hit[at]?.code);
    if (whole) return [grid.code];
    // A child without a boundary may lie anywhere in it: it is told.
    return [...below.flat(), ...own.filter(({ boundary }) => boundary.length === 0).map(({ code }) => code)];
  }

  return (shapes) => {
    const touched = new Set<GridCode>();
    for (const shape of shapes)
      for (const hit of index.search(...boxOf(shape))) {
        const one = rings[hit];
        if (one !== undefined && !touched.has(one.code) && ringsShareGround(shape, one.ring)) touched.add(one.code);
      }
    // A child may be drawn over its parent's border: what is touched is touched with all above it.
    for (const code of [...touched]) for (const upper of ancestry(registry, code)) touched.add(upper.code);
    return roots.flatMap((root) => cover(root, touched));
  };
}

/** Every grid that a CAP area names or covers, none below another of them. */
export function touchedBy(area: CapArea, registry: Registry, toucher: Toucher): readonly GridCode[] {
  const named = area.geocodes.flatMap((pair) => {
    const code = divisionOf(pair);
    return code === null ? [] : (gridOfDivision(code, registry) ?? []);
  });
  const all = new Set([...named, ...toucher(ringsOf(area))]);
  return [...all].filter(
    (code) =>
      !ancestry(registry, code)
        .slice(1)
        .some((upper) => all.has(upper.code)),
  );
}
