/** Whether a boundary crosses itself: two of its sides that are no neighbours cut one another. */
import Flatbush from 'flatbush';
import type { Polygon } from '#model/registry.ts';

type Lonlat = readonly [number, number];

const side = (a: Lonlat, b: Lonlat, c: Lonlat): number => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

/** Where two sides cut one another in their insides; null when they do not. */
function cut(a: Lonlat, b: Lonlat, c: Lonlat, d: Lonlat): Lonlat | null {
  const [c1, d1] = [side(a, b, c), side(a, b, d)];
  const [a1, b1] = [side(c, d, a), side(c, d, b)];
  if (!(c1 * d1 < 0 && a1 * b1 < 0)) return null;
  const along = a1 / (a1 - b1);
  return [a[0] + (b[0] - a[0]) * along, a[1] + (b[1] - a[1]) * along];
}

/** The first place where the ring crosses itself. */
export function crossingOf(ring: Polygon): Lonlat | null {
  const sides = ring.length - 1;
  if (sides < 4) return null;
  const index = new Flatbush(sides);
  for (let at = 0; at < sides; at++) {
    const [a = [0, 0], b = [0, 0]] = ring.slice(at, at + 2);
    index.add(Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1]));
  }
  index.finish();
  for (let at = 0; at < sides; at++) {
    const [a = [0, 0], b = [0, 0]] = ring.slice(at, at + 2);
    const [west, east] = a[0] < b[0] ? [a[0], b[0]] : [b[0], a[0]];
    const [south, north] = a[1] < b[1] ? [a[1], b[1]] : [b[1], a[1]];
    for (const other of index.search(west, south, east, north)) {
      if (other <= at + 1) continue;
      const [c = [0, 0], d = [0, 0]] = ring.slice(other, other + 2);
      const found = cut(a, b, c, d);
      if (found !== null) return found;
    }
  }
  return null;
}
