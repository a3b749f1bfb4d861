/** Whom to tell of households that refuse or are not found: the desk of the tier above the village. */
import type { Recipient } from '#model/alert.ts';
import { ancestry, type Grid, type GridCode, type Post } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Directory } from '../directory.ts';
import { onDuty } from '../roster.ts';
import { POST_TEXT } from '../wording.ts';

const VILLAGE = 3;

function deskOf(directory: Directory, grid: Grid, atMs: EpochMs): readonly Recipient[] {
  const base = { tier: grid.tier, gridCode: grid.code };
  const why = (what: Text): Text => ({
    zh: `${grid.name.zh}${what.zh}（下级有住户拒绝转移或未找到）`,
    en: `${what.en} of ${grid.name.en} (households below refuse or are not found)`,
  });
  const duty = onDuty(directory.shifts.get(grid.code) ?? [], atMs).flatMap(({ personId }): readonly Recipient[] => {
    const person = directory.registry.people.get(personId);
    if (person === undefined) return [];
    return [{ ...base, personId, name: person.name, post: 'duty', reason: why({ zh: '值班', en: 'on duty' }) }];
  });
  if (duty.length > 0) return duty;
  const posts: readonly Post[] = ['head', 'dispatcher'];
  return (directory.posts.get(grid.code) ?? [])
    .filter(({ post }) => posts.includes(post))
    .map(({ person, post }) => ({
      ...base,
      personId: person.id,
      name: person.name,
      post,
      reason: why(POST_TEXT[post]),
    }));
}

/** The first tier above the village that has anybody. */
export function deskAbove(directory: Directory, gridCode: GridCode, atMs: EpochMs): readonly Recipient[] {
  const chain = ancestry(directory.registry, gridCode);
  const own = Math.min(VILLAGE, chain[0]?.tier ?? VILLAGE);
  for (const grid of chain) {
    if (grid.tier >= own && grid.tier !== 1) continue;
    const people = deskOf(directory, grid, atMs);
    if (people.length > 0) return people;
  }
  return [];
}
