/**
 * A recording as the backtest takes it: one column set a sensor, in the file's own order. Readers of files make it
 * (simulators/recorded), the runner merges it in time. Steps that a file leaves out because nothing fell are rows of 0
 * here; steps that it leaves out because nothing was measured are no rows.
 */
import type { QuantityCode } from '#model/quantity.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import type { HazardPoint, PointId } from '#model/registry.ts';
import type { Lint } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';

/** Marks of a row; they are the engine's. */
export const ROW_GOOD = 0;
export const ROW_SUSPECT = 1;
/** The first count of a counter: a base, nothing is known of the time before. */
export const ROW_FIRST = 2;
/** The station wrote a row and had no value; the row's `values` is 0 and means nothing. */
export const ROW_MISSING = 3;
/** There is a row, and the station itself was not heard: no sign of life. */
export const ROW_UNHEARD = 4;
/** Whether a row with this mark has a value. */
export const hasValue = (mark: number): boolean => mark < ROW_MISSING;

export type SeriesColumns = {
  readonly count: number;
  /** As recorded: a clock that was set back shows as a stamp below the one before. Longer than `count` is allowed. */
  readonly atMs: Float64Array;
  /** Whole steps of the sensor's quantity; for an increment, what fell since the row before. */
  readonly values: Int32Array;
  /** Left out when every row is good. */
  readonly marks?: Uint8Array;
};

/** What the inventory, or the file, says of a sensor. */
export type RecordedSensor = {
  readonly sensorId: SensorId;
  readonly quantity: QuantityCode;
  /** Default: a point of its own, named as the sensor. */
  readonly pointId?: PointId;
  /** Default: a point of any kind, so that a rule's `where: { kinds }` holds for it. */
  readonly kind?: HazardPoint['kind'];
  /** Zone of a building; sensors of one zone judge together where a rule is `per: zone`. */
  readonly zone?: string;
  /** Where it stands; sensors of a recording that says nothing are taken as neighbours of each other. */
  readonly lon?: number;
  readonly lat?: number;
  /** The station's step; default: the median of the recording's. */
  readonly stepMs?: number;
  /** Silence longer than this is stale; default: three steps, and ten minutes at least. */
  readonly staleAfterMs?: number;
};

/** What the file, or its reader, says about a row: a clock set back, a value out of bounds. */
export type RowFlag = { readonly atMs: EpochMs; readonly flag: string };

export type RecordingSeries = {
  readonly sensor: RecordedSensor;
  readonly columns: SeriesColumns;
  readonly flags?: readonly RowFlag[];
};

export type Recording = {
  /** Where its rows came from, when they came to a centre; default `replay`. */
  readonly origin?: Origin;
  /** IANA zone of the data's own times. */
  readonly zone: string;
  readonly series: readonly RecordingSeries[];
  /** What a reader of the report should know about the files; warnings. */
  readonly notes: readonly Lint[];
};
