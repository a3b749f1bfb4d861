/** Reads line after line with one function, and gathers what is wrong, with its line, instead of stopping at the first. */
import { err, type Lint, ok, type Result } from '#model/result.ts';
import { lintAt, MAX_LINTS, type RecordedRow, type TextLine } from '#simulators/recorded/series.ts';

export type ReadRow = RecordedRow & { readonly line: number };
/** A row, nothing (the line bears none), or what is wrong with it. */
export type LineReader<T> = (line: string, number: number) => T | null | { readonly wrong: string };

/** What every line bears, whatever that is; `wrong` is kept for what is wrong. */
export function readLines<T extends object>(
  file: string,
  lines: readonly TextLine[],
  read: LineReader<T>,
): Result<readonly T[], readonly Lint[]> {
  const rows: T[] = [];
  const lints: Lint[] = [];
  for (const { number, text } of lines) {
    const got = read(text, number);
    if (got === null) continue;
    if ('wrong' in got) lints.push(lintAt(file, number, String(got.wrong)));
    else rows.push(got);
    if (lints.length >= MAX_LINTS) break;
  }
  if (lints.length > 0) return err(lints);
  return rows.length > 0 ? ok(rows) : err([lintAt(file, 0, 'no rows')]);
}

/** Null, or whole steps that a number holds exactly. */
export const isCountable = (value: number | null): boolean => value === null || Number.isSafeInteger(value);

export const readRows = (
  file: string,
  lines: readonly TextLine[],
  read: LineReader<RecordedRow>,
): Result<readonly ReadRow[], readonly Lint[]> =>
  readLines<ReadRow>(file, lines, (line, number) => {
    const got = read(line, number);
    if (got === null || 'wrong' in got) return got;
    return isCountable(got.value) ? { ...got, line: number } : { wrong: 'the value is out of all bounds' };
  });

export const plainRows = (rows: readonly ReadRow[]): readonly RecordedRow[] =>
  rows.map(({ line: _line, ...row }) => row);
