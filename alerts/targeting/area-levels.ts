/** The level of a warning in each grid: a grid without one of its own has its parent's, and answers for the worst below it. */
import { type LevelOrNone, worse } from '#model/level.ts';
import { ancestry, type GridCode, type Registry } from '#model/registry.ts';
import type { WarningArea } from '#model/warning.ts';

export type AreaLevels = {
  /** The level in force in the grid itself. */
  readonly own: (code: GridCode) => LevelOrNone;
  /** That, or the worst of those that parts of it bear: what whoever answers for the grid has to know. */
  readonly at: (code: GridCode) => LevelOrNone;
};

export function areaLevels(areas: readonly WarningArea[], registry: Pick<Registry, 'grids'>): AreaLevels {
  const named = new Map<GridCode, LevelOrNone>();
  const below = new Map<GridCode, LevelOrNone>();
  for (const { gridCode, level } of areas) {
    named.set(gridCode, level);
    for (const { code } of ancestry(registry, gridCode)) below.set(code, worse(below.get(code) ?? 'none', level));
  }
  const own = (code: GridCode): LevelOrNone => {
    for (let at: GridCode | null = code; at !== null; at = registry.grids.get(at)?.parent ?? null) {
      const level = named.get(at);
      if (level !== undefined) return level;
    }
    return 'none';
  };
  return { own, at: (code) => worse(own(code), below.get(code) ?? 'none') };
}
