/** The evacuation list of a hazard point while it is in force: every household, its state, by whom and when. */
import type { Origin } from '#model/reading.ts';
import type { GridCode, PersonId, PointId } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

/** 未通知、已通知、已转移、拒绝、未找到、安全在外、已返回. */
export const HOUSEHOLD_STATES = ['waiting', 'told', 'moved', 'refused', 'notFound', 'safe', 'returned'] as const;
export type HouseholdState = (typeof HOUSEHOLD_STATES)[number];
export const HOUSEHOLD_STATE_TEXT: { readonly [S in HouseholdState]: Text } = {
  waiting: { zh: '未通知', en: 'not yet told' },
  told: { zh: '已通知', en: 'told' },
  moved: { zh: '已转移', en: 'moved' },
  refused: { zh: '拒绝转移', en: 'refused' },
  notFound: { zh: '未找到', en: 'not found' },
  safe: { zh: '安全在外', en: 'safe elsewhere' },
  returned: { zh: '已返回', en: 'returned' },
};

/** A household as it stood on the list when the list was opened, and what became of it. */
export type EvacuationHousehold = {
  readonly householdId: string;
  readonly headName: string;
  readonly phone: string;
  readonly people: number;
  readonly gridCode: GridCode;
  readonly callerId: PersonId;
  readonly needsHelp: readonly string[];
  readonly routeId: string | null;
  readonly shelterId: string | null;
  readonly state: HouseholdState;
  /** People counted at the shelter, when somebody counted. */
  readonly arrived: number | null;
  readonly by: PersonId | null;
  readonly atMs: EpochMs | null;
  readonly note: string;
};

export type Evacuation = {
  readonly id: string;
  readonly pointId: PointId;
  readonly gridCode: GridCode;
  /** Null: opened by hand. */
  readonly alertId: string | null;
  readonly origin: Origin;
  /** `returning`: the order to go home was given, in `returnOrder` (household ids, first to last). */
  readonly state: 'open' | 'returning' | 'closed';
  readonly openedAtMs: EpochMs;
  readonly openedBy: string;
  readonly closedAtMs: EpochMs | null;
  readonly returnOrder: readonly string[];
  readonly households: readonly EvacuationHousehold[];
  readonly version: number;
};

export type EvacuationCount = {
  readonly gridCode: GridCode;
  readonly households: number;
  readonly people: number;
  readonly byState: { readonly [S in HouseholdState]: { readonly households: number; readonly people: number } };
};

export type EvacuationReader = {
  readonly list: (filter: {
    readonly gridCodes: readonly GridCode[];
    readonly open?: boolean;
    readonly origin?: Origin;
  }) => readonly Evacuation[];
  readonly get: (id: string) => Evacuation | undefined;
};
