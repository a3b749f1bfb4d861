/**
 * The engine's state: typed arrays, one row a sensor and one a binding (a rule at a sensor), so that a hundred thousand
 * sensors with day-long windows fit in memory, and a snapshot is a copy of bytes.
 */
import type { QuantityCode } from '#model/quantity.ts';
import { ORIGINS, type Origin, type SensorId } from '#model/reading.ts';
import type { PointId } from '#model/registry.ts';
import type { BoundRule, CompiledRuleSet, LevelLimit, ModelInput, ZoneOffsets } from '#model/rule-set.ts';
import type { EpochMs } from '#model/time.ts';
import type { EdgeHearing } from './edge-hearing.ts';
import type { OpenModel } from './models/open-models.ts';

/** A sensor's integers, one cache line of 16. */
export const INTS = 16;
export const HEAD = 0; // newest bucket's number
export const HEAD_POS = 1; // its place in the sensor's ring
export const RING = 2; // where the ring starts, -1 without one
export const BIND_FROM = 3; // bindings [BIND_FROM, SUM_TO) are sums, [SUM_TO, BIND_TO) all others
export const SUM_TO = 4;
export const BIND_TO = 5;
export const SILENT = 6; // 1 while the silence of this sensor is a condition
export const ORIGIN = 7;
export const BRIDGE = 8; // buckets that two data buckets may lie apart and still cover what is between
export const LAST_VALUE = 9;
export const LAST_MARK = 10;
export const STALE_MS = 11;
export const SLACK = 14; // the newest bucket's sum from which on windows have to be looked at
export const HEAD_CELL = 15; // the newest bucket, `sum << 1 | covered`; it enters the ring when the next one begins
/** The double in the same line (integers 12 and 13), in units of 8 bytes. */
export const DOUBLES = 8;
export const LAST_AT = 6; // newest measurement with a value, 0 before the first

/** A binding's hot integers. */
export const BIND = 4;
export const SUM = 0; // without the newest bucket
export const UP_AT = 1; // at or above: something may rise
export const DOWN_AT = 2; // at or below: something may fall
export const COVER = 3; // buckets of the window that have data

export const LEVEL_COUNT = 4;
/** Marks of a reading. */
export const GOOD = 0;
export const SUSPECT = 1;
export const FIRST = 2; // the first count of a counter: a base, nothing is known of the time before
// Of rows without a value; only columns have these.
export const MISSING = 3; // the device answered without one: a sign of life
export const UNHEARD = 4; // it was not heard

/** What rules with the same meaning have in common. `limits` are those of the hour: a schedule changes them. */
export type RuleDef = Pick<BoundRule, 'rule' | 'title' | 'hazard' | 'measure' | 'below' | 'schedule' | 'doubt'> & {
  limits: readonly LevelLimit[];
};

/** A binding of a hazard model: the sensors that it looks at beside its own, and where its memory lies in `cells`. */
export type ModelBinding = {
  readonly binding: number;
  readonly inputs: readonly ModelInput[];
  readonly cellsAt: number;
  readonly cells: number;
};

export type EdgeState = {
  state: 'never' | 'online' | 'lost';
  sinceMs: EpochMs;
  /** Its loss is a condition now. */
  raised: boolean;
  origin: Origin;
};

/** Memory of late samples of one binding: the stretch already told, and its rank. */
export const LATE = 3;
export const LATE_FROM = 0;
export const LATE_TO = 1;
export const LATE_RANK = 2;

export type EngineState = {
  version: string;
  silence: CompiledRuleSet['silence'];
  readonly sensorIds: readonly SensorId[];
  readonly slotOf: ReadonlyMap<SensorId, number>;
  readonly points: readonly PointId[];
  readonly edgeIds: readonly string[];
  readonly edges: EdgeState[];
  readonly defs: readonly RuleDef[];
  readonly quantities: readonly QuantityCode[];
  // By sensor.
  readonly ints: Int32Array;
  /** The same bytes as `ints`. */
  readonly doubles: Float64Array;
  readonly aliveAt: Float64Array;
  /** Silence counts from here at the earliest. */
  readonly allowFrom: Float64Array;
  readonly edgeOf: Int32Array;
  readonly pointOf: Int32Array;
  // Rings of increments: `sum << 1 | covered`.
  readonly bucketMs: number;
  readonly ringLength: number;
  readonly bucketCap: number;
  readonly ring: Int32Array;
  // By binding.
  readonly hot: Int32Array;
  readonly buckets: Int32Array;
  readonly defOf: Int32Array;
  readonly slotOfBinding: Int32Array;
  readonly bindPoint: Int32Array;
  /** Bits of the levels (rank 1 is bit 0) that are on. */
  readonly latch: Uint8Array;
  readonly lost: Uint8Array;
  /** Start of what is pending, one a level, 0 when nothing is. */
  readonly since: Float64Array;
  readonly late: Float64Array;
  // Slopes: which row of `slopes` a binding has, -1 for none.
  readonly slopeOf: Int32Array;
  readonly slopes: Float64Array;
  // Hazard models: which of `models` a binding is, -1 for none; their memory, and the figure they gave last, in steps.
  readonly modelOf: Int32Array;
  readonly models: readonly ModelBinding[];
  readonly cells: Float64Array;
  readonly lastFigure: Float64Array;
  /** Until when the values of a sensor are doubted, 0 while they are not. */
  readonly doubtUntil: Float64Array;
  /** Made of the above, not part of a snapshot. */
  readonly open: OpenModel;
  nextModelTickMs: EpochMs;
  // Schedules.
  zone: ZoneOffsets | null;
  /** Newest row for which the limits of the hour were chosen. */
  limitsAtMs: EpochMs;
  // Silence.
  nextSilenceMs: EpochMs;
  upSinceMs: EpochMs;
  counters: {
    readings: number;
    bad: number;
    unknown: number;
    tooOld: number;
    /** Conditions that an edge said of points that are not its own. */
    foreign: number;
  };
  /** What edges have judged by themselves. */
  hearings: { [edgeId: string]: EdgeHearing };
};

