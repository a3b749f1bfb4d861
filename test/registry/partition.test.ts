import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { degreeMetres } from '#cli/registry/metres.ts';
import { checkPartition } from '#cli/registry/partition.ts';
import { SLIVER_M2 } from '#cli/registry/sliver.ts';
import type { Grid, Polygon } from '#model/registry.ts';
import { cornerOf, gridsOf, lattice, partition } from './partition.ts';

const SEED = 20_260_605;

const box = (x: number, y: number, width: number, height: number): Polygon => [
  [x, y],
  [x + width, y],
  [x + width, y + height],
  [x, y + height],
  [x, y],
];
const grid = (code: string, boundary: readonly Polygon[]): Grid => ({
  ...{ code, boundary, kind: code === '1' ? 'village' : 'group', tier: code === '1' ? 3 : 4 },
  ...{ parent: code === '1' ? null : '1', name: { zh: `${code}组`, en: code } },
});
/** A square kilometre at 24° N, more or less, and two halves of it. */
const whole = grid('1', [box(106, 24, 0.01, 0.01)]);
const west = grid('1-G1', [box(106, 24, 0.005, 0.01)]);
const east = grid('1-G2', [box(106.005, 24, 0.005, 0.01)]);
const metres = (width: number, height: number) => {
  const { north, east: eastward } = degreeMetres(24.005);
  return width * eastward * height * north;
};
const check = (...grids: readonly Grid[]) => checkPartition(grids).findings;

describe('the partition of hand-made maps', () => {
  it('has no finding where two halves make the whole', () => {
    const report = checkPartition([whole, west, east]);
    expect(report.findings).toEqual([]);
    expect(report.slivers.count).toBe(0);
    expect(report.looked).toEqual({ parents: 1, children: 2, exact: 0 });
  });

  it('measures ground that two siblings claim, and names a place in it', () => {
    const wide = grid('1-G1', [box(106, 24, 0.006, 0.01)]);
    const [found, ...rest] = check(whole, wide, east);
    expect(rest).toEqual([]);
    expect(found).toMatchObject({ kind: 'overlap', codes: ['1-G2', '1-G1'] });
    expect((found?.areaM2 ?? 0) / metres(0.001, 0.01)).toBeCloseTo(1, 4);
    expect(found?.lon).toBeCloseTo(106.0055, 3);
    expect(found?.lat).toBeCloseTo(24.005, 2);
    expect(found?.message).toContain('both claim 0.11 km²');
  });

  it('measures ground that nobody covers', () => {
    const narrow = grid('1-G1', [box(106, 24, 0.004, 0.01)]);
    const [found, ...rest] = check(whole, narrow, east);
    expect(rest).toEqual([]);
    expect(found).toMatchObject({ kind: 'gap', codes: ['1'] });
    expect((found?.areaM2 ?? 0) / metres(0.001, 0.01)).toBeCloseTo(1, 4);
  });

  it('measures what reaches beyond the parent, and sees a border that cuts a corner of it', () => {
    const long = grid('1-G2', [box(106.005, 24, 0.006, 0.01)]);
    expect(check(whole, west, long)).toMatchObject([{ kind: 'outside', codes: ['1-G2', '1'] }]);
    const notch: Polygon = [
      [106, 24],
      [106.005, 24.002],
      [106.01, 24],
      [106.01, 24.01],
      [106, 24.01],
      [106, 24],
    ];
    const straight = grid('1-G1', [box(106, 24, 0.01, 0.01)]);
    expect(check(grid('1', [notch]), straight)).toMatchObject([{ kind: 'outside', codes: ['1-G1', '1'] }]);
  });

  it('leaves out what two people who draw one ditch differ by, counts it, and tells it when asked to', () => {
    const sliver = 0.000_001;
    const wide = grid('1-G1', [box(106, 24, 0.005 + sliver, 0.01)]);
    const report = checkPartition([whole, wide, east]);
    expect(metres(sliver, 0.01)).toBeGreaterThan(SLIVER_M2);
    expect(report.findings).toHaveLength(1);
    const lenient = checkPartition([whole, wide, east], 200);
    expect(lenient.findings).toEqual([]);
    expect(lenient.slivers.count).toBe(1);
    expect(lenient.slivers.areaM2 / metres(sliver, 0.01)).toBeCloseTo(1, 3);
  });

  it('names a boundary that crosses itself, and a sibling that nobody has drawn', () => {
    const bow: Polygon = [
      [106, 24],
      [106.01, 24.01],
      [106.01, 24],
      [106, 24.01],
      [106, 24],
    ];
    expect(check(grid('1-G1', [bow])).map(({ kind }) => kind)).toEqual(['crossing']);
    expect(check(whole, west, east, grid('1-G3', []))).toMatchObject([{ kind: 'undrawn', codes: ['1-G3'] }]);
    expect(check(whole, grid('1-G3', []))).toEqual([]);
  });

  it('takes an enclave that is cut out of its neighbour for none of an overlap', () => {
    const ring: Polygon = [
      [106, 24],
      [106.004, 24],
      [106.004, 24.004],
      [106.006, 24.004],
      [106.006, 24.006],
      [106.004, 24.006],
      [106.004, 24],
      [106.01, 24],
      [106.01, 24.01],
      [106, 24.01],
      [106, 24],
    ];
    const enclave = grid('1-G2', [box(106.004, 24.004, 0.002, 0.002)]);
    expect(check(whole, grid('1-G1', [ring]), enclave)).toEqual([]);
  });
});

