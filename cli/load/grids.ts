/** Grids and their boundaries: the tree by parent, codes by prefix, rings from GeoJSON. */

import type { z } from 'zod';
import { bindShapes } from '#cli/load/boundaries.ts';
import { gridSchema } from '#cli/load/schemas.ts';
import { type Item, type Path, parseList, type Source } from '#cli/load/source.ts';
import { TIER_OF_KIND } from '#cli/load/words.ts';
import type { Grid, GridCode, Polygon } from '#model/registry.ts';

export type BoundGrids = {
  readonly grids: ReadonlyMap<GridCode, Grid>;
  /** Codes that some file declares, also those of items with findings. */
  readonly declared: ReadonlySet<string>;
  /** The path of a grid in `byCode`. */
  readonly pathOf: (code: GridCode) => Path;
  /** Takes findings about a grid, whichever file it stands in: the path begins with its code. */
  readonly byCode: Source;
};

type Row = Item<z.infer<typeof gridSchema>> & { readonly source: Source };
type Rows = ReadonlyMap<string, Row>;

function checkParent({ source, path, value }: Row, byCode: Rows, declared: ReadonlySet<string>) {
  const { code, kind, parent } = value;
  const at = [...path, 'parent'];
  if (kind === 'county') {
    if (parent !== null)
      source.find(at, { kind: 'parent', message: 'the county has no parent', mend: 'remove the line' });
    return;
  }
  if (parent === null) {
    const mend = 'add "parent:" with the code of the grid above';
    source.find(path, { kind: 'missing', message: `grid "${code}" has no parent`, mend });
    return;
  }
  if (!declared.has(parent)) {
    const mend = 'add that grid, or mend the code';
    source.find(at, { kind: 'unknown-grid', message: `there is no grid "${parent}"`, mend });
    return;
  }
  if (!code.startsWith(parent) || code === parent) {
    const mend = `a code below "${parent}" begins with "${parent}"; mend the code or the parent`;
    source.find([...path, 'code'], {
      kind: 'prefix',
      message: `code "${code}" does not begin with its parent's`,
      mend,
    });
  }
  const above = byCode.get(parent)?.value;
  if (above !== undefined && TIER_OF_KIND[above.kind] !== TIER_OF_KIND[kind] - 1) {
    const mend = 'county → township or park → village, community or enterprise → group';
    source.find(at, { kind: 'tier', message: `a ${kind} cannot stand below a ${above.kind}`, mend });
  }
}

/** Findings by a grid's code, laid at the row that declares it; without one, at the head of the first file. */
function findByCode(first: Source, rows: Rows): Source {
  return {
    file: first.file,
    value: first.value,
    find: ([code, ...rest], finding) => {
      const row = rows.get(String(code));
      if (row === undefined) first.find(['grids'], finding);
      else row.source.find([...row.path, ...rest], finding);
    },
  };
}

/** What replaces a code must exist, and must not be the code itself. */
function checkValidity({ source, path, value }: Row, declared: ReadonlySet<string>): void {
  const { code, validFrom, validTo, successor } = value;
  if (validFrom !== undefined && validTo !== undefined && validTo <= validFrom)
    source.find([...path, 'validTo'], {
      kind: 'validity',
      message: `grid "${code}" ceases on ${validTo}, before it begins on ${validFrom}`,
      mend: 'mend one of the two days',
    });
  if (successor === undefined) return;
  const at = [...path, 'successor'];
  if (!declared.has(successor) || successor === code)
    source.find(at, {
      kind: 'unknown-grid',
      message: `grid "${code}" was replaced by "${successor}", which ${successor === code ? 'is itself' : 'does not exist'}`,
      mend: 'mend the code, or add that grid',
    });
  else if (validTo === undefined)
    source.find(at, {
      kind: 'validity',
      message: `grid "${code}" has a successor but does not cease to be in force`,
      mend: 'add "validTo:" with the first day on which the code is not in force any more',
    });
}

function checkCountyCode(first: Source, rows: readonly Row[], countyCode: string | undefined): void {
  if (countyCode === undefined) return;
  const counties = rows.filter(({ value }) => value.kind === 'county');
  for (const { source, path, value } of counties)
    if (value.code !== countyCode)
      source.find([...path, 'code'], {
        kind: 'county',
        message: `the county here is "${value.code}", in county.yaml it is "${countyCode}"`,
        mend: 'write the same code in both files',
      });
  if (first.value !== undefined && counties.length === 0)
    first.find(['grids'], {
      kind: 'county',
      message: 'no grid is of kind "county"',
      mend: `add the grid "${countyCode}"`,
    });
}

const gridOf = (row: z.infer<typeof gridSchema>, boundary: readonly Polygon[]): Grid => {
  const { code, kind, name, parent, validFrom, validTo, successor } = row;
  return {
    ...{ code, kind, name, parent, tier: TIER_OF_KIND[kind], boundary },
    ...(validFrom !== undefined && { validFrom }),
    ...(validTo !== undefined && { validTo }),
    ...(successor !== undefined && { successor }),
  };
};

/** Reads the grids and the boundaries of all files into a tree whose every node can be walked up to the county. */
export function bindGrids(
  sources: readonly [Source, ...Source[]],
  shapes: readonly Source[],
  countyCode: string | undefined,
): BoundGrids {
  const declared = new Set<string>();
  const rows: Row[] = [];
  for (const source of sources)
    for (const item of parseList(source, 'grids', gridSchema, 'code', declared)) rows.push({ ...item, source });
  const byCode = new Map(rows.map((row) => [row.value.code, row]));
  for (const row of rows) {
    checkParent(row, byCode, declared);
    checkValidity(row, declared);
  }
  checkCountyCode(sources[0], rows, countyCode);
  const rings = bindShapes(shapes, declared);
  const grids = new Map(rows.map(({ value }) => [value.code, gridOf(value, rings.get(value.code) ?? [])]));
  const found = findByCode(sources[0], byCode);
  return { grids, declared, pathOf: (code) => [code], byCode: found };
}
