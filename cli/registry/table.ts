/** A sheet as rows of cells, and which of its columns is which field: the heading row is found below titles. */
import type { Cell } from '#cli/registry/cell.ts';
import { textOf } from '#cli/registry/cell.ts';
import type { Column } from '#cli/registry/kinds.ts';

export type Sheet = {
  readonly file: string;
  /** Null in a file without sheets. */
  readonly sheet: string | null;
  readonly rows: readonly (readonly Cell[])[];
  /** The row's number in the file, counted from 1, by its index in `rows`. */
  readonly rowNumber: (index: number) => number;
};

/** Headings without spaces, brackets, stars and case: `经度（度）*` is 经度. */
export const plainHeading = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/\([^)]*\)|\[[^\]]*\]/g, '')
    .replace(/[\s*:：]+/g, '')
    .toLowerCase();

/** `A`, `B` … `AA` as spreadsheets name their columns. */
export function columnLetter(index: number): string {
  const rest = index % 26;
  const letter = String.fromCharCode(65 + rest);
  return index < 26 ? letter : columnLetter((index - rest) / 26 - 1) + letter;
}

export type Bound = {
  readonly headingRow: number;
  /** The column of a field by its index. */
  readonly columns: readonly { readonly column: Column; readonly index: number; readonly heading: string }[];
  /** Headings that mean nothing here. */
  readonly unknown: readonly string[];
};

/** A title, an empty row and a remark may stand above the headings. */
const LOOK_AT_ROWS = 15;

/** A county's own headings by field, from a map file. */
export type HeadingMap = { readonly [field: string]: string };

function bindRow(row: readonly Cell[], columns: readonly Column[], own: HeadingMap) {
  const headings = row.map((cell) => plainHeading(textOf(cell)));
  const taken = new Set<number>();
  const bound: { column: Column; index: number; heading: string }[] = [];
  for (const column of columns) {
    const mapped = own[column.field];
    const names = mapped === undefined ? column.headings : [mapped];
    const index = names
      .map((name) => headings.findIndex((heading, at) => heading === plainHeading(name) && !taken.has(at)))
      .find((at) => at >= 0);
    if (index === undefined) continue;
    taken.add(index);
    bound.push({ column, index, heading: textOf(row[index] ?? { kind: 'empty' }) });
  }
  return { bound, unknown: row.map(textOf).filter((text, index) => text !== '' && !taken.has(index)) };
}

/** The row that names most columns, if it names all that are required; otherwise which are missing there. */
export function bindColumns(
  sheet: Sheet,
  columns: readonly Column[],
  own: HeadingMap,
): { readonly ok: true; readonly value: Bound } | { readonly ok: false; readonly missing: readonly Column[] } {
  let best: (ReturnType<typeof bindRow> & { readonly headingRow: number }) | undefined;
  sheet.rows.slice(0, LOOK_AT_ROWS).forEach((row, headingRow) => {
    const found = bindRow(row, columns, own);
    if (best === undefined || found.bound.length > best.bound.length) best = { ...found, headingRow };
  });
  const has = new Set(best?.bound.map(({ column }) => column));
  const missing = columns.filter((column) => column.required === true && !has.has(column));
  if (best === undefined || missing.length > 0) return { ok: false, missing };
  return { ok: true, value: { headingRow: best.headingRow, columns: best.bound, unknown: best.unknown } };
}
