/** The registry as targeting asks it: posts and shifts by grid, looked up instead of searched. Rebuilt with each registry. */
import type { DutyShift, GridCode, Person, Post, Registry } from '#model/registry.ts';

export type Holder = { readonly person: Person; readonly post: Post };

export type Directory = {
  readonly registry: Registry;
  readonly posts: ReadonlyMap<GridCode, readonly Holder[]>;
  readonly shifts: ReadonlyMap<GridCode, readonly DutyShift[]>;
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
  return { registry, posts, shifts };
}
