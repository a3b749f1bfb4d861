/** The level of a warning grid by grid, and what a change of it means for whom. */
import { isLevel, type Level, type LevelOrNone, rankOf, worse } from '#model/level.ts';
import { type GridCode, inSubtree, type Registry } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import type { WarningArea } from '#model/warning.ts';
import { areaLevels } from '../targeting/area-levels.ts';

type Grids = Pick<Registry, 'grids'>;
export type NamedLevel = { readonly gridCode: GridCode; readonly level: LevelOrNone; readonly untilMs?: EpochMs };

export const worstOf = (areas: readonly Pick<WarningArea, 'level'>[]): Level | null => {
  const worst = areas.reduce<LevelOrNone>((level, area) => worse(level, area.level), 'none');
  return isLevel(worst) ? worst : null;
};

/**
 * Grids that are named get the level, with all below them; the others keep theirs. One that is named twice in a message gets
 * the worse level: to be told too much is the smaller fault.
 */
export function mergeAreas(
  before: readonly WarningArea[],
  named: readonly NamedLevel[],
  nowMs: EpochMs,
  grids: Grids,
): readonly WarningArea[] {
  const merged = new Map<GridCode, WarningArea>();
  for (const { gridCode, level, untilMs } of named) {
    const twice = merged.get(gridCode);
    if (twice !== undefined && rankOf(twice.level) >= rankOf(level)) continue;
    const old = before.find((area) => area.gridCode === gridCode);
    const sinceMs = old !== undefined && old.level === level ? old.sinceMs : nowMs;
    merged.set(gridCode, { gridCode, level, sinceMs, ...(untilMs === undefined ? {} : { untilMs }) });
  }
  const kept = before.filter(({ gridCode }) => !named.some((one) => inSubtree(grids, gridCode, one.gridCode)));
  return [...kept, ...merged.values()];
}

export type Moved = { readonly gridCode: GridCode; readonly from: LevelOrNone; readonly to: LevelOrNone };

/** What rises and what falls, in the grids that either side names. */
export function movedAreas(
  before: readonly WarningArea[],
  after: readonly WarningArea[],
  grids: Grids,
): { readonly risen: readonly Moved[]; readonly fallen: readonly Moved[] } {
  const [was, is] = [areaLevels(before, grids), areaLevels(after, grids)];
  const codes = [...new Set([...before, ...after].map(({ gridCode }) => gridCode))];
  const all = codes.map((gridCode): Moved => ({ gridCode, from: was.own(gridCode), to: is.own(gridCode) }));
  return {
    risen: all.filter(({ from, to }) => rankOf(to) > rankOf(from)),
    fallen: all.filter(({ from, to }) => rankOf(to) < rankOf(from)),
  };
}

/** Areas that hold only what moved: the other named grids are `none`, so that nobody there is asked again. */
export const onlyMoved = (
  moved: readonly Moved[],
  side: 'from' | 'to',
  all: readonly WarningArea[],
  nowMs: EpochMs,
): readonly WarningArea[] => {
  const codes = [...new Set([...moved, ...all].map(({ gridCode }) => gridCode))];
  return codes.map((gridCode) => ({
    gridCode,
    level: moved.find((one) => one.gridCode === gridCode)?.[side] ?? 'none',
    sinceMs: nowMs,
  }));
};
