/**
 * The quick proof that children tile their parent: every stretch of border between two children is drawn by both, in
 * opposite directions, and what only one of them draws is the parent's own outline. It needs no intersection of polygons;
 * where it does not hold, that says nothing yet.
 */
import type { Polygon } from '#model/registry.ts';

/** Twice the signed area: positive when counter-clockwise. */
function turn(ring: Polygon): number {
  const [originLon, originLat] = ring[0] ?? [0, 0];
  let twice = 0;
  for (let index = 0; index + 1 < ring.length; index++) {
    const [ax, ay] = ring[index] ?? [0, 0];
    const [bx, by] = ring[index + 1] ?? [0, 0];
    twice += (ax - originLon) * (by - originLat) - (bx - originLon) * (ay - originLat);
  }
  return twice;
}

/** Stretches by their two ends, and how often each is drawn one way more than the other. */
function openTally(capacity: number) {
  let size = 16;
  while (size < capacity * 2) size *= 2;
  const slots = new Int32Array(size);
  const ends = new Float64Array(capacity * 4);
  const counts = new Int32Array(capacity);
  let used = 0;
  let open = 0;
  const draw = (ax: number, ay: number, bx: number, by: number, by1: number): void => {
    const swap = ax > bx || (ax === bx && ay > by);
    const [px, py, qx, qy] = swap ? [bx, by, ax, ay] : [ax, ay, bx, by];
    let hash = Math.imul((px * 1e7) | 0, 0x85ebca6b) ^ Math.imul((py * 1e7) | 0, 0xc2b2ae35);
    hash ^= Math.imul((qx * 1e7) | 0, 0x27d4eb2f) ^ Math.imul((qy * 1e7) | 0, 0x165667b1);
    let slot = (hash ^ (hash >>> 15)) & (size - 1);
    for (;;) {
      const entry = (slots[slot] as number) - 1;
      if (entry < 0) break;
      const at = entry * 4;
      if (ends[at] === px && ends[at + 1] === py && ends[at + 2] === qx && ends[at + 3] === qy) {
        const before = counts[entry] as number;
        const after = before + (swap ? -by1 : by1);
        counts[entry] = after;
        open += (after === 0 ? 0 : 1) - (before === 0 ? 0 : 1);
        return;
      }
      slot = (slot + 1) & (size - 1);
    }
    slots[slot] = used + 1;
    ends.set([px, py, qx, qy], used * 4);
    counts[used] = swap ? -by1 : by1;
    used++;
    open++;
  };
  return { draw, open: () => open };
}

const sidesOf = (rings: readonly Polygon[]): number => rings.reduce((sum, ring) => sum + ring.length, 0);

/** Whether the children's rings, drawn along, cancel out to exactly the parent's. */
export function tilesExactly(children: readonly Polygon[], parent: readonly Polygon[]): boolean {
  const tally = openTally(sidesOf(children) + sidesOf(parent));
  const drawAll = (rings: readonly Polygon[], sign: 1 | -1) => {
    for (const ring of rings) {
      const by1 = turn(ring) < 0 ? -sign : sign;
      for (let index = 0; index + 1 < ring.length; index++) {
        const [ax, ay] = ring[index] ?? [0, 0];
        const [bx, by] = ring[index + 1] ?? [0, 0];
        if (ax !== bx || ay !== by) tally.draw(ax, ay, bx, by, by1);
      }
    }
  };
  drawAll(parent, -1);
  drawAll(children, 1);
  return tally.open() === 0;
}
