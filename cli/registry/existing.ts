/** What the county's files hold already, item by item, with the file and the line where each stands. */
import { isCountyFile } from '#cli/load/county.ts';
import { openSource, type Path, type Source } from '#cli/load/source.ts';
import { type ImportKind, type Item, KINDS } from '#cli/registry/kinds.ts';
import type { Named } from '#cli/registry/references.ts';
import type { Lint } from '#model/result.ts';

export type Existing = {
  readonly key: string;
  readonly item: Item;
  readonly file: string;
  /** `people.yaml:12:5`, worked out when somebody asks. */
  readonly place: () => string;
};

type Files = ReadonlyMap<string, string>;

const listOf = (value: unknown, name: string): readonly unknown[] => {
  const list = typeof value === 'object' && value !== null ? (value as Item)[name] : undefined;
  return Array.isArray(list) ? list : [];
};
const isItem = (raw: unknown): raw is Item => typeof raw === 'object' && raw !== null;

function placeIn(source: Source, lints: readonly Lint[], path: Path): string {
  source.find(path, { kind: 'place', message: '' });
  const { line = 0, column = 0 } = lints.at(-1) ?? {};
  return line === 0 ? source.file : `${source.file}:${line}:${column}`;
}

/** The families of files in which items of a kind may stand, and where in a file. */
function itemsIn(
  kind: ImportKind,
  file: string,
  value: unknown,
): readonly { readonly path: Path; readonly item: Item }[] {
  const geo = file.endsWith('.geojson');
  if (kind === 'boundaries')
    return geo
      ? listOf(value, 'features').flatMap((raw, index) => {
          const feature = raw as { readonly properties?: Item; readonly geometry?: unknown } | null;
          const code = feature?.properties?.['code'];
          const path = ['features', index];
          return code === undefined ? [] : [{ path, item: { code, geometry: feature?.geometry } }];
        })
      : [];
  if (geo) return [];
  if (kind === 'households' && /^points[./]/.test(file))
    return listOf(value, 'points').flatMap((point, at) =>
      listOf(point, 'households').flatMap((raw, index) => {
        const path = ['points', at, 'households', index];
        return isItem(raw) && isItem(point) ? [{ path, item: { point: point['id'], ...raw } }] : [];
      }),
    );
  if (!file.startsWith(`${kind}.`) && !file.startsWith(`${kind}/`)) return [];
  return listOf(value, kind).flatMap((raw, index) => (isItem(raw) ? [{ path: [kind, index], item: raw }] : []));
}

export const keyOf = (kind: ImportKind, item: Item): string =>
  kind === 'boundaries' ? String(item['code']) : KINDS[kind].keyOf(item);

const ABOUT: { readonly [K in ImportKind]: RegExp } = {
  grids: /^grids[./].*(yaml|json)$/,
  boundaries: /^grids[./].*geojson$/,
  people: /^people[./]/,
  households: /^(households|points)[./]/,
  points: /^points[./]/,
  shelters: /^shelters[./]/,
  routes: /^routes[./]/,
};

/** The county's items by kind; each file is parsed once, however often it is asked for. */
export type ExistingItems = (kind: ImportKind) => readonly Existing[];

export function openExisting(files: Files): ExistingItems {
  const names = [...files.keys()].filter(isCountyFile).sort();
  const parsed = new Map<string, { readonly source: Source; readonly lints: Lint[] }>();
  const open = (file: string) => {
    const known = parsed.get(file);
    if (known !== undefined) return known;
    const lints: Lint[] = [];
    const opened = { source: openSource(file, files.get(file) ?? '', lints), lints };
    parsed.set(file, opened);
    return opened;
  };
  return (kind) =>
    names
      .filter((file) => ABOUT[kind].test(file) && (kind !== 'grids' || !file.endsWith('.geojson')))
      .flatMap((file) => {
        const { source, lints } = open(file);
        return itemsIn(kind, file, source.value).map(({ path, item }) => ({
          ...{ key: keyOf(kind, item), item, file },
          place: () => placeIn(source, lints, path),
        }));
      });
}

const namesOf = (item: Item, field: string): readonly string[] => {
  const value = item[field];
  if (typeof value === 'string') return [value];
  return isItem(value) ? Object.values(value).filter((name) => typeof name === 'string') : [];
};

/** Ids and names of what a table may refer to. */
export const namedItems = (existing: ExistingItems, kind: ImportKind): readonly Named[] =>
  existing(kind).map(({ key, item }) => ({ id: key, names: namesOf(item, 'name') }));
