/**
 * What a hazard model is: one file of this folder and one line in registry.ts. A model makes a figure of the samples of
 * its inputs; the levels, their deadbands and delays, what a gap or a doubt means, are the engine's (latch.ts). A model is
 * pure, and keeps all that it remembers in the numbers that it is lent: a snapshot is those numbers.
 */
import type { QuantityCode } from '#model/quantity.ts';
import type { FigureUnit, Params } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Forecast } from '#model/transition.ts';
import type { ParamTable } from './params.ts';

/** A reading of one input. */
export type ModelSample = {
  readonly atMs: EpochMs;
  /** Whole steps of the input's quantity; for an increment what was added since the reading before. */
  readonly value: number;
  readonly suspect: boolean;
  /** The first count of a counter: a base, its value is 0, and nothing is known of the time before. */
  readonly first: boolean;
  /** Not older than what this input gave before; a late one belongs where its stamp says. */
  readonly inOrder: boolean;
  /** A hole longer than the sensor's allowance lies before it. */
  readonly afterGap: boolean;
  /** When its row came in. */
  readonly nowMs: EpochMs;
};

/** A sensor that a binding looks at; number 0 is the rule's own. */
export type ModelSensor = {
  /** `own` for number 0, `member` for the others of its group, else the role that the model's table names. */
  readonly role: string;
  readonly sensorId: string;
  readonly quantity: QuantityCode;
  /** Silence longer than this is a gap. */
  readonly staleAfterMs: number;
};

/** One binding of a model: its parameters, its sensors and its memory (all 0 before the first sample). */
export type Place<P> = {
  readonly params: P;
  readonly sensors: readonly ModelSensor[];
  readonly memory: Float64Array;
};

/** What the limits are compared with, and how far it can be believed. */
export type Figure = {
  /** In the figure's unit (not in steps). Finite; a model that has nothing to say gives no figure. */
  readonly value: number;
  /** Part of what the model wanted to see that was there, 0 to 1; null when that has no meaning. */
  readonly coverage: number | null;
  /** False when the figure is a lower bound or rests on too little: then it may raise and never lowers. */
  readonly mayLower: boolean;
  /** The truth may be higher: it breaks off no pending rise. */
  readonly mayBeMore: boolean;
  /** What was found, with its numbers and units, without the limit: `3 小时雨量 66 mm`. Called only when it is needed. */
  readonly say: () => Text;
  readonly forecast?: Forecast;
};

/** Which further sensors a model looks at. */
export type RoleSpec = {
  readonly role: string;
  /** Quantities that may play the part; the rule's own when left out. */
  readonly quantities?: readonly QuantityCode[];
  /**
   * Where they are looked for when the rule does not name them under `inputs`: at the same point, within a distance of it
   * (`inputs: { neighbours: { within: 10km } }`), or nowhere else (`named`).
   */
  readonly from: 'point' | 'near' | 'named';
  readonly many: boolean;
  /** Fewer than this and the rule cannot be bound there (a finding of `fengsui check`). */
  readonly min: number;
  /** Of those that were found and not named, the nearest so many; a figure costs a look at each of them. */
  readonly most?: number;
  /** What it is for, in English, for the documentation. */
  readonly doc: string;
};

export type HazardModel<P = Params> = {
  /** As rule files write it under `measure: { kind }`. */
  readonly kind: string;
  /** One sentence with what it is and its source (standard and clause, paper); for the documentation. */
  readonly doc: string;
  /** Quantities of the rule's own sensor. */
  readonly quantities: readonly QuantityCode[];
  readonly params: ParamTable;
  /**
   * `sensor`: one binding for each sensor that the rule selects. `group`: one for all of a point, or of a zone of it
   * (`per: zone` in the rule); the first is the rule's own, the others come as `member`.
   */
  readonly per: 'sensor' | 'group';
  readonly roles?: readonly RoleSpec[];
  /** A figure that is worse the lower it is (time left): limits descend, a level raises at figure ≤ limit. */
  readonly below?: true;
  readonly figure: (params: P, quantity: QuantityCode) => FigureUnit;
  /** The greatest figure that it ever gives, in the figure's unit: a limit beyond it says nothing. */
  readonly most?: (params: P) => number | null;
  /** With a hole in the data its figure is a lower bound: a rule that raises downwards would raise at the hole. */
  readonly upwardsOnly?: true;
  /** Made to doubt a sensor: its figure does not fall by itself, so levels would stand for ever. */
  readonly doubtsOnly?: true;
  /** Default on-delay, off-delay (ms) and deadband (part of the limit). */
  readonly defaults: { readonly onDelayMs: number; readonly offDelayMs: number; readonly deadbandPart: number };
  /** Numbers of memory that a binding needs: fixed, so that what a county costs is known before it runs. */
  readonly numbers: (params: P, sensors: number) => number;
  /** What cannot hold in these parameters together; `path` is the parameter's name. */
  readonly check?: (
    params: P,
  ) => readonly { readonly path: string; readonly message: string; readonly mend?: string }[];
  /** What it names and none of the sensors of a place has: told once as a warning, the rule is bound all the same. */
  readonly unseen?: (params: P, sensors: readonly Pick<ModelSensor, 'sensorId' | 'quantity'>[]) => readonly string[];
  /** Takes a sample of sensor number `input` in. Undefined: nothing to say (no reference yet): levels stay as they are. */
  readonly step: (place: Place<P>, input: number, sample: ModelSample) => Figure | undefined;
  /** Time went by without a sample: for what absence itself says. Called at ticks, at most once a minute. */
  readonly tick?: (place: Place<P>, nowMs: EpochMs) => Figure | undefined;
  /** Silence is what it looks for: its conditions lose no data when its sensors fall silent. */
  readonly ofAbsence?: true;
  /** The window that the figure stands for, for charts and evidence; null without one. */
  readonly windowMs?: (params: P) => number | null;
};

/** A model for the registry: its parameters are known to its own file only, where its table made them. */
export const defineModel = <P extends Params>(model: HazardModel<P>): HazardModel => model as unknown as HazardModel;
