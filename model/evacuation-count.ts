/** The figures of an evacuation: households and people by state and grid, who is still missing, how full each shelter is. */
import {
  type Evacuation,
  type EvacuationCount,
  type EvacuationHousehold,
  HOUSEHOLD_STATES,
  type HouseholdState,
} from '#model/evacuation.ts';
import { ancestry, type GridCode, type Registry } from '#model/registry.ts';

type Counted = Pick<EvacuationHousehold, 'people' | 'state'>;
type Sum = { households: number; people: number };

export function countHouseholds(gridCode: GridCode, households: readonly Counted[]): EvacuationCount {
  const byState = Object.fromEntries(HOUSEHOLD_STATES.map((state) => [state, { households: 0, people: 0 }])) as {
    [S in HouseholdState]: Sum;
  };
  const all: Sum = { households: 0, people: 0 };
  for (const { state, people } of households)
    for (const sum of [all, byState[state]]) {
      sum.households++;
      sum.people += people;
    }
  return { gridCode, ...all, byState };
}

/** One count for every grid that has a household, and for all grids above it; the county first, then by code. */
export function countByGrid(
  households: readonly EvacuationHousehold[],
  registry: Pick<Registry, 'grids'>,
): readonly EvacuationCount[] {
  const byGrid = new Map<GridCode, EvacuationHousehold[]>();
  for (const [gridCode, own] of Map.groupBy(households, (household) => household.gridCode)) {
    const chain = ancestry(registry, gridCode).map(({ code }) => code);
    for (const code of chain.length === 0 ? [gridCode] : chain) {
      const list = byGrid.get(code);
      if (list === undefined) byGrid.set(code, [...own]);
      else list.push(...own);
    }
  }
  const tierOf = (code: GridCode): number => registry.grids.get(code)?.tier ?? 9;
  return [...byGrid]
    .map(([code, own]) => countHouseholds(code, own))
    .sort((x, y) => tierOf(x.gridCode) - tierOf(y.gridCode) || (x.gridCode < y.gridCode ? -1 : 1));
}

/** People of a household who went and were not all counted where they arrived. */
export const missingOf = ({
  state,
  people,
  arrived,
}: Pick<EvacuationHousehold, 'state' | 'people' | 'arrived'>): number =>
  state === 'moved' && arrived !== null ? Math.max(0, people - arrived) : 0;

/** Somebody has to go there: it refused, was not found, or arrived without all its people. */
export const isUnresolved = (household: Pick<EvacuationHousehold, 'state' | 'people' | 'arrived'>): boolean =>
  household.state === 'refused' || household.state === 'notFound' || missingOf(household) > 0;

export type ShelterLoad = {
  readonly shelterId: string;
  /** Null: the registry does not know the shelter. */
  readonly capacity: number | null;
  /** People of the lists who are to go there, or are there. */
  readonly expected: number;
  /** Who is there: counted at the door, or the household's number where nobody counted. */
  readonly inside: number;
  /** `short`: it will not hold everybody who is to come; `over`: more are inside than it holds. */
  readonly state: 'room' | 'short' | 'over';
};

/** Of every shelter that a household of these lists is to go to; one shelter may serve several points. */
export function shelterLoads(
  households: readonly EvacuationHousehold[],
  registry: Pick<Registry, 'shelters'>,
): readonly ShelterLoad[] {
  const loads = new Map<string, { expected: number; inside: number }>();
  for (const { shelterId, state, people, arrived } of households) {
    if (shelterId === null) continue;
    const load = loads.get(shelterId) ?? { expected: 0, inside: 0 };
    loads.set(shelterId, load);
    if (state === 'moved') load.inside += arrived ?? people;
    if (state === 'moved') load.expected += arrived ?? people;
    else if (state !== 'safe' && state !== 'returned') load.expected += people;
  }
  return [...loads]
    .map(([shelterId, { expected, inside }]): ShelterLoad => {
      const capacity = registry.shelters?.get(shelterId)?.capacity ?? null;
      const over = capacity !== null && inside > capacity;
      const short = capacity !== null && expected > capacity;
      return { shelterId, capacity, expected, inside, state: over ? 'over' : short ? 'short' : 'room' };
    })
    .sort((x, y) => (x.shelterId < y.shelterId ? -1 : 1));
}

/** Households of these lists, for figures over several points. */
export const householdsOf = (lists: readonly Pick<Evacuation, 'households'>[]): readonly EvacuationHousehold[] =>
  lists.flatMap(({ households }) => households);
