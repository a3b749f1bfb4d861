/**
 * The rows of a sheet as items of the county's files: each row is an item or a refusal that names its place and its mend.
 * What a table leaves out is filled in where it follows: a grid's kind and parent from its code, an id from what does not
 * change.
 */
import type { Cell, CellError } from '#cli/registry/cell.ts';
import { type Column, type Item, KINDS, type TableKind } from '#cli/registry/kinds.ts';
import type { References } from '#cli/registry/references.ts';
import { type Bound, columnLetter, type Sheet } from '#cli/registry/table.ts';
import { hashOf } from '#model/hash.ts';

export type Refusal = {
  readonly file: string;
  readonly sheet: string | null;
  readonly row: number;
  /** `C 电话`, or empty when it is the whole row. */
  readonly column: string;
  readonly message: string;
  readonly mend: string;
};
export type PlacedItem = { readonly item: Item; readonly row: number };
export type ReadItems = {
  readonly items: readonly PlacedItem[];
  readonly refusals: readonly Refusal[];
  /** What of a row that was taken is left out, told in the same way as a refusal. */
  readonly notes: readonly Refusal[];
};

type Fields = Map<string, unknown>;
const EMPTY: Cell = { kind: 'empty' };
const textField = (fields: Fields, name: string): string | undefined => {
  const value = fields.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** 6 digits a county, 9 a township, 12 a village (001–199 a community); a suffix -E… an enterprise, -G… or -Z… a group. */
export function kindOfCode(code: string): string | undefined {
  const suffix = /-([A-Z])\w*$/.exec(code)?.[1];
  if (suffix !== undefined)
    return suffix === 'E' ? 'enterprise' : suffix === 'G' || suffix === 'Z' ? 'group' : undefined;
  if (!/^\d+$/.test(code)) return undefined;
  if (code.length === 12) return Number(code.slice(9)) < 200 ? 'community' : 'village';
  return code.length === 9 ? 'township' : code.length === 6 ? 'county' : undefined;
}

export function parentOfCode(code: string): string | undefined {
  const cut = code.lastIndexOf('-');
  if (cut > 0) return code.slice(0, cut);
  return code.length === 12 ? code.slice(0, 9) : code.length === 9 ? code.slice(0, 6) : undefined;
}

const bilingual = (fields: Fields, name: string) => {
  const zh = textField(fields, `${name}.zh`);
  return zh === undefined ? undefined : { zh, en: textField(fields, `${name}.en`) ?? zh };
};

/** `wecom:zhangsan` as an entry. */
const accountsOf = (texts: readonly string[]) =>
  Object.fromEntries(texts.map((text) => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]));

const stableId = (prefix: string, ...parts: readonly unknown[]): string => `${prefix}-${hashOf(parts).slice(0, 12)}`;

function gridItem(fields: Fields): Item {
  const code = textField(fields, 'code') ?? '';
  const kind = fields.get('kind') ?? kindOfCode(code);
  const parent = textField(fields, 'parent') ?? (kind === 'county' ? undefined : parentOfCode(code));
  return { code, kind, parent: parent ?? null, name: bilingual(fields, 'name') };
}

function personItem(fields: Fields): Item | CellError {
  const [phone, ...others] = (fields.get('phones') ?? []) as readonly string[];
  const name = textField(fields, 'name');
  const [grid, post] = [textField(fields, 'grid'), textField(fields, 'post')];
  if ((grid === undefined) !== (post === undefined))
    return {
      message: grid === undefined ? 'a post without a grid' : 'a grid without a post',
      mend: 'fill in both, or leave both empty',
    };
  const accounts = fields.get('accounts') as readonly string[] | undefined;
  const wrong = accounts?.find((text) => text.indexOf(':') < 1);
  if (wrong !== undefined) return { message: 'an account is not "channel:name"', mend: 'write e.g. wecom:zhangsan' };
  return {
    ...{ id: textField(fields, 'id') ?? stableId('p', name, phone), name, phone },
    ...(others.length > 0 && { otherPhones: others }),
    ...(accounts !== undefined && accounts.length > 0 && { accounts: accountsOf(accounts) }),
    posts: grid === undefined ? [] : [{ grid, post }],
  };
}

function householdItem(fields: Fields): Item {
  const [phone] = (fields.get('phone') ?? []) as readonly string[];
  const [point, head] = [textField(fields, 'point'), textField(fields, 'head')];
  return { point, id: textField(fields, 'id') ?? stableId('h', point, head, phone), phone };
}

/** A household has one telephone here; a person has several. */
function leftOut(kind: TableKind, fields: Fields): CellError | undefined {
  const [, ...others] = kind === 'households' ? ((fields.get('phone') ?? []) as readonly string[]) : [];
  return others.length === 0
    ? undefined
    : {
        message: `a household has one telephone: ${others.join('、')} is left out`,
        mend: 'write first the number that is answered; the others belong with whoever calls the household',
      };
}

/** Fields that no assembly has its own idea about. */
const OWN: { readonly [K in TableKind]: readonly string[] } = {
  grids: ['code', 'kind', 'parent', 'name.zh', 'name.en'],
  people: ['id', 'phones', 'grid', 'post', 'accounts'],
  households: ['id', 'phone'],
  points: ['name.zh', 'name.en'],
  shelters: ['name.zh', 'name.en'],
  routes: ['name.zh', 'name.en', 'way.zh', 'way.en'],
};

