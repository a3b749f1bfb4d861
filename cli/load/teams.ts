/** Teams that go together (`teams.yaml`): a village's volunteer fire brigade, a works' micro fire station. */
import { z } from 'zod';
import type { BoundGrids } from '#cli/load/grids.ts';
import { LEVELS, text, token } from '#cli/load/schemas.ts';
import { type Path, parseList, type Source } from '#cli/load/source.ts';
import { HAZARDS, type Team } from '#model/registry.ts';

const teamSchema = z.strictObject({
  id: token,
  name: text,
  grid: z.string(),
  hazards: z.array(z.enum(HAZARDS)).min(1),
  /** Its own grid and those in whose points it helps. */
  covers: z.array(z.string()).default([]),
  minLevel: z.enum(LEVELS).default('orange'),
  members: z.array(z.string()).min(1, 'a team needs a member; the first is its leader'),
});

type Known = { readonly grids: BoundGrids; readonly people: ReadonlySet<string> };

function checkRefs(source: Source, path: Path, row: z.infer<typeof teamSchema>, known: Known): void {
  const grid = (code: string, here: Path): void => {
    if (known.grids.declared.has(code)) return;
    source.find(here, {
      kind: 'unknown-grid',
      message: `team "${row.id}" names grid "${code}", which does not exist`,
      mend: 'mend the code, or add the grid to grids.yaml',
    });
  };
  grid(row.grid, [...path, 'grid']);
  row.covers.forEach((code, index) => {
    grid(code, [...path, 'covers', index]);
  });
  row.members.forEach((id, index) => {
    if (known.people.has(id)) return;
    source.find([...path, 'members', index], {
      kind: 'unknown-person',
      message: `team "${row.id}" has a member "${id}", whom people.yaml does not know`,
      mend: 'mend the id, or add the person to people.yaml',
    });
  });
}

/** Reads `teams.yaml`, which a county may leave out. */
export function bindTeams(source: Source | undefined, known: Known): readonly Team[] {
  if (source === undefined) return [];
  return parseList(source, 'teams', teamSchema, 'id', new Set()).map(({ path, value }) => {
    checkRefs(source, path, value, known);
    const { id, name, grid, hazards, covers, minLevel, members } = value;
    return { id, name, gridCode: grid, hazards, covers: [...new Set([grid, ...covers])], minLevel, members };
  });
}
