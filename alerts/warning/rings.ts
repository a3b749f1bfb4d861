/** Whether two rings on the map share ground, exactly: a border or a corner in common is none. */
import type { Polygon } from '#model/registry.ts';

type Spot = readonly [x: number, y: number];
export type Box = readonly [west: number, south: number, east: number, north: number];
type Edge = readonly [Spot, Spot];

export function boxOf(ring: Polygon): Box {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of ring) {
    west = Math.min(west, lon);
    south = Math.min(south, lat);
    east = Math.max(east, lon);
    north = Math.max(north, lat);
  }
  return [west, south, east, north];
}

function edgesOf(ring: Polygon, [west, south, east, north]: Box): readonly Edge[] {
  const edges: Edge[] = [];
  for (let at = 0; at + 1 < ring.length; at++) {
    const [a, b] = [ring[at] as Spot, ring[at + 1] as Spot];
    const apart =
      Math.max(a[0], b[0]) < west ||
      Math.min(a[0], b[0]) > east ||
      Math.max(a[1], b[1]) < south ||
      Math.min(a[1], b[1]) > north;
    if (!apart) edges.push([a, b]);
  }
  return edges;
}

const turn = (a: Spot, b: Spot, c: Spot): number => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

const between = (a: Spot, b: Spot, c: Spot): boolean =>
  Math.min(a[0], b[0]) <= c[0] &&
  c[0] <= Math.max(a[0], b[0]) &&
  Math.min(a[1], b[1]) <= c[1] &&
  c[1] <= Math.max(a[1], b[1]);

/** 1 inside, 0 on the border, -1 outside. */
export function sideOf([x, y]: Spot, ring: Polygon): 1 | 0 | -1 {
  let inside = false;
  for (let at = 0; at + 1 < ring.length; at++) {
    const [a, b] = [ring[at] as Spot, ring[at + 1] as Spot];
    const side = turn(a, b, [x, y]);
    if (side === 0 && between(a, b, [x, y])) return 0;
    if (a[1] > y !== b[1] > y && side > 0 === b[1] > a[1]) inside = !inside;
  }
  return inside ? 1 : -1;
}

/** Where an edge is met by another, as parts of its length; corners that lie on it count. */
function partsOf([a, b]: Edge, others: readonly Edge[]): readonly number[] {
  const parts = [0, 1];
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const along = (c: Spot): number => (Math.abs(dx) > Math.abs(dy) ? (c[0] - a[0]) / dx : (c[1] - a[1]) / dy);
  for (const [c, d] of others) {
    const [forC, forD] = [turn(a, b, c), turn(a, b, d)];
    if (forC === 0 && between(a, b, c)) parts.push(along(c));
    if (forD === 0 && between(a, b, d)) parts.push(along(d));
    if (forC > 0 !== forD > 0 && forC !== forD) {
      const t = forC / (forC - forD);
      parts.push(along([c[0] + t * (d[0] - c[0]), c[1] + t * (d[1] - c[1])]));
    }
  }
  return [...new Set(parts.filter((part) => part >= 0 && part <= 1))].sort((x, y) => x - y);
}

/** Whether a part of one ring's border runs through the ground of the other. */
function entersGround(one: Polygon, other: Polygon, box: Box): boolean {
  const others = edgesOf(other, box);
  return edgesOf(one, box).some((edge) => {
    const [a, b] = edge;
    const parts = partsOf(edge, others);
    return parts.slice(1).some((to, at) => {
      const middle = ((parts[at] ?? 0) + to) / 2;
      return sideOf([a[0] + middle * (b[0] - a[0]), a[1] + middle * (b[1] - a[1])], other) === 1;
    });
  });
}

/** Some spot well inside a ring: the middle of the widest span near half its height. */
export function spotInside(ring: Polygon): Spot {
  const [, south, , north] = boxOf(ring);
  const y = south + (north - south) * 0.497_3;
  const crossings: number[] = [];
  for (let at = 0; at + 1 < ring.length; at++) {
    const [a, b] = [ring[at] as Spot, ring[at + 1] as Spot];
    if (a[1] > y !== b[1] > y) crossings.push(a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0]));
  }
  crossings.sort((p, q) => p - q);
  let best: Spot = (ring[0] as Spot | undefined) ?? [0, 0];
  let widest = -1;
  for (let at = 0; at + 1 < crossings.length; at += 2) {
    const [from = 0, to = 0] = crossings.slice(at, at + 2);
    if (to - from > widest) {
      widest = to - from;
      best = [(from + to) / 2, y];
    }
  }
  return best;
}

/** Rings whose interiors meet: a border enters the other's ground, or one holds the other whole. */
export function ringsShareGround(one: Polygon, other: Polygon): boolean {
  if (one.length < 4 || other.length < 4) return false;
  const [a, b] = [boxOf(one), boxOf(other)];
  const box: Box = [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
  if (box[0] >= box[2] || box[1] >= box[3]) return false;
  if (entersGround(one, other, box) || entersGround(other, one, box)) return true;
  return sideOf(spotInside(one), other) === 1 || sideOf(spotInside(other), one) === 1;
}
