/** Where a subject lies in the grid tree: a point in the grid that contains it, a gateway in its township. */
import { ancestry, type GridCode, type Registry } from '#model/registry.ts';
import type { Subject } from '#model/transition.ts';

/** The subject's deepest grid. A subject that the registry does not know is the county's own affair. */
export function gridOf(subject: Subject, registry: Registry): GridCode {
  if (subject.kind === 'point') return registry.points.get(subject.id)?.gridCode ?? registry.county.code;
  const township = registry.edges.get(subject.id)?.township;
  return township !== undefined && registry.grids.has(township) ? township : registry.county.code;
}

/** `/deepest/…/county/`: whoever may see one of these grids may see what lies there. */
export const gridPath = (gridCode: GridCode, registry: Registry): string => {
  const codes = ancestry(registry, gridCode).map((grid) => grid.code);
  return `/${(codes.length === 0 ? [gridCode] : codes).join('/')}/`;
};
