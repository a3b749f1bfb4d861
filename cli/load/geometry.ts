/** Plane geometry on boundaries in degrees: which grid holds a point, how large a ring is, whether two rings overlap. */

import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon';
import Flatbush from 'flatbush';
import { type Grid, type GridCode, isInForce, type Polygon, type Tier } from '#model/registry.ts';

type Lonlat = readonly [number, number];
export type Box = readonly [west: number, south: number, east: number, north: number];

/** About 1 cm: what a border may deviate by before anybody calls it an overlap. */
const TOLERANCE_DEG = 1e-7;

/** In square degrees, positive; rings bear their first point again at the end. */
export function ringArea(ring: Polygon): number {
  const [originLon, originLat] = ring[0] ?? [0, 0];
  let twice = 0;
  for (let index = 0; index + 1 < ring.length; index++) {
    const [ax, ay] = ring[index] as Lonlat;
    const [bx, by] = ring[index + 1] as Lonlat;
    twice += (ax - originLon) * (by - originLat) - (bx - originLon) * (ay - originLat);
  }
  return Math.abs(twice) / 2;
}

export function boxOf(ring: Polygon): Box {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const position of ring) {
    const [lon, lat] = position;
    if (lon < west) west = lon;
    if (lon > east) east = lon;
    if (lat < south) south = lat;
    if (lat > north) north = lat;
  }
  return [west, south, east, north];
}

function inRing(point: Lonlat, ring: Polygon, ignoreBoundary = false): boolean {
  const coordinates = [ring as [number, number][]];
  return booleanPointInPolygon([point[0], point[1]], { type: 'Polygon', coordinates }, { ignoreBoundary });
}

export type GridLocator = (lon: number, lat: number) => GridCode | null;

/**
 * Answers for a location with the deepest grid that contains it; on a shared border, the one with the lower code.
 * A grid that is not in force on `day` contains nothing.
 */
export function openLocator(grids: Iterable<Grid>, day: string): GridLocator {
  const rings: { code: GridCode; tier: Tier; ring: Polygon }[] = [];
  for (const grid of grids)
    if (isInForce(grid, day)) for (const ring of grid.boundary) rings.push({ code: grid.code, tier: grid.tier, ring });
  if (rings.length === 0) return () => null;
  // In the order of the answer, so that of several hits the one with the lowest place that holds is it.
  rings.sort((a, b) => b.tier - a.tier || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
  const index = new Flatbush(rings.length);
  for (const { ring } of rings) index.add(...boxOf(ring));
  index.finish();
  return (lon, lat) => {
    for (const hit of index.search(lon, lat, lon, lat).sort((a, b) => a - b)) {
      const candidate = rings[hit];
      if (candidate !== undefined && inRing([lon, lat], candidate.ring)) return candidate.code;
    }
    return null;
  };
}

/** Signed distance of `c` from the line through `a` and `b`; exactly 0 when `c` is one of them. */
function offLine(a: Lonlat, b: Lonlat, c: Lonlat): number {
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  return length === 0 ? 0 : ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) / length;
}

const opposite = (one: number, other: number): boolean =>
  Math.abs(one) > TOLERANCE_DEG && Math.abs(other) > TOLERANCE_DEG && one > 0 !== other > 0;

const cross = (a: Lonlat, b: Lonlat, c: Lonlat, d: Lonlat): boolean =>
  opposite(offLine(a, b, c), offLine(a, b, d)) && opposite(offLine(c, d, a), offLine(c, d, b));

/** The parts of a ring that touch a box, as edges. */
function edgesIn(ring: Polygon, [west, south, east, north]: Box): readonly (readonly [Lonlat, Lonlat])[] {
  const edges: (readonly [Lonlat, Lonlat])[] = [];
  for (let index = 0; index + 1 < ring.length; index++) {
    const a = ring[index] as Lonlat;
    const b = ring[index + 1] as Lonlat;
    const outside =
      Math.max(a[0], b[0]) < west ||
      Math.min(a[0], b[0]) > east ||
      Math.max(a[1], b[1]) < south ||
      Math.min(a[1], b[1]) > north;
    if (!outside) edges.push([a, b]);
  }
  return edges;
}

function distanceToEdge(point: Lonlat, [a, b]: readonly [Lonlat, Lonlat]): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / squared;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(point[0] - a[0] - t * dx, point[1] - a[1] - t * dy);
}

