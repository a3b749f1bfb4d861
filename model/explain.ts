/** Who would be told of an alert at a point, why, by which channels, and what else the policy sets going; in words. */
import type { Recipient } from '#model/alert.ts';
import type { Level } from '#model/level.ts';
import type { CallRule } from '#model/policy.ts';
import type { AlertHazard, GridCode, HazardPoint, PersonId, PointId } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

export type ExplainAsk = {
  readonly pointId: PointId;
  readonly level: Level;
  readonly hazard: AlertHazard;
  readonly atMs: EpochMs;
};

type StandIn = { readonly personId: PersonId; readonly name: string; readonly post: Text; readonly gridCode: GridCode };

export type ExplainedPerson = Recipient & {
  /** Who is asked when he is silent, in this order; empty when the policy asks nobody else. */
  readonly thenDeputies: readonly StandIn[];
  readonly thenAbove: readonly StandIn[];
};

export type PointExplanation = ExplainAsk & {
  readonly pointName: Text;
  /** From the deepest grid to the county. */
  readonly chain: readonly { readonly gridCode: GridCode; readonly name: Text }[];
  readonly policy: string;
  readonly people: readonly ExplainedPerson[];
  readonly lines: readonly { readonly n: number; readonly why: Text; readonly people: number }[];
  /** Posts, desks and grids that are empty. */
  readonly gaps: readonly Text[];
  readonly call: Pick<CallRule, 'ask' | 'tries' | 'withinMs' | 'next'> | null;
  readonly reports: readonly {
    readonly id: string;
    readonly name: Text;
    readonly from: Text;
    readonly to: Text;
    readonly withinMs: number;
    readonly everyMs: number | null;
  }[];
  readonly opensEvacuation: boolean;
  readonly households: number;
  readonly householdPeople: number;
  readonly needHelp: number;
  readonly broadcasts: boolean;
  readonly latches: boolean;
  /** All of it as sentences, one a line. */
  readonly sentences: readonly Text[];
};

const HAZARD_OF: { readonly [K in HazardPoint['kind']]: AlertHazard } = {
  slope: 'landslide',
  reservoir: 'flood',
  river: 'flood',
  'rain-station': 'rainstorm',
  warehouse: 'fire',
};
/** What is feared first at a point of this kind. */
export const hazardOf = (point: Pick<HazardPoint, 'kind'>): AlertHazard => HAZARD_OF[point.kind];
