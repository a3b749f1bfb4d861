/** Where an object lies: the grid by which a request about it is measured. A new kind of object is one line here. */
import type { GridCode } from '#model/registry.ts';
import type { Route, Scope } from '../access.ts';
import { touchedGrid } from '../touched.ts';
import type { Viewer } from '../viewer.ts';
import type { Desk } from './exchange.ts';

export type ObjectScope = Exclude<Scope, 'none' | 'list' | 'county' | 'sensor'>;

/** Undefined when there is no such object. */
export const PLACES: { readonly [S in ObjectScope]: (desk: Desk, id: string) => GridCode | undefined } = {
  alert: (desk, id) => desk.alerts.get(id)?.gridCode,
  point: (desk, id) => desk.ports.registry.current().points.get(id)?.gridCode,
  grid: (desk, id) => (desk.ports.registry.current().grids.has(id) ? id : undefined),
  evacuation: (desk, id) => desk.ports.parts.evacuations.get(id)?.gridCode,
  // A warning belongs to the county; whoever is touched by it reads it in his list.
  warning: (desk, id) =>
    desk.ports.parts.warnings.get(id) === undefined ? undefined : desk.ports.registry.current().county.code,
  report: (desk, id) => desk.ports.parts.reports.get(id)?.gridCode,
  drill: (desk, id) => desk.ports.parts.drills.get(id)?.gridCode,
};

/**
 * An area's alert lies wherever its warning touches: whoever holds a post there reads and answers it as one of his own. What
 * ends it is measured at the county, as its grid says; then, and for any other object, there is no answer here.
 */
export function placeOfArea(desk: Desk, route: Route, id: string, viewer: Viewer | null): GridCode | undefined {
  if (route.scope !== 'alert' || viewer === null) return undefined;
  if (route.who === 'posts' && !route.posts.includes('member')) return undefined;
  const { areas } = desk.alerts.get(id) ?? {};
  return areas === undefined ? undefined : touchedGrid(desk.ports.registry.current(), viewer, areas);
}
