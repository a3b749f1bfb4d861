/** People and their posts: who holds what, and which grid lacks whom. */
import type { z } from 'zod';
import type { BoundGrids } from '#cli/load/grids.ts';
import { personSchema } from '#cli/load/schemas.ts';
import { type Path, parseList, type Source } from '#cli/load/source.ts';
import { NEEDED_POSTS, POST_ZH } from '#cli/load/words.ts';
import { type Grid, isInForce, type Person, type PersonId } from '#model/registry.ts';

export type BoundPeople = { readonly people: ReadonlyMap<PersonId, Person>; readonly declared: ReadonlySet<string> };

function personOf(row: z.infer<typeof personSchema>): Person {
  const { id, name, phone, otherPhones, email, accounts } = row;
  return {
    ...{ id, name, phone, posts: row.posts.map(({ grid, post }) => ({ gridCode: grid, post })) },
    ...(otherPhones !== undefined && { otherPhones }),
    ...(email !== undefined && { email }),
    ...(accounts !== undefined && { accounts }),
  };
}

/** Posts of a grid that has ceased to be in force reach nobody: its points are its successor's. */
function checkPostInForce(source: Source, path: Path, grid: Grid, name: string, day: string): void {
  const { code, validTo, successor } = grid;
  if (validTo === undefined || day < validTo) return;
  source.find(path, {
    kind: 'post-out-of-force',
    message: `${name} has a post in grid "${code}", which is not in force since ${validTo}`,
    mend: successor === undefined ? 'give the post in the grid that took its place' : `its successor is "${successor}"`,
    severity: 'warning',
  });
}

function checkVacant(bound: BoundGrids, held: ReadonlySet<string>, day: string): void {
  for (const grid of bound.grids.values()) {
    if (!isInForce(grid, day)) continue;
    for (const post of NEEDED_POSTS[grid.tier])
      if (!held.has(`${grid.code} ${post}`))
        bound.byCode.find([grid.code], {
          kind: 'vacant-post',
          message: `nobody is ${post} (${POST_ZH[post]}) of "${grid.code}" ${grid.name.zh}`,
          mend: `give somebody in people.yaml the post { grid: "${grid.code}", post: ${post} }`,
          severity: 'warning',
        });
  }
}

/** Reads the people of all files; warns of posts that nobody holds on this day. */
export function bindPeople(sources: readonly Source[], bound: BoundGrids, day: string): BoundPeople {
  const declared = new Set<string>();
  const people = new Map<PersonId, Person>();
  const held = new Set<string>();
  for (const source of sources) {
    for (const { path, value } of parseList(source, 'people', personSchema, 'id', declared)) {
      value.posts.forEach(({ grid, post }, index) => {
        held.add(`${grid} ${post}`);
        const at = [...path, 'posts', index, 'grid'];
        const known = bound.grids.get(grid);
        if (known !== undefined) checkPostInForce(source, at, known, value.name, day);
        if (bound.declared.has(grid)) return;
        source.find(at, {
          kind: 'unknown-grid',
          message: `${value.name} has a post in grid "${grid}", which does not exist`,
          mend: 'mend the code, or add the grid to grids.yaml',
        });
      });
      people.set(value.id, personOf(value));
    }
  }
  checkVacant(bound, held, day);
  return { people, declared };
}
