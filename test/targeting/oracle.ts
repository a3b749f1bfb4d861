/**
 * The naive version of targeting, kept as oracle: no index, no shared work, everything found by looking through the whole
 * registry again for each grid and each line. It gives people and channels; reasons are the other's own.
 */
import { policyOf, whenHolds } from '#alerts/policy.ts';
import type { Target } from '#alerts/targeting.ts';
import { LEVELS, type Level, type LevelOrNone, rankOf } from '#model/level.ts';
import type { PolicyLine } from '#model/policy.ts';
import { type Grid, type GridCode, isInForce, type Post, type Registry } from '#model/registry.ts';
import { formatInZone } from '#model/time.ts';

type Told = { readonly personId: string; readonly channels: readonly string[] | undefined };
type Scope = { readonly registry: Registry; readonly atMs: number; readonly day: string };

function upwards(registry: Registry, code: GridCode): readonly Grid[] {
  const grid = [...registry.grids.values()].find((one) => one.code === code);
  if (grid === undefined) return [];
  return grid.parent === null ? [grid] : [grid, ...upwards(registry, grid.parent)];
}

const known = (registry: Registry, id: string): readonly string[] => (registry.people.has(id) ? [id] : []);

const holding = ({ registry }: Scope, grid: Grid, posts: readonly Post[] | null): readonly string[] =>
  [...registry.people.values()]
    .filter((person) =>
      person.posts.some((one) => one.gridCode === grid.code && (posts === null || posts.includes(one.post))),
    )
    .map(({ id }) => id);

function deskOf(scope: Scope, grid: Grid): readonly string[] {
  const { registry, atMs } = scope;
  const sitting = registry.duty
    .filter((shift) => shift.gridCode === grid.code && shift.fromMs <= atMs && atMs < shift.toMs)
    .flatMap(({ a, b }) => [...known(registry, a), ...(b === null ? [] : known(registry, b))]);
  return sitting.length > 0 ? sitting : holding(scope, grid, ['head', 'dispatcher']);
}

const anybody = (scope: Scope, grid: Grid): readonly string[] => {
  const desk = deskOf(scope, grid);
  return desk.length > 0 ? desk : holding(scope, grid, null);
};

/** People of a line at one grid, or null when the line is not about such a grid. */
function namedAt(scope: Scope, { group }: PolicyLine, grid: Grid): readonly string[] | null {
  if (group.kind === 'duty') return grid.tier === group.tier ? deskOf(scope, grid) : null;
  if (group.kind !== 'posts' || !group.tiers.includes(grid.tier)) return null;
  const own = holding(scope, grid, group.posts);
  if (own.length > 0 || group.posts?.includes('head') !== true) return own;
  const deputy = holding(scope, grid, ['deputy']);
  return deputy.length > 0 ? deputy : holding(scope, grid, ['manager']);
}

const counts =
  ({ day }: Scope) =>
  (grid: Grid): boolean =>
    isInForce(grid, day);

/** Grids at which nobody is named, each passed to the nearest grid above with anybody, unless the line names some there. */
function passed(
  scope: Scope,
  line: PolicyLine,
  grids: readonly Grid[],
  above: (grid: Grid) => readonly Grid[],
): readonly string[] {
  const found: string[] = [];
  for (const grid of grids) {
    const named = counts(scope)(grid) ? namedAt(scope, line, grid) : [];
    if (named === null) continue;
    found.push(...named);
    if (named.length > 0) continue;
    for (const upper of above(grid)) {
      const there = grids.includes(upper) ? (namedAt(scope, line, upper) ?? []) : [];
      const told = there.length > 0 ? there : anybody(scope, upper);
      found.push(...told);
      if (told.length > 0) break;
    }
  }
  return found;
}

function onChain(scope: Scope, target: Target, chain: readonly Grid[]): readonly Told[] {
  const { registry, atMs } = scope;
  const { zone } = registry.county;
  const policy = policyOf(registry);
  const inForce = chain.filter(counts(scope));
  const holds = (line: { readonly from: Level; readonly when?: PolicyLine['when'] }) =>
    rankOf(target.level) >= rankOf(line.from) && whenHolds(line.when, { hazard: target.hazard, chain, atMs, zone });
  const people: string[] = [];
  for (const line of target.subject.kind === 'edge' ? policy.gateway : policy.point) {
    if (!holds(line)) continue;
    const { group } = line;
    if (group.kind === 'teams')
      people.push(
        ...teams(
          scope,
          target.hazard,
          (codes) => (chain.some(({ code }) => codes.includes(code)) ? target.level : 'none'),
          line,
        ),
      );
    else if (group.kind === 'households')
      people.push(
        ...(registry.points.get(target.subject.id)?.households ?? []).flatMap(({ callerId }) =>
          known(registry, callerId),
        ),
      );
    else {
      const tiers = group.kind === 'duty' ? [group.tier] : group.tiers;
      const grids = chain.filter(({ tier }) => tiers.includes(tier));
      if (grids.length > 0)
        people.push(...passed(scope, line, grids, (grid) => inForce.filter(({ tier }) => tier < grid.tier)));
      else
        people.push(
          ...(inForce
            .filter(({ tier }) => tier <= Math.max(...tiers))
            .map((grid) => anybody(scope, grid))
            .find(({ length }) => length > 0) ?? []),
        );
    }
  }
  if (people.length === 0)
    people.push(...(inForce.map((grid) => anybody(scope, grid)).find(({ length }) => length > 0) ?? []));
  const channels = policy.channels.find(holds)?.channels;
  return [...new Set(people)].map((personId) => ({ personId, channels }));
}

