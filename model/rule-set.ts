/**
 * A compiled rule set: everything that the engine depends on, resolved per sensor and per point, as plain JSON. It is a
 * row of the journal, so a replay judges by the rules that were in force.
 */
import type { Level } from '#model/level.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import type { Hazard, PointId } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { WaterLimitName } from '#model/water.ts';

/** One colour of one rule. Limits are whole steps of the quantity (per hour for `rate`). */
export type LevelLimit = {
  readonly level: Level;
  /** Raises at value ≥ limit. */
  readonly limit: number;
  /** Lowers at value ≤ limit − deadband. */
  readonly deadband: number;
  /** Raises only after the value has held this long, shown by a sample; 0 at once. */
  readonly onDelayMs: number;
  /** Lowers only after the value has held this long below. */
  readonly offDelayMs: number;
  /** Of the station's own table of levels (model/water.ts), where the rule named it by that. */
  readonly name?: WaterLimitName;
};

/** What is compared with the limits. A further hazard model is one more kind here and one file under rules/models/. */
export type Measure =
  | { readonly kind: 'value' }
  /** Sum of increments over the last `windowMs`, in buckets of `bucketMs`; a missing part makes it a lower bound. */
  | { readonly kind: 'rollingSum'; readonly windowMs: number; readonly bucketMs: number }
  /** Least-squares slope over the last `windowMs`, per hour; undefined below `minSamples`. */
  | { readonly kind: 'rate'; readonly windowMs: number; readonly minSamples: number }
  /** A hazard model of rules/models/registry.ts; it makes a figure of its inputs, which the limits are compared with. */
  | { readonly kind: 'model'; readonly model: string; readonly params: Params; readonly figure: FigureUnit };

/** Plain JSON, as the model's table of parameters made it: durations in ms, all else in the unit that the table names. */
export type Param = number | string | boolean | null | readonly Param[] | { readonly [name: string]: Param };
export type Params = { readonly [name: string]: Param };

/** What a model's figure is: a whole number of `10^-decimals` units. */
export type FigureUnit = {
  readonly name: Text;
  /** As UNIT_TEXT writes it: `mm/d`, `°`, `h`, `%`; empty for a pure number. */
  readonly unit: string;
  readonly decimals: number;
};

/** A further sensor that a model looks at, by the part that it plays there. */
export type ModelInput = { readonly role: string; readonly sensorId: SensorId };

/** When a variant of limits holds, in the county's local time; both parts must be true, a missing part always is. */
export type When = {
  /** Month × 100 + day, both ends included; from > to runs over the new year. */
  readonly fromDate?: number;
  readonly toDate?: number;
  /** Minute of the day; `to` excluded; from > to runs over midnight. */
  readonly fromMinute?: number;
  readonly toMinute?: number;
};

/** Limits by season and time of day: bit i of a mask is set while `whens[i]` holds. */
export type Schedule = {
  readonly whens: readonly When[];
  /** By mask; the mask 0 is `BoundRule.limits`. A mask that cannot come up is left out. */
  readonly limits: { readonly [mask: string]: readonly LevelLimit[] };
};

/** Offsets from UTC of the county's zone, so that an engine needs no table of zones: `offsetsMs[i]` holds from `fromMs[i]`. */
export type ZoneOffsets = {
  readonly zone: string;
  readonly fromMs: readonly EpochMs[];
  readonly offsetsMs: readonly number[];
};

/** Instead of levels: while the figure is at the limit or above, the sensor's values are suspect, and for a while after. */
export type DoubtRule = { readonly limit: number; readonly holdMs: number };

/** A rule bound to one sensor, with the limits that hold there. */
export type BoundRule = {
  /** `rule@version`; the version is a hash of the rule's meaning. */
  readonly rule: string;
  readonly title: Text;
  readonly hazard: Hazard;
  readonly pointId: PointId;
  readonly sensorId: SensorId;
  readonly measure: Measure;
  /** Ascending by level. With `below` they are negated, as are the values: a level raises as the value falls. */
  readonly limits: readonly LevelLimit[];
  readonly below?: true;
  /** Of a model; the rule's own sensor is not among them. */
  readonly inputs?: readonly ModelInput[];
  readonly schedule?: Schedule;
  readonly doubt?: DoubtRule;
};

export type InventorySensor = {
  readonly sensorId: SensorId;
  readonly pointId: PointId;
  readonly edgeId: string;
  readonly quantity: QuantityCode;
  readonly staleAfterMs: number;
  /** Origin of the sensor's edge, for what is said about a sensor before its first batch; `live` when absent. */
  readonly origin?: Origin;
};

export type CompiledRuleSet = {
  readonly version: string;
  readonly tickMs: number;
  /** Needed when a rule has a schedule. */
  readonly zone?: ZoneOffsets;
  /** All sensors of this partition that should report, whether they ever did or not. */
  readonly inventory: readonly InventorySensor[];
  readonly rules: readonly BoundRule[];
  /** Level and title of the conditions that the engine raises by itself about silence. */
  readonly silence: {
    readonly staleLevel: Level;
    readonly gatewayLostLevel: Level;
    readonly gatewayLostAfterMs: number;
  };
};
