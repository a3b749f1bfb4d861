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

/** Every item of a kind in all files of the county. */
export function existingItems(kind: ImportKind, files: Files): readonly Existing[] {
  const out: Existing[] = [];
  for (const [file, text] of [...files].filter(([name]) => isCountyFile(name)).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const lints: Lint[] = [];
    const about =
      kind === 'boundaries'
        ? /^grids[./].*geojson$/
        : kind === 'households'
          ? /^(households|points)[./]/
          : RegExp(`^${kind}[./]`);
    if (!about.test(file)) continue;
    const source = openSource(file, text, lints);
    for (const { path, item } of itemsIn(kind, file, source.value))
      out.push({ key: keyOf(kind, item), item, file, place: () => placeIn(source, lints, path) });
  }
  return out;
}

const namesOf = (item: Item, field: string): readonly string[] => {
  const value = item[field];
  if (typeof value === 'string') return [value];
  return isItem(value) ? Object.values(value).filter((name) => typeof name === 'string') : [];
};

/** Ids and names of what a table may refer to. */
export function namedItems(
  kind: 'grids' | 'people' | 'points' | 'shelters' | 'routes',
  files: Files,
): readonly Named[] {
  return existingItems(kind, files).map(({ key, item }) => ({ id: key, names: namesOf(item, 'name') }));
}
