/** Random partitions of a square for property tests: a lattice with pushed corners, merged into grids that tile exactly. */
import fc from 'fast-check';
import type { Grid, Polygon } from '#model/registry.ts';

export type Lattice = { readonly columns: number; readonly rows: number; readonly push: readonly number[] };

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** A corner of the lattice in degrees; the outline of the square stays straight. */
export function cornerOf({ columns, rows, push }: Lattice, x: number, y: number): readonly [number, number] {
  const at = (x * 31 + y * 17) % push.length;
  const edge = x === 0 || y === 0 || x === columns || y === rows;
  const [dx, dy] = edge ? [0, 0] : [push[at] ?? 0, push[(at + 1) % push.length] ?? 0];
  return [rounded((x + dx) / columns), rounded((y + dy) / rows)];
}

const cell = (lattice: Lattice, x: number, y: number): Polygon => [
  cornerOf(lattice, x, y),
  cornerOf(lattice, x + 1, y),
  cornerOf(lattice, x + 1, y + 1),
  cornerOf(lattice, x, y + 1),
  cornerOf(lattice, x, y),
];

/** The square's outline with every corner that a cell has on it. */
function outline(lattice: Lattice): Polygon {
  const { columns, rows } = lattice;
  const ring: (readonly [number, number])[] = [];
  for (let x = 0; x < columns; x++) ring.push(cornerOf(lattice, x, 0));
  for (let y = 0; y < rows; y++) ring.push(cornerOf(lattice, columns, y));
  for (let x = columns; x > 0; x--) ring.push(cornerOf(lattice, x, rows));
  for (let y = rows; y > 0; y--) ring.push(cornerOf(lattice, 0, y));
  return [...ring, cornerOf(lattice, 0, 0)];
}

const named = (code: string, tier: 3 | 4, parent: string | null, boundary: readonly Polygon[]): Grid => ({
  ...{ code, tier, parent, boundary, kind: tier === 4 ? 'group' : 'village', name: { zh: code, en: code } },
});

/** The square `1` and its cells `1-G01` …, the first of which may be several squares apart. */
export function gridsOf(lattice: Lattice, merged: number): readonly Grid[] {
  const cells: Polygon[] = [];
  for (let y = 0; y < lattice.rows; y++) for (let x = 0; x < lattice.columns; x++) cells.push(cell(lattice, x, y));
  const [first, ...rest] = [cells.slice(0, merged), ...cells.slice(merged).map((ring) => [ring])];
  const children = [first, ...rest].map((boundary, index) =>
    named(`1-G${String(index + 1).padStart(2, '0')}`, 4, '1', boundary ?? []),
  );
  return [named('1', 3, null, [outline(lattice)]), ...children];
}

const PUSHES = fc.array(
  fc.integer({ min: -30, max: 30 }).map((value) => value / 100),
  { minLength: 7, maxLength: 13 },
);

export const lattice = (): fc.Arbitrary<Lattice> =>
  fc.record({ columns: fc.integer({ min: 2, max: 6 }), rows: fc.integer({ min: 2, max: 5 }), push: PUSHES });

export const partition = (): fc.Arbitrary<readonly Grid[]> =>
  fc.tuple(lattice(), fc.integer({ min: 1, max: 2 })).map(([drawn, merged]) => gridsOf(drawn, merged));
