/** Who may mark a household: its caller, and whoever holds a post (or the desk) over its grid or over the point's. */
import type { Evacuation, EvacuationHousehold } from '#model/evacuation.ts';
import { ancestry, type GridCode, type PersonId, POSTS, type Post } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import type { Directory } from '../directory.ts';
import { onDuty } from '../roster.ts';

type Who = { readonly by: PersonId; readonly from: string; readonly atMs: EpochMs };

/** Those who open a list, send people home and close it. */
export const EVACUATION_DECIDERS: readonly Post[] = ['head', 'deputy', 'manager', 'dispatcher'];

/** The door has asked already; a person who lost his post since then is turned away here. */
export function answersFor(
  directory: Directory,
  who: Who,
  gridCode: GridCode,
  posts: readonly Post[] = POSTS,
): boolean {
  const person = directory.registry.people.get(who.by);
  if (person === undefined) return who.from === 'api';
  const chain = ancestry(directory.registry, gridCode).map((grid) => grid.code);
  if (person.posts.some((hold) => chain.includes(hold.gridCode) && posts.includes(hold.post))) return true;
  return chain.some((code) =>
    onDuty(directory.shifts.get(code) ?? [], who.atMs).some((entry) => entry.personId === who.by),
  );
}

export const mayMark = (directory: Directory, who: Who, list: Evacuation, household: EvacuationHousehold): boolean =>
  household.callerId === who.by ||
  answersFor(directory, who, household.gridCode) ||
  answersFor(directory, who, list.gridCode);
