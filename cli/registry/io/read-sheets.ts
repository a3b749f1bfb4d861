/** Files that a county has, as sheets: xlsx, CSV in UTF-8 or GB 18030 with whatever separator, GeoJSON. */
import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { parse } from 'csv-parse/sync';
import readXlsx from 'read-excel-file/node';
import { type Cell, type CellError, cellOf } from '#cli/registry/cell.ts';
import type { Sheet } from '#cli/registry/table.ts';
import { err, ok, type Result } from '#model/result.ts';

const refuse = (message: string, mend: string): Result<never, CellError> => err({ message, mend });
/** More is no county's table, and would only exhaust the memory. */
const MAX_BYTES = 100_000_000;

function readBytes(path: string): Result<Buffer, CellError> {
  try {
    const bytes = readFileSync(path);
    return bytes.length > MAX_BYTES ? refuse('is larger than 100 MB', 'split it') : ok(bytes);
  } catch (cause) {
    return refuse(`cannot be read (${cause instanceof Error ? cause.message : String(cause)})`, 'check the path');
  }
}

/** UTF-8 with or without a mark, else GB 18030, which old office programs write. */
export function decodeText(bytes: Uint8Array): Result<string, CellError> {
  for (const encoding of ['utf-8', 'gb18030'])
    try {
      return ok(new TextDecoder(encoding, { fatal: true }).decode(bytes).replace(/^\ufeff/, ''));
    } catch {
      // The next one.
    }
  return refuse('is neither UTF-8 nor GB 18030', 'save it as CSV UTF-8');
}

const SEPARATORS = [',', ';', '\t', '，'] as const;

/** The separator that the first lines have most of, outside quotes. */
function separatorOf(text: string): string {
  const head = text
    .split(/\r?\n/)
    .slice(0, 20)
    .join('\n')
    .replace(/"[^"]*"/g, '');
  const counts = SEPARATORS.map((each) => ({ each, count: head.split(each).length }));
  return counts.sort((a, b) => b.count - a.count)[0]?.each ?? ',';
}

type CsvRecord = { readonly record: readonly string[]; readonly info: { readonly lines: number } };

export function csvSheet(file: string, text: string): Result<Sheet, CellError> {
  // Excel's own hint for the separator is a line of the file.
  const hint = /^sep=(.)\r?\n/.exec(text);
  const delimiter = hint?.[1] ?? separatorOf(text);
  try {
    const records = parse(hint === null ? text : text.slice(hint[0].length), {
      ...{ delimiter, info: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: false },
    }) as unknown as readonly CsvRecord[];
    const first = hint === null ? 0 : 1;
    // A record is counted at its last line; what people see is where it begins.
    const lines = records.map(({ info, record }) => first + info.lines - (record.join('').split('\n').length - 1));
    const rows = records.map(({ record }) => record.map(cellOf));
    return ok({ file, sheet: null, rows, rowNumber: (index) => lines[index] ?? index + 1 });
  } catch (cause) {
    return refuse(`is no CSV (${cause instanceof Error ? cause.message : String(cause)})`, 'save it as CSV UTF-8');
  }
}

type Raw = string | boolean | Date | { readonly digits: string } | null | undefined;

const xlsxCell = (value: Raw): Cell => {
  if (value === null || value === undefined) return { kind: 'empty' };
  if (value instanceof Date) return { kind: 'date', day: value.toISOString().slice(0, 10) };
  if (typeof value === 'object') return { kind: 'number', text: value.digits };
  return cellOf(String(value));
};

async function xlsxSheets(path: string, file: string): Promise<Result<readonly Sheet[], CellError>> {
  try {
    const sheets = await readXlsx<{ readonly digits: string }>(path, {
      trim: false,
      parseNumber: (digits) => ({ digits }),
    });
    return ok(
      sheets.map(({ sheet, data }) => ({
        ...{ file, sheet, rowNumber: (index: number) => index + 1 },
        rows: data.map((row) => (row as readonly Raw[]).map(xlsxCell)),
      })),
    );
  } catch (cause) {
    return refuse(`is no xlsx (${cause instanceof Error ? cause.message : String(cause)})`, 'save it as .xlsx');
  }
}

export type Readable =
  | { readonly kind: 'sheets'; readonly sheets: readonly Sheet[] }
  | { readonly kind: 'geojson'; readonly text: string };

/** The file by its ending; `sheet` picks one of a workbook. */
export async function readSheets(path: string, sheet: string | undefined): Promise<Result<Readable, CellError>> {
  const file = basename(path);
  const ending = extname(path).toLowerCase();
  const bytes = readBytes(path);
  if (!bytes.ok) return bytes;
  if (ending === '.xls') return refuse('is an old .xls workbook', 'save it as .xlsx (另存为 xlsx)');
  if (ending === '.xlsx') {
    const read = await xlsxSheets(path, file);
    if (!read.ok) return read;
    const chosen = sheet === undefined ? read.value.slice(0, 1) : read.value.filter((one) => one.sheet === sheet);
    if (chosen.length === 0)
      return refuse(`has no sheet "${sheet ?? ''}"`, `use one of ${read.value.map((one) => one.sheet).join(', ')}`);
    return ok({ kind: 'sheets', sheets: chosen });
  }
  const text = decodeText(bytes.value);
  if (!text.ok) return text;
  if (ending === '.geojson' || ending === '.json') return ok({ kind: 'geojson', text: text.value });
  const csv = csvSheet(file, text.value);
  return csv.ok ? ok({ kind: 'sheets', sheets: [csv.value] }) : csv;
}
