/** Who hears of an alert, and why: a pure function of subject, level, grid tree, posts, duty roster, policy and time. */
import type { Alert, Recipient } from '#model/alert.ts';
import type { PolicyLine } from '#model/policy.ts';
import type { Grid, HazardPoint, Tier } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Directory } from './directory.ts';
import { gridOf } from './place.ts';
import { type Case, firstLine, lineHolds, policyOf } from './policy.ts';
import { targetArea } from './targeting/area.ts';
import { type Chain, chainOf } from './targeting/chain.ts';
import { both, type Claim, mergeClaims, noted, type Rule } from './targeting/claim.ts';
import { callers, type Desk, dutyOf, goesOut, membersOf } from './targeting/people.ts';
import {
  absent,
  anybodyAt,
  EMPTY_DESK,
  type Gap,
  LAPSED,
  NO_LINE,
  type Passed,
  passUpward,
  postsAt,
  vacancy,
} from './targeting/tell.ts';

export type Target = Pick<Alert, 'subject' | 'level' | 'hazard' | 'areas'>;

/** The people to tell, with the reasons; and what was missing on the way. */
export type Targeting = {
  /** Deepest tier first. */
  readonly recipients: readonly Recipient[];
  /** Lines of the policy that held, and how many people each one names. */
  readonly lines: readonly { readonly n: number; readonly why: Text; readonly people: number }[];
  /** Posts, desks and grids that were empty; when nobody at all is told, this says why. */
  readonly gaps: readonly Text[];
};

export const NOBODY = both('县内没有任何可通知的人员', 'the county has nobody on record who could be told');

type Asking = Desk & { readonly chain: Chain; readonly alert: Target; readonly point: HazardPoint | undefined };

/** People found at each of the chain's grids of these tiers, and what is missing there. */
function along(
  asking: Asking,
  tiers: readonly Tier[],
  what: Text,
  find: (grid: Grid) => readonly Claim[],
  rule: Rule,
): Passed {
  const { all, inForce } = asking.chain;
  const named = new Map<Grid, readonly Claim[]>();
  const gaps: Gap[] = [];
  const grids = all.filter((grid) => tiers.includes(grid.tier));
  for (const grid of grids) {
    const above = inForce.filter((upper) => upper.tier < grid.tier);
    const found = inForce.includes(grid) ? find(grid) : [];
    if (found.length > 0) named.set(grid, found);
    else gaps.push({ grid, what: inForce.includes(grid) ? what : LAPSED, above });
  }
  const place = all[0];
  if (grids.length === 0 && place !== undefined)
    gaps.push({ grid: place, what: absent(tiers), above: inForce.filter(({ tier }) => tier <= Math.max(...tiers)) });
  return passUpward(asking, named, gaps, rule);
}

function tell(asking: Asking, line: PolicyLine, rule: Rule): Passed {
  const { chain, point, directory, alert } = asking;
  const { group } = line;
  switch (group.kind) {
    case 'posts':
      return along(asking, group.tiers, vacancy(group.posts), (grid) => postsAt(asking, grid, group.posts, rule), rule);
    case 'duty':
      return along(asking, [group.tier], EMPTY_DESK, (grid) => dutyOf(asking, grid, rule), rule);
    case 'households': {
      // Not every point has households; whoever answers for the grid is asked by the other lines.
      const grid = chain.inForce[0];
      return { claims: grid === undefined || point === undefined ? [] : callers(asking, grid, point, rule), gaps: [] };
    }
    case 'teams': {
      const teams = new Set(chain.all.flatMap(({ code }) => directory.teams.get(code) ?? []));
      const out = [...teams].filter((team) => goesOut(team, alert));
      return { claims: out.flatMap((team) => membersOf(asking, team, rule)), gaps: [] };
    }
    default:
      return group satisfies never;
  }
}

/** An alert that nobody hears is the one thing that must not be: the nearest grid upwards with anybody. */
function lastResort(asking: Asking): readonly Claim[] {
  for (const grid of asking.chain.inForce) {
    const found = anybodyAt(asking, grid, null);
    if (found.length > 0) return found.map((one) => noted(one, NO_LINE));
  }
  return [];
}

function targetChain(alert: Target, directory: Directory, atMs: EpochMs): Targeting {
  const { registry } = directory;
  const { subject } = alert;
  const policy = policyOf(registry);
  const chain = chainOf(registry, gridOf(subject, registry), atMs);
  const point = subject.kind === 'point' ? registry.points.get(subject.id) : undefined;
  const asking: Asking = { directory, atMs, chain, alert, point };
  const of: Case = { level: alert.level, hazard: alert.hazard, chain: chain.all, atMs, zone: registry.county.zone };
  const claims: Claim[] = [];
  const gaps: Text[] = [];
  const lines: Targeting['lines'][number][] = [];
  (subject.kind === 'edge' ? policy.gateway : policy.point).forEach((line, index) => {
    if (!lineHolds(line, of)) return;
    const told = tell(asking, line, { line, n: index + 1 });
    claims.push(...told.claims);
    gaps.push(...told.gaps);
    lines.push({ n: index + 1, why: line.why, people: new Set(told.claims.map(({ person }) => person)).size });
  });
  if (claims.length === 0) claims.push(...lastResort(asking));
  if (claims.length === 0) gaps.push(NOBODY);
  const channels = firstLine(policy.channels, of)?.channels;
  const people = mergeClaims(claims);
  return { recipients: channels === undefined ? people : people.map((one) => ({ ...one, channels })), lines, gaps };
}

/** The people to tell at `atMs`, each with the reasons, and whatever stood in the way. */
export function explainTargets(alert: Target, directory: Directory, atMs: EpochMs): Targeting {
  return alert.subject.kind === 'area' && alert.areas !== undefined && alert.areas.length > 0
    ? targetArea({ ...alert, areas: alert.areas }, directory, atMs)
    : targetChain(alert, directory, atMs);
}

export const targetPeople = (alert: Target, directory: Directory, atMs: EpochMs): readonly Recipient[] =>
  explainTargets(alert, directory, atMs).recipients;
