/** A table as a file: xlsx with every text marked as text, or CSV with the mark by which office programs know UTF-8. */
import { stringify } from 'csv-stringify/sync';
import writeXlsx from 'write-excel-file/node';
import type { Table } from '#cli/registry/export-rows.ts';

export const csvText = ({ headings, rows }: Table): string => `\ufeff${stringify([headings, ...rows])}`;

/** Texts keep their digits: a code in a column of numbers would become 4.51E+11. */
export async function xlsxBytes({ headings, rows }: Table, sheet: string): Promise<Buffer> {
  const head = headings.map((value) => ({ value, type: String, fontWeight: 'bold' as const }));
  const body = rows.map((row) =>
    row.map((value) =>
      value === '' ? null : typeof value === 'number' ? { value, type: Number } : { value, type: String, format: '@' },
    ),
  );
  const columns = headings.map((heading) => ({ width: Math.max(12, heading.length * 3) }));
  return writeXlsx([head, ...body], { sheet, columns, stickyRowsCount: 1 }).toBuffer();
}