/** Members of teams that go out at the level that `levelOf` gives for the grids that they cover. */
function teams(
  { registry }: Scope,
  hazard: Target['hazard'],
  levelOf: (codes: readonly GridCode[]) => LevelOrNone,
  line: PolicyLine,
) {
  return (registry.teams ?? []).flatMap((team) => {
    const level = levelOf(team.covers);
    const goes = team.hazards.includes(hazard) && rankOf(level) >= Math.max(rankOf(team.minLevel), rankOf(line.from));
    return goes && registry.grids.has(team.gridCode) ? team.members.flatMap((id) => known(registry, id)) : [];
  });
}

export type OracleTarget = Target;

/** Who hears of a point or a gateway. */
export function tellNaively(target: Target, registry: Registry, atMs: number): readonly Told[] {
  const scope: Scope = { registry, atMs, day: formatInZone(atMs, registry.county.zone).slice(0, 10) };
  const { subject } = target;
  const township = registry.edges.get(subject.id)?.township ?? '';
  const code =
    subject.kind === 'point'
      ? registry.points.get(subject.id)?.gridCode
      : registry.grids.has(township)
        ? township
        : undefined;
  const chain = upwards(registry, code ?? '');
  return onChain(scope, target, chain.length > 0 ? chain : upwards(registry, registry.county.code));
}

const worst = (levels: readonly LevelOrNone[]): LevelOrNone => LEVELS[Math.max(0, ...levels.map(rankOf))] ?? 'none';

/** Who hears of a warning for an area: the level of every grid of the county is worked out, and each line asked of each. */
export function tellAreaNaively(target: Target, registry: Registry, atMs: number): ReadonlySet<string> {
  const scope: Scope = { registry, atMs, day: formatInZone(atMs, registry.county.zone).slice(0, 10) };
  const areas = target.areas ?? [];
  const { zone } = registry.county;
  const all = [...registry.grids.values()];
  const own = (grid: Grid): LevelOrNone => {
    for (const { code } of upwards(registry, grid.code)) {
      const named = areas.find(({ gridCode }) => gridCode === code);
      if (named !== undefined) return named.level;
    }
    return 'none';
  };
  const below = (root: GridCode): readonly Grid[] =>
    all.filter(({ code }) => upwards(registry, code).some((one) => one.code === root));
  /** The worst level that a grid or anything in it bears, counting only what lies in one of `within`. */
  const heard = (grid: Grid, within: readonly GridCode[] | undefined): LevelOrNone =>
    worst(
      below(grid.code)
        .filter(
          ({ code }) =>
            within === undefined || within.some((root) => upwards(registry, code).some((one) => one.code === root)),
        )
        .map(own),
    );
  const people: string[] = [];
  for (const line of policyOf(registry).area) {
    const { grids: within, ...when } = line.when ?? {};
    if (!whenHolds(when, { hazard: target.hazard, chain: [], atMs, zone })) continue;
    if (line.group.kind === 'teams') {
      const levelOf = (codes: readonly GridCode[]) =>
        worst(
          all
            .filter(counts(scope))
            .filter(({ code }) => codes.includes(code))
            .map((grid) => heard(grid, within)),
        );
      people.push(...teams(scope, target.hazard, levelOf, line));
      continue;
    }
    if (line.group.kind === 'households') continue;
    const touched = all.filter(counts(scope)).filter((grid) => heard(grid, undefined) !== 'none');
    const grids = touched.filter((grid) => rankOf(heard(grid, within)) >= rankOf(line.from));
    people.push(
      ...passed(scope, line, grids, (grid) =>
        upwards(registry, grid.code)
          .slice(1)
          .filter((upper) => touched.includes(upper)),
      ),
    );
  }
  return new Set(people);
}
