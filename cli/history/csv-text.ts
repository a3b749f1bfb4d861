/** Cells of a CSV file that spreadsheets open: UTF-8 with a mark in front, quoted where needed, no cell a formula. */

/** Excel takes a file without it for the machine's old code page, and shows Chinese as signs. */
export const BOM = '\uFEFF';
export const LINE_END = '\r\n';

const RISKY = /^[=+\-@\t]/;
const QUOTED = /[",]/;

/** Words of people; a cell that begins like a formula gets an apostrophe in front, which `readCell` takes off again. */
export function textCell(text: string): string {
  const line = text.replace(/[\r\n]+/g, ' ');
  const safe = RISKY.test(line) ? `'${line}` : line;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const readCell = (cell: string): string => (/^'[=+\-@\t]/.test(cell) ? cell.slice(1) : cell);

/** The cells of one line that has no line end within its quotes; undefined when a quote is not closed. */
export function splitLine(line: string): string[] | undefined {
  const cells: string[] = [];
  let at = 0;
  while (at <= line.length) {
    if (line[at] !== '"') {
      const end = line.indexOf(',', at);
      cells.push(line.slice(at, end < 0 ? line.length : end));
      if (end < 0) return cells;
      at = end + 1;
      continue;
    }
    let cell = '';
    for (at++; ; at++) {
      if (at >= line.length) return undefined;
      if (line[at] !== '"') cell += line[at];
      else if (line[at + 1] === '"') {
        cell += '"';
        at++;
      } else break;
    }
    cells.push(cell);
    at++;
    if (at >= line.length) return cells;
    if (line[at] !== ',') return undefined;
    at++;
  }
  return cells;
}