describe('the partition of random maps', () => {
  it('has no finding where they tile, also when the quick proof is of no use', () => {
    let exact = 0;
    fc.assert(
      fc.property(partition(), fc.boolean(), (grids, straight) => {
        // A corner left out of the parent's straight outline: the same ground, other stretches.
        const [parent, ...children] = grids as readonly [Grid, ...Grid[]];
        const ring = parent.boundary[0] ?? [];
        const thinned = { ...parent, boundary: [ring.filter((_, index) => index !== 1)] };
        const report = checkPartition([straight ? thinned : parent, ...children]);
        expect(report.findings).toEqual([]);
        exact += report.looked.exact;
      }),
      { seed: SEED, numRuns: 40 },
    );
    expect(exact).toBeGreaterThan(5);
    expect(exact).toBeLessThan(40);
  });

  it('shows every bite: a corner moved in one of its cells is an overlap, a gap or reaches beyond', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        lattice(),
        fc.nat(),
        fc.tuple(fc.integer({ min: 5, max: 20 }), fc.boolean()),
        (drawn, which, [size, inward]) => {
          const grids = gridsOf(drawn, 1);
          const child = 1 + (which % (grids.length - 1));
          const bitten = grids.map((one, index) =>
            index === child ? bite(one, (inward ? 1 : -1) * (size / 1_000)) : one,
          );
          const { findings } = checkPartition(bitten);
          for (const { kind } of findings) seen.add(kind);
          const kinds = findings.map(({ kind }) => kind);
          expect(kinds.length, JSON.stringify(drawn)).toBeGreaterThan(0);
          if (inward) expect(kinds).toContain('gap');
          else expect(kinds.some((kind) => kind === 'overlap' || kind === 'outside')).toBe(true);
        },
      ),
      { seed: SEED, numRuns: 40 },
    );
    expect([...seen].sort()).toEqual(expect.arrayContaining(['gap', 'outside', 'overlap']));
  });

  it('is drawn by corners that both neighbours share', () => {
    const drawn = { columns: 3, rows: 3, push: [0.1, -0.2, 0.3, 0, 0.1, -0.3, 0.2] };
    expect(cornerOf(drawn, 1, 1)).toEqual(cornerOf(drawn, 1, 1));
    expect(gridsOf(drawn, 1)).toHaveLength(10);
  });
});

/** All corners towards the middle, or away from it. */
function bite(one: Grid, by: number): Grid {
  const boundary = one.boundary.map((ring): Polygon => {
    const corners = ring.slice(0, -1);
    const middle = corners.reduce(([x, y], [a, b]) => [x + a / corners.length, y + b / corners.length] as const, [
      0, 0,
    ] as readonly [number, number]);
    return ring.map(([x, y]) => [x + (middle[0] - x) * by, y + (middle[1] - y) * by] as const);
  });
  return { ...one, boundary };
}
