/** The registry as targeting asks it: posts, shifts, teams and children by grid, looked up instead of searched. */
import type { DutyShift, Grid, GridCode, Person, Post, Registry, Team } from '#model/registry.ts';

export type Holder = { readonly person: Person; readonly post: Post };

/** Rebuilt with each registry. */
export type Directory = {
  readonly registry: Registry;
  readonly posts: ReadonlyMap<GridCode, readonly Holder[]>;
  readonly shifts: ReadonlyMap<GridCode, readonly DutyShift[]>;
  readonly children: ReadonlyMap<GridCode, readonly Grid[]>;
  /** Teams by each grid that they cover. */
  readonly teams: ReadonlyMap<GridCode, readonly Team[]>;
};

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

export function indexRegistry(registry: Registry): Directory {
  const posts = new Map<GridCode, Holder[]>();
  for (const person of registry.people.values())
    for (const { gridCode, post } of person.posts) push(posts, gridCode, { person, post });
  const shifts = new Map<GridCode, DutyShift[]>();
  for (const shift of registry.duty) push(shifts, shift.gridCode, shift);
  for (const list of shifts.values()) list.sort((x, y) => x.fromMs - y.fromMs);
  const children = new Map<GridCode, Grid[]>();
  for (const grid of registry.grids.values()) if (grid.parent !== null) push(children, grid.parent, grid);
  const teams = new Map<GridCode, Team[]>();
  for (const team of registry.teams ?? []) for (const code of new Set(team.covers)) push(teams, code, team);
  return { registry, posts, shifts, children, teams };
}
