/** A drill (演练): the same chain and the same people, marked everywhere, with figures of its own. */
import type { Level } from '#model/level.ts';
import type { GridCode, Hazard, PersonId, PointId, Tier } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

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

export type DrillReader = {
  readonly list: (filter: { readonly gridCodes: readonly GridCode[] }) => readonly Drill[];
  readonly get: (id: string) => Drill | undefined;
};
