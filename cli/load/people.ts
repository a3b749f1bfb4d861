/** People and their posts: who holds what, and which grid lacks whom. */
import type { BoundGrids } from '#cli/load/grids.ts';
import { personSchema } from '#cli/load/schemas.ts';
import { parseList, type Source } from '#cli/load/source.ts';
import { NEEDED_POSTS, POST_ZH } from '#cli/load/words.ts';
import type { Person, PersonId } from '#model/registry.ts';

export type BoundPeople = { readonly people: ReadonlyMap<PersonId, Person>; readonly declared: ReadonlySet<string> };

/** Reads the people of all files; `gridSource` takes the warnings about posts that nobody holds. */
export function bindPeople(sources: readonly Source[], bound: BoundGrids, gridSource: Source): BoundPeople {
  const declared = new Set<string>();
  const people = new Map<PersonId, Person>();
  const held = new Set<string>();
  for (const source of sources) {
    for (const { path, value } of parseList(source, 'people', personSchema, 'id', declared)) {
      value.posts.forEach(({ grid, post }, index) => {
        held.add(`${grid} ${post}`);
        if (bound.declared.has(grid)) return;
        const mend = 'mend the code, or add the grid to grids.yaml';
        source.find([...path, 'posts', index, 'grid'], {
          kind: 'unknown-grid',
          message: `${value.name} has a post in grid "${grid}", which does not exist`,
          mend,
        });
      });
      const posts = value.posts.map(({ grid, post }) => ({ gridCode: grid, post }));
      people.set(value.id, { id: value.id, name: value.name, phone: value.phone, posts });
    }
  }
  for (const grid of bound.grids.values())
    for (const post of NEEDED_POSTS[grid.tier])
      if (!held.has(`${grid.code} ${post}`))
        gridSource.find(bound.pathOf(grid.code), {
          kind: 'vacant-post',
          message: `nobody is ${post} (${POST_ZH[post]}) of "${grid.code}" ${grid.name.zh}`,
          mend: `give somebody in people.yaml the post { grid: "${grid.code}", post: ${post} }`,
          severity: 'warning',
        });
  return { people, declared };
}
