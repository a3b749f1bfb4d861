/** The grids that count at an instant: the subject's grid and all above it, those whose code is in force. */
import { ancestry, type Grid, type GridCode, isInForce, type Registry } from '#model/registry.ts';
import { type EpochMs, formatInZone } from '#model/time.ts';

/** Asks for the day only where a grid has dates at all, which few have. */
export function inForceAt(atMs: EpochMs, zone: string): (grid: Grid) => boolean {
  let day: string | undefined;
  return (grid) => {
    if (grid.validFrom === undefined && grid.validTo === undefined) return true;
    day ??= formatInZone(atMs, zone).slice(0, 10);
    return isInForce(grid, day);
  };
}

export type Chain = {
  /** Deepest first. */
  readonly all: readonly Grid[];
  readonly inForce: readonly Grid[];
};

/** A grid that the registry does not know is the county's own affair. */
export function chainOf(registry: Registry, code: GridCode, atMs: EpochMs): Chain {
  const found = ancestry(registry, code);
  const all = found.length > 0 ? found : ancestry(registry, registry.county.code);
  return { all, inForce: all.filter(inForceAt(atMs, registry.county.zone)) };
}
