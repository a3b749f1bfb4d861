/** The first line of a recording as CSV: which column is what, and what separates them. */
export const COLUMN_ROLES = ['time', 'sensor', 'value', 'quantity', 'unit', 'quality'] as const;
export type ColumnRole = (typeof COLUMN_ROLES)[number];

export type CsvHeader = {
  /** Character code. */
  readonly separator: number;
  /** Index of each role's column; -1 where there is none. */
  readonly place: { readonly [role in ColumnRole]: number };
  readonly columns: number;
};

const SEPARATORS = [',', ';', '\t'] as const;

/** Fields of one line; a quoted field may hold the separator and doubled quotes. */
export function splitFields(line: string, separator: string): readonly string[] {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let field = '';
    const lead = / *"/y;
    lead.lastIndex = at;
    if (lead.test(line)) {
      at = lead.lastIndex;
      for (;;) {
        const close = line.indexOf('"', at);
        if (close < 0) return [...fields, field + line.slice(at)];
        field += line.slice(at, close);
        at = close + 1;
        if (line[at] !== '"') break;
        field += '"';
        at++;
      }
      const end = line.indexOf(separator, at);
      at = end < 0 ? line.length : end;
    } else {
      const end = line.indexOf(separator, at);
      field = line.slice(at, end < 0 ? line.length : end);
      at = end < 0 ? line.length : end;
    }
    fields.push(field.trim());
    if (at >= line.length) return fields;
    at += 1;
    if (at === line.length) return [...fields, ''];
  }
}

/** Undefined when it is no header of ours: one with `time`, `sensor` and `value`, in any order, among any others. */
export function readHeader(firstLine: string): CsvHeader | undefined {
  const line = firstLine.replace(/^\uFEFF/, '').replace(/\r$/, '');
  for (const separator of SEPARATORS) {
    const names = splitFields(line, separator).map((name) => name.toLowerCase());
    const place = Object.fromEntries(COLUMN_ROLES.map((role) => [role, names.indexOf(role)])) as CsvHeader['place'];
    if (place.time < 0 || place.sensor < 0 || place.value < 0) continue;
    return { separator: separator.charCodeAt(0), place, columns: names.length };
  }
  return undefined;
}
