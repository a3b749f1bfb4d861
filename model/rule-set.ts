/**
 * A compiled rule set: everything that the engine depends on, resolved per sensor and per point, as plain JSON. It is a
 * row of the journal, so a replay judges by the rules that were in force.
 */
import type { Level } from '#model/level.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import type { Hazard, PointId } from '#model/registry.ts';
import type { Text } from '#model/text.ts';

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
};

/** What is compared with the limits. A further hazard model is one more kind here and one file under rules/models/. */
export type Measure =
  | { readonly kind: 'value' }
  /** Sum of increments over the last `windowMs`, in buckets of `bucketMs`; a missing part makes it a lower bound. */
  | { readonly kind: 'rollingSum'; readonly windowMs: number; readonly bucketMs: number }
  /** Least-squares slope over the last `windowMs`, per hour; undefined below `minSamples`. */
  | { readonly kind: 'rate'; readonly windowMs: number; readonly minSamples: number };

/** A rule bound to one sensor, with the limits that hold there. */
export type BoundRule = {
  /** `rule@version`; the version is a hash of the rule's meaning. */
  readonly rule: string;
  readonly title: Text;
  readonly hazard: Hazard;
  readonly pointId: PointId;
  readonly sensorId: SensorId;
  readonly measure: Measure;
  /** Ascending by level. */
  readonly limits: readonly LevelLimit[];
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
