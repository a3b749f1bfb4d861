/**
 * Whether the boundaries divide the county without remainder: ground that two siblings claim, ground of a grid that none
 * below it covers, children that reach beyond their parent, boundaries that cross themselves. Measured by exact clipping
 * where the quick looks do not already prove that there is nothing to find.
 */
import { difference, intersection } from 'polyclip-ts';
import { interiorPoint, meetingPairs, ringReachesOut, ringsOverlap } from '#cli/load/geometry.ts';
import { tilesExactly } from '#cli/load/tiling.ts';
import { areaMetres, formatArea } from '#cli/registry/metres.ts';
import { crossingOf } from '#cli/registry/self-crossing.ts';
import { SLIVER_M2 } from '#cli/registry/sliver.ts';
import type { Grid, GridCode, Polygon } from '#model/registry.ts';

export type PartitionFinding = {
  readonly kind: 'overlap' | 'gap' | 'outside' | 'crossing' | 'undrawn' | 'unmeasured';
  /** The grid that the finding is laid at, then the other one if there is one. */
  readonly codes: readonly [GridCode, ...GridCode[]];
  readonly areaM2: number;
  /** Somewhere well inside the ground in question. */
  readonly lon: number;
  readonly lat: number;
  readonly message: string;
  readonly mend: string;
};

export type PartitionReport = {
  readonly findings: readonly PartitionFinding[];
  /** Pieces below the tolerance, of overlaps, gaps and reaching out; and what they come to. */
  readonly slivers: { readonly count: number; readonly areaM2: number };
  readonly looked: { readonly parents: number; readonly children: number; readonly exact: number };
};

/** What the last digit of a double leaves behind. */
const ROUNDING_M2 = 0.01;

type Clipped = readonly Polygon[][];
type Piece = { readonly areaM2: number; readonly lon: number; readonly lat: number };
type Tally = { count: number; areaM2: number };

const asGeometry = (rings: readonly Polygon[]) => rings.map((ring) => [ring.map(([x, y]): [number, number] => [x, y])]);

/** The library throws where a boundary is too broken to be cut; null then. */
function clip(run: () => unknown): Clipped | null {
  try {
    return run() as Clipped;
  } catch {
    return null;
  }
}

/** The pieces worth telling, largest first; the rest is added to the slivers. */
function pieces(clipped: Clipped, toleranceM2: number, slivers: Tally): readonly Piece[] {
  const found: Piece[] = [];
  for (const polygon of clipped) {
    const areaM2 = areaMetres(polygon);
    if (areaM2 < ROUNDING_M2) continue;
    if (areaM2 <= toleranceM2) {
      slivers.count++;
      slivers.areaM2 += areaM2;
      continue;
    }
    const [lon, lat] = interiorPoint(polygon[0] ?? []);
    found.push({ areaM2, lon, lat });
  }
  return found.sort((a, b) => b.areaM2 - a.areaM2);
}

const place = ({ lon, lat }: Piece): string => `${lon.toFixed(6)},${lat.toFixed(6)}`;
const label = (grid: Grid): string => `"${grid.code}" ${grid.name.zh}`;

/** One finding for several pieces: their sum, and where the largest lies. */
function told(found: readonly Piece[], say: (area: string, where: string) => Omit<PartitionFinding, keyof Piece>) {
  const [largest] = found;
  if (largest === undefined) return [];
  const areaM2 = found.reduce((sum, piece) => sum + piece.areaM2, 0);
  const where =
    found.length === 1 ? `at ${place(largest)}` : `in ${found.length} places, the largest at ${place(largest)}`;
  return [{ ...say(formatArea(areaM2), where), areaM2, lon: largest.lon, lat: largest.lat }];
}

const unmeasured = (grid: Grid, other: Grid): PartitionFinding => {
  const [lon, lat] = grid.boundary[0]?.[0] ?? [0, 0];
  return {
    ...{ kind: 'unmeasured', codes: [grid.code, other.code], areaM2: 0, lon, lat },
    message: `the boundaries of ${label(grid)} and ${label(other)} cannot be compared`,
    mend: 'mend the boundary that crosses itself first',
  };
};

type Family = { readonly parent: Grid; readonly children: readonly Grid[] };
type Work = { readonly toleranceM2: number; readonly slivers: Tally };

