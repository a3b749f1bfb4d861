/**
 * A recording in memory, as columns: what sensors measured, in the order of its file, and what truly happened then. The
 * readers of files make it; a backtest replays it. 16 bytes a reading, 17 where a reading is suspect or missing.
 */
import type { QuantityCode } from '#model/quantity.ts';
import type { SensorId } from '#model/reading.ts';
import type { Hazard, HazardPoint } from '#model/registry.ts';
import type { Lint } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';

export const MARK_GOOD = 0;
/** Keeps its value, raises with a doubt, lowers nothing. */
export const MARK_SUSPECT = 1;
/** The sensor had no value; `values` holds 0, which means nothing. */
export const MARK_BAD = 2;

/** A run of readings; only the first `count` of each column are used. */
export type RecordedColumns = {
  readonly count: number;
  /** Index into `Recording.sensors`. */
  readonly sensor: Int32Array;
  readonly atMs: Float64Array;
  /** Whole steps of the sensor's quantity. */
  readonly values: Int32Array;
  /** MARK_GOOD, MARK_SUSPECT or MARK_BAD; left out where all are good. */
  readonly marks?: Uint8Array;
};

export type RecordedSensor = {
  readonly sensorId: SensorId;
  readonly quantity: QuantityCode;
  /** The commonest distance between two of its readings. */
  readonly stepMs: number;
  readonly readings: number;
  /** What the recording or its inventory says of the place; null where they say nothing. */
  readonly pointId: string | null;
  readonly kind: HazardPoint['kind'] | null;
  /** Fire zone inside the point. */
  readonly zone: string | null;
  readonly lon: number | null;
  readonly lat: number | null;
  readonly staleAfterMs: number | null;
};

export type Recording = {
  readonly sensors: readonly RecordedSensor[];
  /** In the order of the files. A sensor's own order is kept: a clock that was set back shows. */
  readonly chunks: readonly RecordedColumns[];
  readonly readings: number;
  /** No reading is older than the one before it, over all sensors: it can be replayed as it lies. */
  readonly inOrder: boolean;
  /** IANA zone of the recording's own stamps, when it has one; `UTC` for stamps with an offset of their own. */
  readonly zone: string | null;
  /** What a reader should know: warnings with their lines. */
  readonly notes: readonly Lint[];
};

/** Something that truly happened, as its source tells it; both ends belong to it. */
export type TrueEvent = {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly name: string;
  readonly hazard: Hazard | null;
  /** Where the source says so: a point or a place by name. */
  readonly place: string | null;
  readonly source: string | null;
};
