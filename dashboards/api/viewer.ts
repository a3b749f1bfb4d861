/** Decides what a caller stands for: the posts that he holds now, and with them the subtrees that he sees. */
import { ancestry, type GridCode, inSubtree, type PersonId, type Post, type Registry } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';

export type Hold = { readonly gridCode: GridCode; readonly post: Post };

export type Viewer = {
  readonly kind: 'person' | 'token';
  /** Stands in the ledger as the one who did it. */
  readonly id: PersonId;
  readonly name: string;
  readonly holds: readonly Hold[];
};

/** Whoever sits at a duty desk acts as its dispatcher while the shift lasts, for he is told of its alerts. */
export function viewerOfPerson(registry: Registry, personId: PersonId, nowMs: EpochMs): Viewer | null {
  const person = registry.people.get(personId);
  if (person === undefined) return null;
  const duty = registry.duty
    .filter((shift) => shift.fromMs <= nowMs && nowMs < shift.toMs && (shift.a === personId || shift.b === personId))
    .map((shift): Hold => ({ gridCode: shift.gridCode, post: 'dispatcher' }));
  return { kind: 'person', id: personId, name: person.name, holds: [...person.posts, ...duty] };
}

/** The bearer token of scripts on the same machine: the county's dispatcher. */
export const viewerOfToken = (registry: Registry): Viewer => ({
  kind: 'token',
  id: 'api-token',
  name: 'API',
  holds: [{ gridCode: registry.county.code, post: 'dispatcher' }],
});

/** The posts that the viewer holds at a grid or above it; empty when it lies outside his subtrees. */
export function holdsOver(registry: Registry, viewer: Viewer, gridCode: GridCode): readonly Post[] {
  const above = new Set(ancestry(registry, gridCode).map((grid) => grid.code));
  return viewer.holds.filter((hold) => above.has(hold.gridCode)).map((hold) => hold.post);
}

export const sees = (registry: Registry, viewer: Viewer, gridCode: GridCode): boolean =>
  holdsOver(registry, viewer, gridCode).length > 0;

/** The tops of his subtrees, none inside another. */
export function rootsOf(registry: Registry, viewer: Viewer): readonly GridCode[] {
  const codes = [...new Set(viewer.holds.map((hold) => hold.gridCode))].filter((code) => registry.grids.has(code));
  return codes.filter((code) => !codes.some((other) => other !== code && inSubtree(registry, code, other)));
}
