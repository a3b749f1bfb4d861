/** Where an object lies: the grid by which a request about it is measured. A new kind of object is one line here. */
import type { GridCode } from '#model/registry.ts';
import type { Scope } from '../access.ts';
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
