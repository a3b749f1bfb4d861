/** What a table names by a person's or a place's name, as ids: exact ids first, then a name that only one bears. */
import type { CellError } from '#cli/registry/cell.ts';
import type { TableKind } from '#cli/registry/kinds.ts';
import { err, ok, type Result } from '#model/result.ts';

export type References = { readonly find: (kind: TableKind, text: string) => Result<string, CellError> };

export type Named = { readonly id: string; readonly names: readonly string[] };

const WHAT: { readonly [K in TableKind]: string } = {
  grids: 'grid',
  people: 'person',
  households: 'household',
  points: 'point',
  shelters: 'shelter',
  routes: 'route',
};

export function openReferences(known: { readonly [K in TableKind]?: readonly Named[] }): References {
  const ids = new Map<TableKind, ReadonlySet<string>>();
  const names = new Map<TableKind, Map<string, string[]>>();
  for (const [kind, list = []] of Object.entries(known) as [TableKind, readonly Named[] | undefined][]) {
    ids.set(kind, new Set(list.map(({ id }) => id)));
    const byName = new Map<string, string[]>();
    for (const { id, names: all } of list)
      for (const name of new Set(all)) byName.set(name, [...(byName.get(name) ?? []), id]);
    names.set(kind, byName);
  }
  return {
    find: (kind, raw) => {
      const text = raw.trim();
      const folded = text.normalize('NFKC').replace(/\s+/g, '');
      if (ids.get(kind)?.has(folded)) return ok(folded);
      const found = names.get(kind)?.get(text) ?? [];
      if (found.length === 1) return ok(found[0] ?? '');
      if (found.length > 1)
        return err({
          message: `${found.length} ${WHAT[kind]}s are called "${text}"`,
          mend: `write one of ${found.slice(0, 6).join(', ')}`,
        });
      // Something that looks like an id is left to the check of the county, which names what is missing.
      if (/^[A-Za-z0-9_-]{1,64}$/.test(folded)) return ok(folded);
      return err({ message: `no ${WHAT[kind]} is called "${text}"`, mend: 'write its id, or import it first' });
    },
  };
}
