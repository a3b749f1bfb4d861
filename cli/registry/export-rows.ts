/** The items of a kind as the rows of a table that an import reads back to the same items. */
import { guardText } from '#cli/registry/cell.ts';
import { type Item, KINDS, type OutCell, type TableKind } from '#cli/registry/kinds.ts';

const fieldOf = (item: Item, path: string): unknown => {
  const [first = '', second] = path.split('.');
  const value = item[first];
  return second === undefined ? value : (value as Item | undefined)?.[second];
};

/** What the columns of a kind read: a person once for each post, telephones in one cell. */
function rowItems(kind: TableKind, item: Item): readonly Item[] {
  if (kind === 'households') return [{ ...item, phone: [item['phone']] }];
  if (kind !== 'people') return [item];
  const phones = [item['phone'], ...((item['otherPhones'] as readonly unknown[] | undefined) ?? [])];
  const entries = Object.entries((item['accounts'] ?? {}) as { readonly [channel: string]: string });
  const accounts = entries.map(([channel, name]) => `${channel}:${name}`);
  const person = { ...item, phones, accounts };
  const posts = (item['posts'] ?? []) as readonly Item[];
  return posts.length === 0 ? [person] : posts.map((post) => ({ ...person, ...post }));
}

export type Table = { readonly headings: readonly string[]; readonly rows: readonly (readonly OutCell[])[] };

/** A table with every column of the kind; text that a spreadsheet would take for a formula is marked. */
export function tableOf(kind: TableKind, items: readonly Item[]): Table {
  const { columns, schema } = KINDS[kind];
  const rows = items.flatMap((raw) => {
    const parsed = schema.safeParse(raw);
    const item = parsed.success ? (parsed.data as Item) : raw;
    return rowItems(kind, item).map((row) =>
      columns.map((column): OutCell => {
        const value = fieldOf(row, column.field);
        const cell = value === undefined || value === null ? '' : column.write(value);
        return typeof cell === 'string' ? guardText(cell) : cell;
      }),
    );
  });
  return { headings: columns.map(({ headings }) => headings[0]), rows };
}

/** Items that have a place, as GeoJSON with the same headings for their properties. */
export function featuresOf(kind: 'points' | 'shelters' | 'routes', items: readonly Item[]): string {
  const { headings, rows } = tableOf(kind, items);
  const features = rows.map((row, index) => {
    const item = items[index] ?? {};
    const geometry =
      kind === 'routes'
        ? { type: 'LineString', coordinates: item['line'] ?? [] }
        : { type: 'Point', coordinates: [item['lon'], item['lat']] };
    const shape = new Set(['经度', '纬度', '坐标']);
    const properties = Object.fromEntries(
      headings.flatMap((name, at) => (shape.has(name) || row[at] === '' ? [] : [[name, row[at]] as const])),
    );
    const drawn = kind !== 'routes' || ((item['line'] ?? []) as readonly unknown[]).length > 0;
    return JSON.stringify({ type: 'Feature', properties, geometry: drawn ? geometry : null });
  });
  return `{"type":"FeatureCollection","features":[\n${features.join(',\n')}\n]}\n`;
}