function assemble(kind: TableKind, fields: Fields): Item | CellError {
  const plain = Object.fromEntries([...fields].filter(([name]) => !OWN[kind].includes(name)));
  switch (kind) {
    case 'grids':
      return { ...gridItem(fields), ...plain };
    case 'people': {
      const person = personItem(fields);
      return 'mend' in person ? person : { ...person, ...plain };
    }
    case 'households':
      return { ...householdItem(fields), ...plain };
    case 'points':
    case 'shelters':
      return { ...plain, name: bilingual(fields, 'name') };
    case 'routes':
      return { line: [], ...plain, name: bilingual(fields, 'name'), way: bilingual(fields, 'way') };
    default:
      return kind satisfies never;
  }
}

function checkPlace(fields: Fields): CellError | undefined {
  const [lon, lat] = [fields.get('lon'), fields.get('lat')];
  if (typeof lon !== 'number' || typeof lat !== 'number') return undefined;
  if (Math.abs(lon) > 180 || Math.abs(lat) > 90) {
    const exchanged = Math.abs(lat) <= 180 && Math.abs(lon) <= 90;
    return {
      message: `${lon}, ${lat} is no place in degrees`,
      mend: exchanged
        ? 'longitude and latitude look exchanged'
        : 'convert metres of a projection to degrees (CGCS2000 or WGS-84) first',
    };
  }
  return lon >= 3 && lon <= 54 && lat >= 73
    ? { message: `${lon}, ${lat} is far from here`, mend: 'longitude and latitude look exchanged' }
    : undefined;
}

type Row = { readonly fields: Fields } | { readonly at: Column | null; readonly error: CellError };

function readFields(cells: readonly Cell[], bound: Bound, references: References): Row {
  const fields: Fields = new Map();
  for (const { column, index } of bound.columns) {
    const cell = cells[index] ?? EMPTY;
    if (cell.kind === 'empty') {
      if (column.required !== true) continue;
      return { at: column, error: { message: 'is empty', mend: 'fill it in' } };
    }
    const read = column.read(cell);
    if (!read.ok) return { at: column, error: read.error };
    const known = column.ref === undefined ? read : references.find(column.ref, String(read.value));
    if (!known.ok) return { at: column, error: known.error };
    if (Array.isArray(known.value) && known.value.length === 0) continue;
    fields.set(column.field, known.value);
  }
  const place = checkPlace(fields);
  return place === undefined ? { fields } : { at: null, error: place };
}

/** Rows of one person with several posts are one person. */
function joinPosts(items: readonly PlacedItem[], refuse: (row: number, error: CellError) => void): PlacedItem[] {
  const byId = new Map<string, PlacedItem>();
  for (const { item, row } of items) {
    const id = String(item['id']);
    const known = byId.get(id);
    if (known === undefined) {
      byId.set(id, { item, row });
      continue;
    }
    const { posts, ...rest } = item;
    const { posts: before, ...same } = known.item;
    if (hashOf(rest) !== hashOf(same)) {
      refuse(row, {
        message: `"${id}" stands in row ${known.row} as somebody else`,
        mend: 'one person has one id, name and telephone in all his rows',
      });
      continue;
    }
    const all = [...(before as readonly unknown[]), ...(posts as readonly unknown[])];
    const unique = [...new Map(all.map((post) => [hashOf(post), post])).values()];
    byId.set(id, { item: { ...known.item, posts: unique }, row: known.row });
  }
  return [...byId.values()];
}

function refuseTwice(kind: TableKind, items: readonly PlacedItem[], refuse: (row: number, error: CellError) => void) {
  const seen = new Map<string, PlacedItem>();
  for (const placed of items) {
    const key = KINDS[kind].keyOf(placed.item);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, placed);
    else if (hashOf(first.item) !== hashOf(placed.item))
      refuse(placed.row, {
        message: `"${key}" stands in row ${first.row} already, with another content`,
        mend: 'remove one of the two rows, or give it another id',
      });
  }
  return [...seen.values()];
}

/** All rows below the headings; an empty row is no row. */
export function readItems(kind: TableKind, sheet: Sheet, bound: Bound, references: References): ReadItems {
  const refusals: Refusal[] = [];
  const notes: Refusal[] = [];
  const items: PlacedItem[] = [];
  const place = (row: number) => ({ file: sheet.file, sheet: sheet.sheet, row });
  const refuse = (row: number, error: CellError) => refusals.push({ ...place(row), column: '', ...error });
  sheet.rows.forEach((cells, index) => {
    if (index <= bound.headingRow || cells.every((cell) => cell.kind === 'empty')) return;
    const row = sheet.rowNumber(index);
    const read = readFields(cells, bound, references);
    if ('error' in read) {
      const here = bound.columns.find(({ column }) => column === read.at);
      const column = here === undefined ? '' : `${columnLetter(here.index)} ${here.heading}`;
      refusals.push({ ...place(row), column, ...read.error });
      return;
    }
    const left = leftOut(kind, read.fields);
    if (left !== undefined) notes.push({ ...place(row), column: '', ...left });
    const item = assemble(kind, read.fields);
    if ('mend' in item) refuse(row, item as CellError);
    else items.push({ item, row });
  });
  const joined = kind === 'people' ? joinPosts(items, refuse) : refuseTwice(kind, items, refuse);
  return { items: joined, refusals: refusals.sort((a, b) => a.row - b.row), notes };
}
