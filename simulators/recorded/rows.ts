/** Reads line after line with one function, and gathers what is wrong, with its line, instead of stopping at the first. */
import { err, type Lint, ok, type Result } from '#model/result.ts';
import { lintAt, MAX_LINTS, type RecordedRow, type TextLine } from '#simulators/recorded/series.ts';

export type ReadRow = RecordedRow & { readonly line: number };
/** A row, nothing (the line bears none), or what is wrong with it. */
export type LineReader = (line: string) => RecordedRow | null | { readonly wrong: string };

export function readRows(
  file: string,
  lines: readonly TextLine[],
  read: LineReader,
): Result<readonly ReadRow[], readonly Lint[]> {
  const rows: ReadRow[] = [];
  const lints: Lint[] = [];
  for (const { number, text } of lines) {
    const got = read(text);
    if (got === null) continue;
    if ('wrong' in got) lints.push(lintAt(file, number, got.wrong));
    else rows.push({ ...got, line: number });
    if (lints.length >= MAX_LINTS) break;
  }
  if (lints.length > 0) return err(lints);
  return rows.length > 0 ? ok(rows) : err([lintAt(file, 0, 'no rows')]);
}

export const plainRows = (rows: readonly ReadRow[]): readonly RecordedRow[] =>
  rows.map(({ atMs, value }) => ({ atMs, value }));
