/** Who hears that a report is late: the desk of the grid that owes it, and every desk above it. */
import type { Recipient } from '#model/alert.ts';
import { ancestry, type GridCode, type Person } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Directory } from '../directory.ts';
import { onDuty } from '../roster.ts';

const WHY: Text = { zh: '上报超时', en: 'a report is overdue' };

/** Whoever is on duty at the grid; its head and dispatcher where nobody is. */
function deskOf(code: GridCode, directory: Directory, atMs: EpochMs): readonly Person[] {
  const { people } = directory.registry;
  const duty = onDuty(directory.shifts.get(code) ?? [], atMs).flatMap(({ personId }) => people.get(personId) ?? []);
  if (duty.length > 0) return duty;
  const holders = directory.posts.get(code) ?? [];
  return holders.filter(({ post }) => post === 'head' || post === 'dispatcher').map(({ person }) => person);
}

export function desksFrom(gridCode: GridCode, directory: Directory, atMs: EpochMs): readonly Recipient[] {
  const found = new Map<string, Recipient>();
  for (const grid of ancestry(directory.registry, gridCode))
    for (const { id, name } of deskOf(grid.code, directory, atMs))
      if (!found.has(id))
        found.set(id, {
          ...{ personId: id, name, tier: grid.tier, gridCode: grid.code, post: 'duty' },
          reason: { zh: `${grid.name.zh}值班（${WHY.zh}）`, en: `desk of ${grid.name.en} (${WHY.en})` },
        });
  return [...found.values()];
}
