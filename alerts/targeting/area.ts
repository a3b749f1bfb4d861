/**
 * Who hears of a warning for an area: every grid that it touches with all below it, through its own people, and whoever
 * answers above. Each grid is asked at the level that it bears; a grid where the warning was lifted hears nothing.
 */
import type { Recipient } from '#model/alert.ts';
import { isLevel, type Level, type LevelOrNone, rankOf, worse } from '#model/level.ts';
import type { ChannelOrder, PolicyLine } from '#model/policy.ts';
import { ancestry, type Grid, type GridCode, type Team } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { WarningArea } from '#model/warning.ts';
import type { Directory } from '../directory.ts';
import { policyOf, whenHolds } from '../policy.ts';
import type { Target, Targeting } from '../targeting.ts';
import { type AreaLevels, areaLevels } from './area-levels.ts';
import { inForceAt } from './chain.ts';
import { both, type Claim, mergeClaims, noted, type Rule } from './claim.ts';
import { type Desk, dutyOf, goesOut, membersOf } from './people.ts';
import { anybodyAt, EMPTY_DESK, type Gap, NO_LINE, type Passed, passUpward, postsAt, vacancy } from './tell.ts';

export type AreaTarget = Target & { readonly areas: readonly WarningArea[] };

type Asking = Desk & {
  readonly alert: AreaTarget;
  readonly levels: AreaLevels;
  /** Grids that hear of it, with the level that counts there. */
  readonly touched: ReadonlyMap<Grid, Level>;
};

const NOBODY_THERE = both(
  '预警覆盖的网格及其上级没有可通知的人员',
  'nobody is on record in the warned grids or above them',
);

const LIFTED = both('预警已在全部区域解除', 'the warning is lifted everywhere');

/** Grids that bear a level, and all above them; each with the worst level at or below it. */
function touchedGrids(areas: readonly WarningArea[], levels: AreaLevels, desk: Desk): ReadonlyMap<Grid, Level> {
  const { registry, children } = desk.directory;
  const counts = inForceAt(desk.atMs, registry.county.zone);
  const touched = new Map<Grid, Level>();
  const take = (grid: Grid): void => {
    const level = levels.at(grid.code);
    if (isLevel(level) && counts(grid)) touched.set(grid, level);
  };
  const seen = new Set<GridCode>();
  const down = (grid: Grid): void => {
    if (seen.has(grid.code)) return;
    seen.add(grid.code);
    take(grid);
    for (const child of children.get(grid.code) ?? []) down(child);
  };
  for (const { gridCode, level } of areas) {
    const chain = ancestry(registry, gridCode);
    const own = chain[0];
    if (own === undefined || level === 'none') continue;
    down(own);
    for (const upper of chain.slice(1)) take(upper);
  }
  return touched;
}

/** The level at which a line holds in a grid: narrowed to the line's own grids, where it names some. */
function levelFor(asking: Asking, line: Pick<PolicyLine, 'when'>, grid: Grid, level: Level): LevelOrNone {
  const codes = line.when?.grids;
  if (codes === undefined) return level;
  const { registry } = asking.directory;
  const above = ancestry(registry, grid.code).map(({ code }) => code);
  let found: LevelOrNone = 'none';
  for (const code of codes) {
    if (above.includes(code)) return level;
    if (ancestry(registry, code).some((upper) => upper.code === grid.code))
      found = worse(found, asking.levels.at(code));
  }
  return found;
}

function throughGrids(
  asking: Asking,
  line: PolicyLine,
  what: Text,
  find: (grid: Grid) => readonly Claim[] | null,
  rule: Rule,
): Passed {
  const named = new Map<Grid, readonly Claim[]>();
  const gaps: Gap[] = [];
  for (const [grid, level] of asking.touched) {
    if (rankOf(levelFor(asking, line, grid, level)) < rankOf(line.from)) continue;
    const found = find(grid);
    if (found === null) continue;
    if (found.length > 0) named.set(grid, found);
    else {
      const above = ancestry(asking.directory.registry, grid.code).filter(
        (upper) => upper !== grid && asking.touched.has(upper),
      );
      gaps.push({ grid, what, above });
    }
  }
  return passUpward(asking, named, gaps, rule);
}

function throughTeams(asking: Asking, line: PolicyLine, rule: Rule): Passed {
  const { directory, touched, alert } = asking;
  const levels = new Map<Team, LevelOrNone>();
  for (const [grid, level] of touched)
    for (const team of directory.teams.get(grid.code) ?? [])
      levels.set(team, worse(levels.get(team) ?? 'none', levelFor(asking, line, grid, level)));
  const claims = [...levels].flatMap(([team, level]) =>
    isLevel(level) && rankOf(level) >= rankOf(line.from) && goesOut(team, { hazard: alert.hazard, level })
      ? membersOf(asking, team, rule)
      : [],
  );
  return { claims, gaps: [] };
}

