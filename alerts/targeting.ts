/** Who hears of an alert, and why: a pure function of subject, level, grid tree, posts, duty roster, policy and time. */
import type { Alert, Recipient } from '#model/alert.ts';
import { rankOf } from '#model/level.ts';
import type { Group, PolicyLine } from '#model/policy.ts';
import { ancestry, type Grid, type HazardPoint, type Person, POSTS, type Post, type Team } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Directory } from './directory.ts';
import { gridOf } from './place.ts';
import { GATEWAY_POLICY, POINT_POLICY } from './policy.ts';
import { onDuty } from './roster.ts';
import { joinTexts, POST_TEXT } from './wording.ts';

/** One reason to tell one person; a smaller weight is the weightier reason. */
type Claim = { readonly recipient: Recipient; readonly weight: number };

const WEIGHT = { duty: 0, standIn: 1, household: 2, head: 3, post: 4, team: 5 } as const;

type Target = Pick<Alert, 'subject' | 'level' | 'hazard'>;
type Asking = {
  readonly directory: Directory;
  readonly chain: readonly Grid[];
  readonly atMs: EpochMs;
  readonly alert: Target;
};

const both = (zh: string, en: string): Text => ({ zh, en });

function claim(
  person: Person,
  grid: Grid,
  post: Recipient['post'],
  weight: number,
  what: Text,
  line: PolicyLine,
): Claim {
  const reason = both(`${grid.name.zh}${what.zh}（${line.why.zh}）`, `${what.en} of ${grid.name.en} (${line.why.en})`);
  return {
    recipient: { personId: person.id, name: person.name, tier: grid.tier, gridCode: grid.code, post, reason },
    weight,
  };
}

function holders({ directory }: Asking, grid: Grid, posts: readonly Post[] | null, line: PolicyLine): readonly Claim[] {
  return (directory.posts.get(grid.code) ?? [])
    .filter((holder) => posts === null || posts.includes(holder.post))
    .map(({ person, post }) =>
      claim(person, grid, post, post === 'head' ? WEIGHT.head : WEIGHT.post, POST_TEXT[post], line),
    );
}

/** Whoever sits at the desk; when the roster is empty, the grid's head and dispatcher, and the reason says so. */
function dutyOf(asking: Asking, grid: Grid, line: PolicyLine): readonly Claim[] {
  const found: Claim[] = [];
  for (const { personId, place } of onDuty(asking.directory.shifts.get(grid.code) ?? [], asking.atMs)) {
    const person = asking.directory.registry.people.get(personId);
    if (person === undefined) continue;
    const first = place === 'a';
    const what = first ? both('值班（A岗）', 'on duty (A)') : both('值班（B岗，备岗）', 'on duty (B, stands in)');
    found.push(claim(person, grid, 'duty', first ? WEIGHT.duty : WEIGHT.standIn, what, line));
  }
  if (found.length > 0) return found;
  return holders(asking, grid, ['head', 'dispatcher'], line).map(({ recipient }) => ({
    weight: WEIGHT.duty,
    recipient: {
      ...recipient,
      reason: both(
        `${recipient.reason.zh}；值班表此时无人，改报${POST_TEXT[recipient.post as Post].zh}`,
        `${recipient.reason.en}; the roster is empty at this time, so the ${POST_TEXT[recipient.post as Post].en} is told`,
      ),
    },
  }));
}

/** Households have no post: the person who has to wake them is told, with their names. */
function callers(asking: Asking, point: HazardPoint | undefined, line: PolicyLine): readonly Claim[] {
  const grid = asking.chain[0];
  if (point === undefined || grid === undefined) return [];
  const byCaller = Map.groupBy(point.households, (household) => household.callerId);
  const found: Claim[] = [];
  for (const [callerId, households] of byCaller) {
    const person = asking.directory.registry.people.get(callerId);
    if (person === undefined) continue;
    const people = households.reduce((sum, household) => sum + household.people, 0);
    // No names here: the reason is read by everybody who may see the alert; the list stands at the point, masked.
    const what = both(
      `负责叫醒${households.length}户${people}人`,
      `wakes ${households.length} households, ${people} people`,
    );
    const reason = both(`${what.zh}（${line.why.zh}）`, `${what.en} (${line.why.en})`);
    found.push({
      weight: WEIGHT.household,
      recipient: {
        personId: person.id,
        name: person.name,
        tier: grid.tier,
        gridCode: grid.code,
        post: 'household',
        reason,
      },
    });
  }
  return found;
}

const goesThere = ({ alert, chain }: Asking, { hazards, minLevel, covers }: Team): boolean =>
  hazards.includes(alert.hazard) &&
  rankOf(alert.level) >= rankOf(minLevel) &&
  covers.some((code) => chain.some((grid) => grid.code === code));