export const originIndex = (origin: Origin): number => ORIGINS.indexOf(origin);
export const originOf = (index: number): Origin => ORIGINS[index] ?? 'live';

/** Highest level whose latch is on. */
export const rankOfBits = (bits: number): number => (bits === 0 ? 0 : 32 - Math.clz32(bits));

export type StateSize = {
  readonly sensors: number;
  readonly bindings: number;
  readonly rings: number;
  readonly ringLength: number;
  readonly slopes: number;
  readonly models: number;
  readonly cells: number;
};

/** The arrays of a state, by name; also the order in which a snapshot writes them. */
export const ARRAYS = [
  'ints',
  'aliveAt',
  'allowFrom',
  'edgeOf',
  'pointOf',
  'ring',
  'hot',
  'buckets',
  'defOf',
  'slotOfBinding',
  'bindPoint',
  'latch',
  'lost',
  'since',
  'late',
  'slopeOf',
  'slopes',
  'modelOf',
  'cells',
  'lastFigure',
  'doubtUntil',
] as const;
export type ArrayName = (typeof ARRAYS)[number];

/** Doubles of one slope: the newest slot's number, then five sums a slot (see models/rate.ts). */
export const SLOPE_SLOTS = 60;
export const SLOPE_SUMS = 5;
export const SLOPE_STRIDE = 1 + SLOPE_SLOTS * SLOPE_SUMS;

export function allocate(size: StateSize) {
  const ints = new Int32Array(size.sensors * INTS);
  return {
    ints,
    doubles: new Float64Array(ints.buffer),
    aliveAt: new Float64Array(size.sensors),
    allowFrom: new Float64Array(size.sensors),
    edgeOf: new Int32Array(size.sensors),
    pointOf: new Int32Array(size.sensors),
    ring: new Int32Array(size.rings * size.ringLength),
    hot: new Int32Array(size.bindings * BIND),
    buckets: new Int32Array(size.bindings),
    defOf: new Int32Array(size.bindings),
    slotOfBinding: new Int32Array(size.bindings),
    bindPoint: new Int32Array(size.bindings),
    latch: new Uint8Array(size.bindings),
    lost: new Uint8Array(size.bindings),
    since: new Float64Array(size.bindings * LEVEL_COUNT),
    late: new Float64Array(size.bindings * LATE),
    slopeOf: new Int32Array(size.bindings).fill(-1),
    slopes: new Float64Array(size.slopes * SLOPE_STRIDE),
    modelOf: new Int32Array(size.bindings).fill(-1),
    cells: new Float64Array(size.cells),
    lastFigure: new Float64Array(size.models).fill(Number.NaN),
    doubtUntil: new Float64Array(size.sensors),
  };
}

export const DEFAULT_BUCKET_MS = 300_000;

const NO_MODELS: OpenModel = { places: [], taps: [], watched: new Uint8Array(0), ticking: [], scheduled: [] };

/** Before the first rule set nothing is known and nothing is judged. */
export function emptyState(): EngineState {
  return {
    version: '',
    silence: { staleLevel: 'blue', gatewayLostLevel: 'blue', gatewayLostAfterMs: 0 },
    sensorIds: [],
    slotOf: new Map(),
    points: [],
    edgeIds: [],
    edges: [],
    defs: [],
    quantities: [],
    bucketMs: DEFAULT_BUCKET_MS,
    ringLength: 1,
    bucketCap: 1,
    nextSilenceMs: 0,
    upSinceMs: 0,
    counters: { readings: 0, bad: 0, unknown: 0, tooOld: 0, foreign: 0 },
    hearings: {},
    models: [],
    open: NO_MODELS,
    nextModelTickMs: 0,
    zone: null,
    limitsAtMs: 0,
    ...allocate({ sensors: 0, bindings: 0, rings: 0, ringLength: 1, slopes: 0, models: 0, cells: 0 }),
  };
}
