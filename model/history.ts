/** History as its readers see it: gaps stay gaps, quality is kept, origins stay apart. */
import type { BadReason, Flag, Origin, SensorId } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';

export type HistoryPoint = {
  readonly atMs: EpochMs;
  /** Undefined exactly when the quality is bad. */
  readonly value: number | undefined;
  readonly raw: number | undefined;
  readonly quality: 'good' | 'suspect' | 'bad';
  readonly flags: readonly Flag[];
  /** Why there is no value; set exactly when the quality is bad. */
  readonly reason?: BadReason;
};

export type HistoryReader = {
  /** Readings of one sensor with from ≤ measuredAt < to, ascending, at most `limit` (the newest when `newest`). */
  readonly range: (
    sensorId: SensorId,
    fromMs: EpochMs,
    toMs: EpochMs,
    limit: number,
    newest?: boolean,
  ) => readonly HistoryPoint[];
  /** The newest reading of each sensor asked for. */
  readonly latest: (sensorIds: readonly SensorId[]) => ReadonlyMap<SensorId, HistoryPoint>;
  /** How many readings are stored in all, and per sensor; for audits such as the chaos run. */
  readonly counts: () => ReadonlyMap<SensorId, number>;
  readonly close: () => void;
};

/**
 * Lengths of stored summaries. Minutes and hours begin at whole ones of UTC; a day is the county's calendar day, so that
 * a day of rain that begins at 08:00 is made from hours.
 */
export const RESOLUTIONS = ['1m', '10m', '1h', '1d'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** What a stretch of time held, in the quantity's steps. A stretch without any reading has no bucket: a gap stays a gap. */
export type Bucket = {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  /** Good values; `min` … `last` are over these and undefined when there is none. */
  readonly n: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Of increments the amount that fell; of levels only of use as `sum / n`. */
  readonly sum: number;
  readonly last: number | undefined;
  /** Readings that bore a doubt, and such that brought no value. */
  readonly suspect: number;
  readonly bad: number;
};

/** One series' readings of one day in UTC: enough to prove two stores equal, or to find where they are not. */
export type DayTally = {
  readonly sensorId: SensorId;
  readonly origin: Origin;
  /** Midnight UTC. */
  readonly dayMs: EpochMs;
  readonly n: number;
  /** Order does not matter; every part of a reading does (model/tally.ts). */
  readonly checksum: string;
};

export type HistoryUnread = {
  readonly kind: 'away' | 'refused' | 'tooMuch';
  readonly message: string;
};

/** What a question to history is rejected with; anything else is a bug. */
export class HistoryUnreadError extends Error {
  readonly kind: HistoryUnread['kind'];

  constructor(unread: HistoryUnread, cause?: unknown) {
    super(unread.message, cause === undefined ? undefined : { cause });
    this.name = 'HistoryUnreadError';
    this.kind = unread.kind;
  }
}

/** Long questions to a store, answered beside the caller's own loop; embedded and InfluxDB answer alike. */
export type HistoryQuery = {
  readonly range: (ask: {
    readonly sensorId: SensorId;
    readonly origin: Origin;
    readonly fromMs: EpochMs;
    readonly toMs: EpochMs;
    /** At most so many, the newest when `newest`. */
    readonly limit: number;
    readonly newest?: boolean;
  }) => Promise<readonly HistoryPoint[]>;
  /** Buckets that begin in from ≤ t < to, ascending; a sensor without any is not in the map. */
  readonly buckets: (ask: {
    readonly sensorIds: readonly SensorId[];
    readonly origin: Origin;
    readonly fromMs: EpochMs;
    readonly toMs: EpochMs;
    readonly resolution: Resolution;
  }) => Promise<ReadonlyMap<SensorId, readonly Bucket[]>>;
  readonly latest: (sensorIds: readonly SensorId[], origin: Origin) => Promise<ReadonlyMap<SensorId, HistoryPoint>>;
  readonly tallies: (ask: { readonly fromMs: EpochMs; readonly toMs: EpochMs }) => Promise<readonly DayTally[]>;
  readonly close: () => Promise<void>;
};

/** An InfluxDB that the county runs; the embedded history stays beside it. */
export type InfluxTarget = {
  readonly version: 1 | 2 | 3;
  readonly url: string;
  /** Of 1.x and 3.x; of 2.x the name that InfluxQL knows the bucket by (a DBRP mapping), the bucket's own when absent. */
  readonly database?: string;
  /** Of 2.x. */
  readonly org?: string;
  readonly bucket?: string;
  /** Holds the token, or of 1.x `user:password`; absent where the server asks for none. */
  readonly tokenFile?: string;
};

/** How long the embedded history keeps what; a duration of 0 keeps for ever. Summaries outlive the readings they are of. */
export type Retention = { readonly rawMs: number } & { readonly [resolution in Resolution]: number };

export type HistoryConfig = {
  readonly retention: Retention;
  /** Absent: the embedded history alone. */
  readonly influx?: InfluxTarget;
};

const YEAR_MS = 365 * 86_400_000;
/** Three years of readings, ten of minutes; hours and days for ever. */
export const DEFAULT_RETENTION: Retention = {
  rawMs: 3 * YEAR_MS,
  '1m': 10 * YEAR_MS,
  '10m': 10 * YEAR_MS,
  '1h': 0,
  '1d': 0,
};