/** A team belongs to a grid of its own, which need not be the point's: a village's brigade goes to the works beside it. */
function teamsOf(asking: Asking, line: PolicyLine): readonly Claim[] {
  const { registry } = asking.directory;
  const found: Claim[] = [];
  for (const team of registry.teams ?? []) {
    const grid = registry.grids.get(team.gridCode);
    if (grid === undefined || !goesThere(asking, team)) continue;
    team.members.forEach((id, place) => {
      const person = registry.people.get(id);
      const role = place === 0 ? both('队长', 'leader') : both('队员', 'member');
      if (person === undefined) return;
      const reason = both(
        `${team.name.zh}${role.zh}（${line.why.zh}）`,
        `${role.en} of ${team.name.en} (${line.why.en})`,
      );
      found.push({
        weight: WEIGHT.team,
        recipient: { personId: id, name: person.name, tier: grid.tier, gridCode: grid.code, post: 'team', reason },
      });
    });
  }
  return found;
}

function claimsOf(asking: Asking, group: Group, line: PolicyLine, point: HazardPoint | undefined): readonly Claim[] {
  switch (group.kind) {
    case 'posts': {
      const grids = asking.chain.filter((grid) => group.tiers.includes(grid.tier));
      return grids.flatMap((grid) => holders(asking, grid, group.posts, line));
    }
    case 'duty':
      return asking.chain.filter((grid) => grid.tier === group.tier).flatMap((grid) => dutyOf(asking, grid, line));
    case 'households':
      return callers(asking, point, line);
    case 'teams':
      return teamsOf(asking, line);
    default:
      return group satisfies never;
  }
}

/** The next grid upwards with anybody at all: an alert that nobody hears is the one thing that must not be. */
function fallUpward(asking: Asking, from: number): readonly Claim[] {
  for (const grid of asking.chain.slice(from)) {
    const why = both('下级网格无登记人员', 'the grid below has nobody on record');
    const line: PolicyLine = { from: 'blue', group: { kind: 'duty', tier: grid.tier }, why };
    const found = dutyOf(asking, grid, line);
    const people = found.length > 0 ? found : holders(asking, grid, null, line);
    if (people.length > 0) return people;
  }
  return [];
}

/** Each person once: the weightiest reason gives grid and post, the others are added to the text. */
function mergeClaims(claims: readonly Claim[]): readonly Recipient[] {
  const people = [...Map.groupBy(claims, ({ recipient }) => recipient.personId).values()].map((own) => {
    const sorted = [...own].sort((x, y) => x.weight - y.weight || y.recipient.tier - x.recipient.tier);
    const first = sorted[0] as Claim;
    return {
      weight: first.weight,
      recipient: { ...first.recipient, reason: joinTexts(sorted.map(({ recipient }) => recipient.reason)) },
    };
  });
  const postOrder = (post: Recipient['post']) => (POSTS as readonly string[]).indexOf(post);
  people.sort(
    (x, y) =>
      y.recipient.tier - x.recipient.tier ||
      x.weight - y.weight ||
      postOrder(x.recipient.post) - postOrder(y.recipient.post) ||
      (x.recipient.personId < y.recipient.personId ? -1 : 1),
  );
  return people.map(({ recipient }) => recipient);
}

/** The people to tell at `atMs`, deepest tier first, each with the reasons. */
export function targetPeople(alert: Target, directory: Directory, atMs: EpochMs): readonly Recipient[] {
  const { registry } = directory;
  const chain = ancestry(registry, gridOf(alert.subject, registry));
  const asking: Asking = { directory, chain, atMs, alert };
  const point = alert.subject.kind === 'point' ? registry.points.get(alert.subject.id) : undefined;
  const policy = alert.subject.kind === 'point' ? POINT_POLICY : GATEWAY_POLICY;
  const claims: Claim[] = [];
  for (const line of policy) {
    if (rankOf(alert.level) < rankOf(line.from)) continue;
    const found = claimsOf(asking, line.group, line, point);
    claims.push(...found);
    // Not every point has households or a team; whoever answers for the grid is asked by the other lines.
    if (found.length > 0 || line.group.kind === 'households' || line.group.kind === 'teams') continue;
    // Nobody there: the same tier's desk, then the tiers above it.
    const tiers = line.group.kind === 'posts' ? line.group.tiers : [line.group.tier];
    const at = chain.findIndex((grid) => grid.tier <= Math.max(...tiers));
    claims.push(...fallUpward(asking, Math.max(at, 0)));
  }
  return mergeClaims(claims);
}
