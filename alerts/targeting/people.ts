/** Who stands behind a group of the policy at one grid: holders of posts, the desk, callers of households, teams. */

import type { Alert } from '#model/alert.ts';
import { rankOf } from '#model/level.ts';
import type { Grid, HazardPoint, Post, Team } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import type { Directory } from '../directory.ts';
import { onDuty } from '../roster.ts';
import { POST_TEXT } from '../wording.ts';
import { because, both, type Claim, claim, noted, type Rule, WEIGHT } from './claim.ts';

/** What people are looked up in, and when. */
export type Desk = { readonly directory: Directory; readonly atMs: EpochMs };

export function holders({ directory }: Desk, grid: Grid, posts: readonly Post[] | null, rule: Rule): readonly Claim[] {
  return (directory.posts.get(grid.code) ?? [])
    .filter((holder) => posts === null || posts.includes(holder.post))
    .map(({ person, post }) =>
      claim({ person, grid, post, weight: post === 'head' ? WEIGHT.head : WEIGHT.post, what: POST_TEXT[post], rule }),
    );
}

/** Whoever sits at the grid's desk at that time: A, then B. */
export function atDesk({ directory, atMs }: Desk, grid: Grid, rule: Rule): readonly Claim[] {
  return onDuty(directory.shifts.get(grid.code) ?? [], atMs).flatMap(({ personId, place }) => {
    const person = directory.registry.people.get(personId);
    if (person === undefined) return [];
    const first = place === 'a';
    const what = first ? both('值班（A岗）', 'on duty (A)') : both('值班（B岗，备岗）', 'on duty (B, stands in)');
    return [claim({ person, grid, post: 'duty', weight: first ? WEIGHT.duty : WEIGHT.standIn, what, rule })];
  });
}

/** Whoever sits at the desk; when the roster is empty, the grid's head and dispatcher, and the reason says so. */
export function dutyOf(desk: Desk, grid: Grid, rule: Rule): readonly Claim[] {
  const found = atDesk(desk, grid, rule);
  if (found.length > 0) return found;
  return holders(desk, grid, ['head', 'dispatcher'], rule).map((one) => {
    const { zh, en } = POST_TEXT[one.post as Post];
    const note = both(`值班表此时无人，改报${zh}`, `the roster is empty at this time, so the ${en} is told`);
    return noted({ ...one, weight: WEIGHT.duty }, note);
  });
}

/** Whoever acts for a head that the grid does not have: the deputy, else the manager. */
export function actingHead(desk: Desk, grid: Grid, rule: Rule): readonly Claim[] {
  for (const post of ['deputy', 'manager'] as const) {
    const found = holders(desk, grid, [post], rule);
    if (found.length > 0)
      return found.map((one) => noted(one, both('网格长空缺，由其代行', 'there is no head, so he acts for him')));
  }
  return [];
}

/** Households have no post: the person who has to wake them is told, and how many they are. */
export function callers({ directory }: Desk, grid: Grid, point: HazardPoint, rule: Rule): readonly Claim[] {
  const byCaller = Map.groupBy(point.households, (household) => household.callerId);
  const why = because(rule);
  return [...byCaller].flatMap(([callerId, households]): readonly Claim[] => {
    const person = directory.registry.people.get(callerId);
    if (person === undefined) return [];
    const people = households.reduce((sum, household) => sum + household.people, 0);
    // No names here: the reason is read by everybody who may see the alert; the list stands at the point, masked.
    const reason = both(
      `负责叫醒${households.length}户${people}人${why.zh}`,
      `wakes ${households.length} households, ${people} people${why.en}`,
    );
    return [{ person, grid, post: 'household', weight: WEIGHT.household, reason }];
  });
}

/** A team belongs to a grid of its own, which need not be the point's: a village's brigade goes to the works beside it. */
export function membersOf({ directory: { registry } }: Desk, team: Team, rule: Rule): readonly Claim[] {
  const grid = registry.grids.get(team.gridCode);
  if (grid === undefined) return [];
  const why = because(rule);
  return team.members.flatMap((id, place): readonly Claim[] => {
    const person = registry.people.get(id);
    if (person === undefined) return [];
    const role = place === 0 ? both('队长', 'leader') : both('队员', 'member');
    const reason = both(`${team.name.zh}${role.zh}${why.zh}`, `${role.en} of ${team.name.en}${why.en}`);
    return [{ person, grid, post: 'team', weight: WEIGHT.team, reason }];
  });
}

export const goesOut = (team: Team, { hazard, level }: Pick<Alert, 'hazard' | 'level'>): boolean =>
  team.hazards.includes(hazard) && rankOf(level) >= rankOf(team.minLevel);
