/** An evacuation list's life: opened from the registry, brought up to date, told anew, ordered home, closed. Pure. */
import type { Alert } from '#model/alert.ts';
import type { Evacuation, EvacuationHousehold } from '#model/evacuation.ts';
import { isUnresolved } from '#model/evacuation-count.ts';
import type { Origin } from '#model/reading.ts';
import type { HazardPoint, Household } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';

const entryOf = (point: HazardPoint, household: Household): EvacuationHousehold => ({
  householdId: household.id,
  headName: household.headName,
  phone: household.phone,
  people: household.people,
  gridCode: household.gridCode ?? point.gridCode,
  callerId: household.callerId,
  needsHelp: household.needsHelp ?? [],
  routeId: household.routeId ?? null,
  shelterId: household.shelterId ?? null,
  state: 'waiting',
  arrived: null,
  by: null,
  atMs: null,
  note: '',
});

export type Opening = {
  readonly id: string;
  readonly alertId: string | null;
  readonly origin: Origin;
  readonly by: string;
  readonly atMs: EpochMs;
};

export const openList = (point: HazardPoint, { id, alertId, origin, by, atMs }: Opening): Evacuation => ({
  id,
  pointId: point.id,
  gridCode: point.gridCode,
  alertId,
  origin,
  state: 'open',
  openedAtMs: atMs,
  openedBy: by,
  closedAtMs: null,
  returnOrder: [],
  households: point.households.map((household) => entryOf(point, household)),
  version: 0,
});

export type Updated = {
  readonly list: Evacuation;
  readonly added: readonly string[];
  readonly changed: readonly string[];
};

/** What the registry says of a household, beside what became of it. */
function corrected(before: EvacuationHousehold, now: EvacuationHousehold): EvacuationHousehold {
  const { state, arrived, by, atMs, note } = before;
  return { ...now, state, arrived, by, atMs, note };
}

/**
 * Follows a new registry while the list is in force: new households appear, corrections (a telephone, a caller) hold at
 * once. A household that the registry does not name any more stays: somebody may be in that house.
 */
export function followRegistry(list: Evacuation, point: HazardPoint | undefined): Updated {
  const nothing: Updated = { list, added: [], changed: [] };
  if (point === undefined) return nothing;
  const fresh = new Map(point.households.map((household) => [household.id, entryOf(point, household)]));
  const changed: string[] = [];
  const kept = list.households.map((before) => {
    const entry = fresh.get(before.householdId);
    fresh.delete(before.householdId);
    if (entry === undefined) return before;
    const now = corrected(before, entry);
    if (JSON.stringify(now) === JSON.stringify(before)) return before;
    changed.push(before.householdId);
    return now;
  });
  const added = [...fresh.values()];
  if (added.length + changed.length === 0 && point.gridCode === list.gridCode) return nothing;
  const households = [...kept, ...added];
  return {
    list: { ...list, gridCode: point.gridCode, households },
    added: added.map(({ householdId }) => householdId),
    changed,
  };
}

/**
 * The hazard worsened or came back: whoever was only told is to be told again, and whoever went home is to be fetched
 * again; an order to return is withdrawn. Who is out stays out; who refused or was not found stays on that list.
 */
export function tellAgain(
  list: Evacuation,
  atMs: EpochMs,
): { readonly list: Evacuation; readonly again: readonly string[] } {
  const again: string[] = [];
  const households = list.households.map((household) => {
    if (household.state !== 'told' && household.state !== 'returned') return household;
    again.push(household.householdId);
    return { ...household, state: 'waiting' as const, arrived: null, by: null, atMs, note: '' };
  });
  return { list: { ...list, state: 'open', returnOrder: [], households }, again };
}

/** Those to whom somebody has to go. */
export const unresolved = (list: Evacuation): readonly EvacuationHousehold[] => list.households.filter(isUnresolved);

/** Households that left their homes: they are the ones who return. */
export const isOut = ({ state }: Pick<EvacuationHousehold, 'state'>): boolean => state === 'moved' || state === 'safe';

/** Whether the alert behind the list still stands in the way of going home. */
export type Standing = Pick<Alert, 'condition' | 'lifecycle'> | null;
