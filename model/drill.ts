/** A drill (演练): the same chain and the same people, marked everywhere, with figures of its own. */
import type { Level } from '#model/level.ts';
import type { GridCode, Hazard, PersonId, PointId, Tier } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

/** A drill's id, from the command that starts it: whoever gave it knows it before it is taken. */
export const drillIdOf = (commandId: string): string => `d${commandId.replace(/[^A-Za-z0-9]/g, '').slice(0, 16)}`;

export type DrillStep = {
  /** From the drill's start. */
  readonly afterMs: number;
  readonly pointId: PointId;
  readonly hazard: Hazard;
  /** `none`: over. */
  readonly level: Level | 'none';
  readonly reason: Text;
};

export type DrillPlan = {
  readonly name: Text;
  readonly gridCode: GridCode;
  /** Real sirens, speakers and broadcast sound as well; false unless the drill says so. */
  readonly broadcast: boolean;
  readonly endsAfterMs: number;
  readonly steps: readonly DrillStep[];
};

export type Drill = DrillPlan & {
  readonly id: string;
  readonly state: 'running' | 'ended';
  readonly startedAtMs: EpochMs;
  readonly startedBy: PersonId;
  readonly endedAtMs: EpochMs | null;
  readonly stepsDone: number;
  readonly alertIds: readonly string[];
};

/** Times of one person in a drill; null where it did not come to that. */
export type DrillTime = {
  readonly personId: PersonId;
  readonly name: string;
  readonly tier: Tier;
  readonly gridCode: GridCode;
  readonly alertId: string;
  readonly askedAtMs: EpochMs;
  readonly sentMs: number | null;
  readonly answeredMs: number | null;
  readonly outcome: string;
};

/** What became of the messages of one channel. */
export type DrillChannel = {
  readonly channel: string;
  readonly messages: number;
  readonly byState: { readonly [state: string]: number };
};

/** Times in milliseconds from the asking; null where nobody did. */
export type DrillTier = {
  readonly tier: Tier;
  readonly asked: number;
  readonly answered: number;
  readonly notReached: number;
  readonly medianAnswerMs: number | null;
  readonly slowestAnswerMs: number | null;
  /** Answered within five minutes of being asked. */
  readonly inTime: number;
};

export type DrillEvacuation = {
  readonly evacuationId: string;
  readonly pointId: PointId;
  readonly households: number;
  readonly people: number;
  /** Households and people that were moved or safe at the end. */
  readonly outHouseholds: number;
  readonly outPeople: number;
  readonly firstOutMs: number | null;
  readonly lastOutMs: number | null;
};

/** Made once, as the drill ends; its hash stands in the ledger. */
export type DrillReport = {
  readonly drillId: string;
  readonly name: Text;
  readonly gridCode: GridCode;
  readonly broadcast: boolean;
  readonly startedAtMs: EpochMs;
  readonly endedAtMs: EpochMs;
  /** A person, or `alerts` when its time was up. */
  readonly endedBy: string;
  readonly stepsDone: number;
  readonly steps: number;
  readonly alertIds: readonly string[];
  readonly times: readonly DrillTime[];
  readonly tiers: readonly DrillTier[];
  readonly notReached: readonly DrillTime[];
  readonly evacuations: readonly DrillEvacuation[];
  readonly channels: readonly DrillChannel[];
  /** The report in words. */
  readonly text: Text;
};

export type DrillReader = {
  /** Null while it runs; undefined when there is no such drill. */
  readonly report: (id: string) => DrillReport | null | undefined;
  readonly list: (filter: { readonly gridCodes: readonly GridCode[] }) => readonly Drill[];
  readonly get: (id: string) => Drill | undefined;
};
