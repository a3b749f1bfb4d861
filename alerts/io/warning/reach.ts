/** Puts an area's alert on the list of everybody whose grids it touches: those above them, and those below. */
import type { DatabaseSync } from 'node:sqlite';
import type { Alert } from '#model/alert.ts';
import { ancestry, type GridCode, type Registry } from '#model/registry.ts';
import type { WarningArea } from '#model/warning.ts';

function childrenOf(registry: Registry): ReadonlyMap<GridCode, readonly GridCode[]> {
  const children = new Map<GridCode, GridCode[]>();
  for (const { code, parent } of registry.grids.values())
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), code]);
  return children;
}

/** `/code/code/…/`: the touched grids with all above and all below them. */
export function pathOf(codes: readonly GridCode[], registry: Registry): string {
  const children = childrenOf(registry);
  const all = new Set<GridCode>([registry.county.code]);
  const down = (code: GridCode): void => {
    all.add(code);
    for (const child of children.get(code) ?? []) if (!all.has(child)) down(child);
  };
  for (const code of codes) {
    down(code);
    for (const upper of ancestry(registry, code)) all.add(upper.code);
  }
  return `/${[...all].join('/')}/`;
}

/** The path changes seldom; the alert's row is written at every answer. */
export function openReach(db: DatabaseSync) {
  const put = db.prepare('UPDATE alerts SET grid_path = ? WHERE id = ?');
  let last: { readonly registry: Registry; readonly name: string; readonly path: string } | undefined;
  return (alert: Alert, areas: readonly WarningArea[], registry: Registry): void => {
    const codes = areas.map(({ gridCode }) => gridCode);
    const name = codes.join('/');
    if (last === undefined || last.registry !== registry || last.name !== name)
      last = { registry, name, path: pathOf(codes, registry) };
    put.run(last.path, alert.id);
  };
}
