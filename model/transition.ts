/** A transition: a rule's condition at a subject changed its level or its data; what alerts are made of. */
import type { EdgeAct } from '#model/edge-event.ts';
import type { LevelOrNone } from '#model/level.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import type { Hazard, PointId } from '#model/registry.ts';
import type { FigureUnit } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

/** A hazard point, a gateway for conditions about the system itself, or the area of a warning. */
export type Subject =
  | { readonly kind: 'point'; readonly id: PointId }
  | { readonly kind: 'edge'; readonly id: string }
  | { readonly kind: 'area'; readonly id: string };
export const subjectKey = (subject: Subject): string => `${subject.kind}:${subject.id}`;

/** What the decision rested on. Values are whole steps of the quantity (per hour for a rate). */
export type Evidence = {
  readonly sensorId: SensorId | null;
  readonly quantity: QuantityCode | null;
  /** `value`, `rollingSum`, `rate`, `silence`, or the name of a hazard model. */
  readonly measure: string;
  readonly windowMs: number | null;
  readonly value: number | null;
  /** The limit that was crossed, and those of all colours for the chart. */
  readonly limit: number | null;
  readonly limits: readonly { readonly level: LevelOrNone; readonly limit: number }[];
  /** Part of the window for which there were data, 0 to 1; below 1 a sum is a lower bound. */
  readonly coverage: number | null;
  /** What value and limits count, when they are a model's figure and no plain steps of the quantity. */
  readonly figure?: FigureUnit;
  /** When it will come to the worst, as an interval; its early end is the one to act on. */
  readonly forecast?: Forecast;
};

export type Forecast = { readonly fromMs: EpochMs; readonly toMs: EpochMs };

export type Transition = {
  /** `rule@version|subject|partition:pos:n`: the same rows give the same id, so a repeat is recognised. */
  readonly id: string;
  readonly rule: string;
  readonly subject: Subject;
  readonly hazard: Hazard;
  readonly site: 'centre' | 'edge';
  readonly origin: Origin;
  readonly from: LevelOrNone;
  readonly to: LevelOrNone;
  /** `active` at `to`; `cleared` (to is none); `dataLost`: the level stands, its data stopped. `closed`: the rule is gone. */
  readonly condition: 'active' | 'cleared' | 'dataLost' | 'closed';
  /** Event time: the measurement (or tick) that decided. */
  readonly atMs: EpochMs;
  /** When the deciding row came in. */
  readonly decidedAtMs: EpochMs;
  /** The transition would have lain in the past: recorded, moves no siren and calls nobody. */
  readonly late: boolean;
  readonly reason: Text;
  readonly evidence: Evidence;
  readonly partition: number;
  readonly pos: number;
};

/** What an edge did by itself (siren on, muted …): no condition, a note on the record of the point's alerts. */
export type EdgeActNote = {
  readonly kind: 'act';
  /** Like a transition's: the same row gives the same id. */
  readonly id: string;
  readonly edgeId: string;
  readonly pointId: PointId | null;
  readonly output: string;
  readonly act: EdgeAct;
  readonly level: LevelOrNone;
  readonly origin: Origin;
  readonly atMs: EpochMs;
  readonly decidedAtMs: EpochMs;
  /** It lay before the edge's last statement: it is recorded, nobody is told. */
  readonly late: boolean;
  readonly reason: Text;
  readonly partition: number;
  readonly pos: number;
};

/**
 * A sensor's values are doubted from here, or no longer: they are kept, they raise with the doubt in the reason, and they
 * lower nothing. A note on the record of the point's alerts; it calls nobody.
 */
export type DoubtNote = {
  readonly kind: 'doubt';
  readonly id: string;
  /** The rule that doubts. */
  readonly rule: string;
  readonly sensorId: SensorId;
  readonly pointId: PointId;
  readonly origin: Origin;
  readonly doubted: boolean;
  readonly atMs: EpochMs;
  readonly decidedAtMs: EpochMs;
  readonly late: boolean;
  readonly reason: Text;
  readonly partition: number;
  readonly pos: number;
};

/** An entry of the log that alerts read. */
export type Note = EdgeActNote | DoubtNote;
export type Finding = Transition | Note;
export const isNote = (finding: Finding): finding is Note => 'kind' in finding;
export const isAct = (finding: Finding): finding is EdgeActNote => 'kind' in finding && finding.kind === 'act';
export const isDoubt = (finding: Finding): finding is DoubtNote => 'kind' in finding && finding.kind === 'doubt';

/** Conditions are keyed by rule (with version), subject, hazard, where they were judged, and origin. */
export const conditionKey = (transition: Transition): string =>
  [
    transition.rule,
    subjectKey(transition.subject),
    transition.hazard,
    transition.site,
    transition.origin,
    transition.evidence.sensorId ?? '-',
  ].join('|');
