/** Evacuation lists over HTTP: whom the viewer sees on a list, in full or masked, and the figures. */
import { type Evacuation, type EvacuationHousehold, HOUSEHOLD_STATE_TEXT } from '#model/evacuation.ts';
import {
  countByGrid,
  countHouseholds,
  householdsOf,
  isUnresolved,
  missingOf,
  shelterLoads,
} from '#model/evacuation-count.ts';
import type { Origin } from '#model/reading.ts';
import { type GridCode, inSubtree, type Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { homeView, knowsHome } from './privacy.ts';
import { sees, type Viewer } from './viewer.ts';
import { iso } from './wire.ts';

const nameOf = (named: { readonly name: Text } | undefined, id: string): Text => named?.name ?? { zh: id, en: id };
const isoOrNull = (atMs: number | null): string | null => (atMs === null ? null : iso(atMs));

/** All of them over the point; otherwise those whom he calls and those of his own grids. Empty: the list is not his. */
export const seenHouseholds = (registry: Registry, viewer: Viewer, list: Evacuation): readonly EvacuationHousehold[] =>
  sees(registry, viewer, list.gridCode)
    ? list.households
    : list.households.filter(({ callerId, gridCode }) => callerId === viewer.id || sees(registry, viewer, gridCode));

/** Somebody looks at a list before it has households, too: then his post over the point counts. */
export const seesList = (registry: Registry, viewer: Viewer, list: Evacuation): boolean =>
  sees(registry, viewer, list.gridCode) || seenHouseholds(registry, viewer, list).length > 0;

function householdJson(registry: Registry, viewer: Viewer, list: Evacuation, household: EvacuationHousehold) {
  const full = knowsHome(registry, viewer, household, [list.gridCode, household.gridCode]);
  const { householdId, people, gridCode, callerId, routeId, shelterId, state, arrived, by, atMs, note } = household;
  return {
    householdId,
    ...homeView(household, full),
    people,
    gridCode,
    callerId,
    callerName: registry.people.get(callerId)?.name ?? callerId,
    routeId,
    shelterId,
    state,
    stateText: HOUSEHOLD_STATE_TEXT[state],
    arrived,
    missing: missingOf(household),
    by,
    byName: by === null ? null : (registry.people.get(by)?.name ?? by),
    at: isoOrNull(atMs),
    atMs,
    note: full ? note : '',
  };
}

const loadsJson = (registry: Registry, households: readonly EvacuationHousehold[]) =>
  shelterLoads(households, registry).map((load) => ({
    ...load,
    name: nameOf(registry.shelters?.get(load.shelterId), load.shelterId),
  }));

/** Without its households, as it stands in a list of lists; figures are of the households that the viewer sees. */
export function evacuationHead(registry: Registry, viewer: Viewer, list: Evacuation) {
  const seen = seenHouseholds(registry, viewer, list);
  const { households, people, byState } = countHouseholds(list.gridCode, seen);
  return {
    id: list.id,
    pointId: list.pointId,
    pointName: nameOf(registry.points.get(list.pointId), list.pointId),
    gridCode: list.gridCode,
    gridName: nameOf(registry.grids.get(list.gridCode), list.gridCode),
    alertId: list.alertId,
    origin: list.origin,
    state: list.state,
    openedAt: iso(list.openedAtMs),
    openedAtMs: list.openedAtMs,
    openedBy: list.openedBy,
    closedAt: isoOrNull(list.closedAtMs),
    version: list.version,
    count: { households, people, byState, unresolved: seen.filter(isUnresolved).length },
  };
}

export function evacuationJson(registry: Registry, viewer: Viewer, list: Evacuation) {
  const seen = seenHouseholds(registry, viewer, list);
  const ids = new Set(seen.map(({ householdId }) => householdId));
  return {
    ...evacuationHead(registry, viewer, list),
    returnOrder: list.returnOrder.filter((id) => ids.has(id)),
    shelters: loadsJson(registry, seen),
    /** Refused, not found, or arrived with fewer people than the household has: somebody has to go there. */
    unresolved: seen.filter(isUnresolved).map(({ householdId }) => householdId),
    households: seen.map((household) => householdJson(registry, viewer, list, household)),
  };
}
export type EvacuationJson = ReturnType<typeof evacuationJson>;

/** Drill and real never in one figure: counts are by origin, and by grid within the viewer's subtrees. */
export function countsJson(registry: Registry, viewer: Viewer, lists: readonly Evacuation[], grid?: GridCode) {
  const wanted = (code: GridCode): boolean =>
    sees(registry, viewer, code) && (grid === undefined || inSubtree(registry, code, grid));
  return [...Map.groupBy(lists, ({ origin }) => origin)].map(([origin, own]: [Origin, readonly Evacuation[]]) => {
    const households = householdsOf(own).filter(({ gridCode }) => wanted(gridCode));
    return {
      origin,
      grids: countByGrid(households, registry)
        .filter(({ gridCode }) => wanted(gridCode))
        .map((count) => {
          const found = registry.grids.get(count.gridCode);
          const inside = households.filter((one) => inSubtree(registry, one.gridCode, count.gridCode));
          return {
            ...count,
            gridName: nameOf(found, count.gridCode),
            tier: found?.tier ?? null,
            unresolved: inside.filter(isUnresolved).length,
            missing: inside.reduce((sum, one) => sum + missingOf(one), 0),
          };
        }),
      // A shelter is filled by everybody who goes there, from whichever grid.
      shelters: loadsJson(registry, householdsOf(own)).filter(({ shelterId }) => {
        const place = registry.shelters?.get(shelterId)?.gridCode;
        return place !== undefined && wanted(place);
      }),
    };
  });
}