/** Some point well inside a ring: the middle of the widest span at half height. */
export function interiorPoint(ring: Polygon): Lonlat {
  const [, south, , north] = boxOf(ring);
  // A little off the half, so that the line meets no corner of a drawn grid.
  const y = south + (north - south) * 0.497_3;
  const crossings: number[] = [];
  for (let index = 0; index + 1 < ring.length; index++) {
    const [ax, ay] = ring[index] as Lonlat;
    const [bx, by] = ring[index + 1] as Lonlat;
    if (ay > y !== by > y) crossings.push(ax + ((y - ay) / (by - ay)) * (bx - ax));
  }
  crossings.sort((a, b) => a - b);
  let best: Lonlat = ring[0] ?? [0, 0];
  let widest = -1;
  for (let index = 0; index + 1 < crossings.length; index += 2) {
    const [from = 0, to = 0] = crossings.slice(index, index + 2);
    if (to - from <= widest) continue;
    widest = to - from;
    best = [(from + to) / 2, y];
  }
  return best;
}

/** A corner of `inner` that lies inside `outer` by more than the tolerance. */
function cornerInside(inner: Polygon, outer: Polygon, box: Box): boolean {
  const near = edgesIn(outer, box);
  return edgesIn(inner, box).some(
    ([corner]) => inRing(corner, outer, true) && near.every((edge) => distanceToEdge(corner, edge) > TOLERANCE_DEG),
  );
}

/** Where corners of a ring touch a side, as fractions of it, with both its ends. */
function touches(side: readonly [Lonlat, Lonlat], corners: readonly Lonlat[]): readonly number[] {
  const [a, b] = side;
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const squared = dx * dx + dy * dy;
  const inner = corners
    .filter((corner) => distanceToEdge(corner, side) <= TOLERANCE_DEG)
    .map((corner) => ((corner[0] - a[0]) * dx + (corner[1] - a[1]) * dy) / squared)
    .filter((along) => along > 0 && along < 1);
  return [0, ...inner.sort((one, other) => one - other), 1];
}

/**
 * A stretch of a side of `inner` that runs through `outer` from border to border, touching it at corners only: two
 * rectangles of one height that overlap have no other mark.
 */
function stretchInside(inner: Polygon, outer: Polygon, box: Box): boolean {
  const near = edgesIn(outer, box);
  const corners = near.map(([corner]) => corner);
  return edgesIn(inner, box).some((side) => {
    const [a, b] = side;
    if (a[0] === b[0] && a[1] === b[1]) return false;
    const marks = touches(side, corners);
    return marks.slice(1).some((to, index) => {
      const along = ((marks[index] ?? 0) + to) / 2;
      const middle: Lonlat = [a[0] + (b[0] - a[0]) * along, a[1] + (b[1] - a[1]) * along];
      return inRing(middle, outer, true) && near.every((edge) => distanceToEdge(middle, edge) > TOLERANCE_DEG);
    });
  });
}

/** Whether two rings share ground; a shared border is none. */
export function ringsOverlap(one: Polygon, other: Polygon): boolean {
  const [a, b] = [boxOf(one), boxOf(other)];
  const box: Box = [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
  if (box[0] > box[2] || box[1] > box[3]) return false;
  const edges = edgesIn(other, box);
  if (edgesIn(one, box).some(([p, q]) => edges.some(([r, s]) => cross(p, q, r, s)))) return true;
  if (cornerInside(one, other, box) || cornerInside(other, one, box)) return true;
  if (stretchInside(one, other, box) || stretchInside(other, one, box)) return true;
  return inRing(interiorPoint(one), other) || inRing(interiorPoint(other), one);
}

/** Whether a ring has ground outside another; a shared border is none. */
export function ringReachesOut(inner: Polygon, outer: Polygon): boolean {
  const box = boxOf(inner);
  const edges = edgesIn(outer, box);
  if (edgesIn(inner, box).some(([p, q]) => edges.some(([r, s]) => cross(p, q, r, s)))) return true;
  const isOut = (corner: Lonlat) =>
    !inRing(corner, outer) && edges.every((edge) => distanceToEdge(corner, edge) > TOLERANCE_DEG);
  return inner.some(isOut) || cornerInside(outer, inner, box) || stretchInside(outer, inner, box);
}

/** Pairs of rings whose boxes meet, each pair once, by index. */
export function meetingPairs(rings: readonly Polygon[]): readonly (readonly [number, number])[] {
  if (rings.length < 2) return [];
  const index = new Flatbush(rings.length);
  for (const ring of rings) index.add(...boxOf(ring));
  index.finish();
  return rings.flatMap((ring, here) =>
    index
      .search(...boxOf(ring))
      .filter((there) => there > here)
      .map((there) => [here, there] as const),
  );
}