function tell(asking: Asking, line: PolicyLine, rule: Rule): Passed {
  const { group } = line;
  switch (group.kind) {
    case 'posts': {
      const find = (grid: Grid) => (group.tiers.includes(grid.tier) ? postsAt(asking, grid, group.posts, rule) : null);
      return throughGrids(asking, line, vacancy(group.posts), find, rule);
    }
    case 'duty':
      return throughGrids(
        asking,
        line,
        EMPTY_DESK,
        (grid) => (grid.tier === group.tier ? dutyOf(asking, grid, rule) : null),
        rule,
      );
    case 'households':
      return { claims: [], gaps: [] };
    case 'teams':
      return throughTeams(asking, line, rule);
    default:
      return group satisfies never;
  }
}

/** Warned grids of which nobody was told, at, above or below: the nearest grid upwards with anybody, at last the county. */
function lastResort(asking: Asking, claims: readonly Claim[]): readonly Claim[] {
  const { registry } = asking.directory;
  const told = new Set(claims.map(({ grid }) => grid.code));
  const reached = new Set([...told].flatMap((code) => ancestry(registry, code).map((grid) => grid.code)));
  const more: Claim[] = [];
  for (const { gridCode, level } of asking.alert.areas) {
    if (level === 'none' || reached.has(gridCode)) continue;
    const known = ancestry(registry, gridCode);
    const chain = known.length > 0 ? known : ancestry(registry, registry.county.code);
    if (chain.some(({ code }) => told.has(code))) continue;
    const found = chain.map((grid) => anybodyAt(asking, grid, null)).find((people) => people.length > 0) ?? [];
    more.push(...found.map((one) => noted(one, NO_LINE)));
  }
  return more;
}

/** The order that holds for a person at a grid; worked out once for all grids that do not differ in it. */
function channelsAt(asking: Asking): (gridCode: GridCode) => readonly string[] | undefined {
  const { directory, alert, levels } = asking;
  const { registry } = directory;
  const orders = policyOf(registry).channels.filter((order) => holdsEverywhere(order, asking));
  const find = (level: Level, chain: readonly Grid[]): readonly string[] | undefined =>
    orders.find(
      ({ from, when }) =>
        rankOf(level) >= rankOf(from) &&
        (when?.grids === undefined || when.grids.some((code) => chain.some((grid) => grid.code === code))),
    )?.channels;
  const byPlace = orders.some(({ when }) => when?.grids !== undefined);
  return (gridCode) => {
    const level = levels.at(gridCode);
    return find(isLevel(level) ? level : alert.level, byPlace ? ancestry(registry, gridCode) : []);
  };
}

/** Hazard and hour are the same for every grid; where a line counts is looked at grid by grid. */
function holdsEverywhere({ when }: Pick<ChannelOrder, 'when'>, { alert, atMs, directory }: Asking): boolean {
  if (when === undefined) return true;
  const { grids: _, ...everywhere } = when;
  return whenHolds(everywhere, { hazard: alert.hazard, chain: [], atMs, zone: directory.registry.county.zone });
}

export function targetArea(alert: AreaTarget, directory: Directory, atMs: EpochMs): Targeting {
  const { registry } = directory;
  const levels = areaLevels(alert.areas, registry);
  const touched = touchedGrids(alert.areas, levels, { directory, atMs });
  const asking: Asking = { directory, atMs, alert, levels, touched };
  const claims: Claim[] = [];
  const gaps: Text[] = [];
  const lines: Targeting['lines'][number][] = [];
  policyOf(registry).area.forEach((line, index) => {
    if (!holdsEverywhere(line, asking)) return;
    const told = tell(asking, line, { line, n: index + 1 });
    claims.push(...told.claims);
    gaps.push(...told.gaps);
    if (told.claims.length > 0)
      lines.push({ n: index + 1, why: line.why, people: new Set(told.claims.map(({ person }) => person)).size });
  });
  claims.push(...lastResort(asking, claims));
  if (claims.length === 0) gaps.push(alert.areas.every(({ level }) => level === 'none') ? LIFTED : NOBODY_THERE);
  const channels = channelsAt(asking);
  const recipients = mergeClaims(claims).map((one): Recipient => {
    const order = channels(one.gridCode);
    return order === undefined ? one : { ...one, channels: order };
  });
  return { recipients, lines, gaps };
}
