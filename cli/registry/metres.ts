/** Areas in square metres of shapes in degrees (WGS-84): the two lengths of a degree at the shape's own latitude. */
import { ringArea } from '#cli/load/geometry.ts';
import type { Polygon } from '#model/registry.ts';

const RADIAN = Math.PI / 180;

/** Metres of a degree northward and eastward, from the ellipsoid's series; right to a millionth. */
export function degreeMetres(lat: number): { readonly north: number; readonly east: number } {
  const phi = lat * RADIAN;
  const north = 111_132.954 - 559.822 * Math.cos(2 * phi) + 1.175 * Math.cos(4 * phi) - 0.0023 * Math.cos(6 * phi);
  const east = 111_412.84 * Math.cos(phi) - 93.5 * Math.cos(3 * phi) + 0.118 * Math.cos(5 * phi);
  return { north, east };
}

export function ringMetres(ring: Polygon): number {
  const middle = ring.reduce((sum, [, lat]) => sum + lat, 0) / Math.max(1, ring.length);
  const { north, east } = degreeMetres(middle);
  return ringArea(ring) * north * east;
}

/** An outer ring without its holes. */
export const areaMetres = ([outer = [], ...holes]: readonly Polygon[]): number =>
  holes.reduce((area, hole) => area - ringMetres(hole), ringMetres(outer));

/** For people: `36 m²`, `1,200 m²`, `0.43 km²`. */
export function formatArea(m2: number): string {
  if (m2 >= 100_000) return `${(m2 / 1e6).toFixed(2)} km²`;
  return `${Math.round(m2).toLocaleString('en')} m²`;
}