function overlapsOf({ children }: Family, { toleranceM2, slivers }: Work): PartitionFinding[] {
  const rings = children.flatMap((grid) => grid.boundary.map((ring) => ({ grid, ring })));
  const pairs = new Map<string, readonly [Grid, Grid]>();
  for (const [here, there] of meetingPairs(rings.map(({ ring }) => ring))) {
    const [one, other] = [rings[here], rings[there]];
    if (one === undefined || other === undefined || one.grid === other.grid) continue;
    const [low, high] = one.grid.code < other.grid.code ? [one.grid, other.grid] : [other.grid, one.grid];
    const key = `${low.code} ${high.code}`;
    if (!pairs.has(key) && ringsOverlap(one.ring, other.ring)) pairs.set(key, [low, high]);
  }
  return [...pairs.values()].flatMap(([low, high]) => {
    const shared = clip(() => intersection(asGeometry(low.boundary), asGeometry(high.boundary)));
    if (shared === null) return [unmeasured(high, low)];
    return told(pieces(shared, toleranceM2, slivers), (area, where) => ({
      kind: 'overlap',
      codes: [high.code, low.code],
      message: `${label(high)} and ${label(low)} both claim ${area} ${where}`,
      mend: `a place there belongs to "${low.code}"; draw the common border once and use it for both`,
    }));
  });
}

function gapsOf({ parent, children }: Family, { toleranceM2, slivers }: Work): PartitionFinding[] {
  const parts = children.map(({ boundary }) => asGeometry(boundary));
  const left = clip(() => difference(asGeometry(parent.boundary), ...parts));
  if (left === null) return [unmeasured(parent, children[0] ?? parent)];
  return told(pieces(left, toleranceM2, slivers), (area, where) => ({
    kind: 'gap',
    codes: [parent.code],
    message: `no grid below ${label(parent)} covers ${area} of it ${where}`,
    mend: 'a place there goes to the grid above; give the ground to one of its neighbours',
  }));
}

function outsideOf({ parent, children }: Family, { toleranceM2, slivers }: Work): PartitionFinding[] {
  const reachesOut = ({ boundary }: Grid) =>
    boundary.some((ring) => parent.boundary.every((outer) => ringReachesOut(ring, outer)));
  return children.filter(reachesOut).flatMap((child) => {
    const beyond = clip(() => difference(asGeometry(child.boundary), asGeometry(parent.boundary)));
    if (beyond === null) return [unmeasured(child, parent)];
    return told(pieces(beyond, toleranceM2, slivers), (area, where) => ({
      kind: 'outside',
      codes: [child.code, parent.code],
      message: `${label(child)} reaches ${area} beyond ${label(parent)}, to which it belongs, ${where}`,
      mend: 'mend one of the two boundaries, or the parent',
    }));
  });
}

function undrawnOf({ children }: Family, all: readonly Grid[]): PartitionFinding[] {
  if (children.length === 0) return [];
  const [lon, lat] = children[0]?.boundary[0]?.[0] ?? [0, 0];
  return all
    .filter(({ boundary }) => boundary.length === 0)
    .map((grid) => ({
      ...{ kind: 'undrawn', codes: [grid.code], areaM2: 0, lon, lat },
      message: `${label(grid)} has no boundary, its siblings have`,
      mend: 'no point can lie in it: draw it, and cut it out of its neighbours',
    }));
}

function crossingsOf(grid: Grid): PartitionFinding[] {
  return grid.boundary.flatMap((ring) => {
    const crossing = crossingOf(ring);
    if (crossing === null) return [];
    const [lon, lat] = crossing;
    const finding = { kind: 'crossing', codes: [grid.code], areaM2: 0, lon, lat } as const;
    const message = `the boundary of ${label(grid)} crosses itself at ${lon.toFixed(6)},${lat.toFixed(6)}`;
    return [{ ...finding, message, mend: 'draw it anew there; what lies inside cannot be told' }];
  });
}

function familiesOf(inForce: readonly Grid[]) {
  const byParent = new Map<GridCode, Grid[]>();
  for (const grid of inForce) {
    if (grid.parent === null) continue;
    const siblings = byParent.get(grid.parent);
    if (siblings === undefined) byParent.set(grid.parent, [grid]);
    else siblings.push(grid);
  }
  return byParent;
}

/** Checks grids that are in force, tier by tier. */
export function checkPartition(inForce: readonly Grid[], toleranceM2: number = SLIVER_M2): PartitionReport {
  const work: Work = { toleranceM2, slivers: { count: 0, areaM2: 0 } };
  const byCode = new Map(inForce.map((grid) => [grid.code, grid]));
  const findings = inForce.flatMap(crossingsOf);
  const looked = { parents: 0, children: 0, exact: 0 };
  for (const [code, all] of familiesOf(inForce)) {
    const parent = byCode.get(code);
    const children = all.filter(({ boundary }) => boundary.length > 0);
    if (parent === undefined || children.length === 0) continue;
    const family = { parent, children };
    looked.parents++;
    looked.children += children.length;
    findings.push(...undrawnOf(family, all));
    const rings = children.flatMap(({ boundary }) => boundary);
    if (tilesExactly(rings, parent.boundary)) {
      looked.exact++;
      continue;
    }
    findings.push(...overlapsOf(family, work));
    if (parent.boundary.length > 0) findings.push(...gapsOf(family, work), ...outsideOf(family, work));
  }
  return { findings, slivers: work.slivers, looked };
}
