/**
 * What the displacement models share: the samples of a moving point in lent memory, and the same samples as motion in the
 * direction that matters, with a re-set of the meter mended. A re-set is a fall of a whole `reset` between two samples of
 * a meter that can only rise: the ground did not come back, somebody set the meter anew, so what follows is lifted by as
 * much. A jump the other way is never taken out: it may be the ground.
 */
import { fromSteps, type QuantityCode } from '#model/quantity.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import type { ModelSample, ModelSensor } from '../hazard-model.ts';
import type { ParamTable } from '../params.ts';
import {
  addPoint,
  type Line,
  pointCount,
  pointOf,
  type SeriesPoint,
  type SeriesShape,
  seriesNumbers,
} from './series.ts';

export const DISPLACEMENTS = ['displacement', 'displacementX', 'displacementY', 'displacementZ'] as const;
export const MOTIONS = [...DISPLACEMENTS, 'tilt'] as const;

export type Direction = 'rising' | 'falling' | 'either';

/** Parameters that every displacement model has. */
export type MotionParams = {
  readonly direction: Direction;
  readonly reset: number;
};

export const MOTION_PARAMS = {
  direction: {
    type: 'choice',
    of: ['rising', 'falling', 'either'],
    default: 'rising',
    doc: 'which way is motion: a crack opens (rising); a GNSS axis may go either way (then its amount counts)',
  },
  reset: {
    type: 'number',
    default: 5,
    min: 0,
    doc: 'a fall against the direction of this many units or more between two samples is a meter set anew: it is mended, and nothing is lowered while it lies in the window; 0 never (and never with direction either)',
  },
} as const satisfies ParamTable;

export type Per = 'h' | 'd';
export const PER_MS: { readonly [per in Per]: number } = { h: HOUR_MS, d: DAY_MS };

const SUSPECT = 0;
const FIXED = 1;

export const motionNumbers = (shape: SeriesShape): number => FIXED + seriesNumbers(shape);

/** Takes a sample in; false when it is older than all that is kept. */
export function takeIn(memory: Float64Array, base: number, shape: SeriesShape, sample: ModelSample): boolean {
  if (!addPoint(memory, base + FIXED, shape, sample.atMs, sample.value)) return false;
  if (sample.suspect) memory[base + SUSPECT] = Math.max(memory[base + SUSPECT] as number, sample.atMs);
  return true;
}

export type Motion = {
  /** In the quantity's unit, motion upwards, oldest first. */
  readonly points: readonly SeriesPoint[];
  readonly nowMs: number;
  /** A suspect sample or a mended re-set lies in it: what rests on it lowers nothing. */
  readonly doubtful: boolean;
  readonly resets: number;
};

function mend(points: SeriesPoint[], reset: number): number {
  let lift = 0;
  let resets = 0;
  let before = points[0]?.value ?? 0;
  for (const [index, point] of points.entries()) {
    if (before - point.value >= reset) {
      lift += before - point.value;
      resets++;
    }
    before = point.value;
    if (lift > 0) points[index] = { atMs: point.atMs, value: point.value + lift };
  }
  return resets;
}

/** The motion of the last `windowMs`, up to the newest sample; undefined before the first. */
export function motionOf(
  memory: Float64Array,
  base: number,
  shape: SeriesShape,
  quantity: QuantityCode,
  { direction, reset }: MotionParams,
): Motion | undefined {
  const series = base + FIXED;
  const count = pointCount(memory, series);
  if (count === 0) return undefined;
  const { atMs: nowMs } = pointOf(memory, series, shape, count - 1);
  const unit = (direction === 'falling' ? -1 : 1) * fromSteps(quantity, 1);
  const points: SeriesPoint[] = [];
  for (let index = 0; index < count; index++) {
    const { atMs, value } = pointOf(memory, series, shape, index);
    if (atMs > nowMs - shape.windowMs) points.push({ atMs, value: value * unit });
  }
  const resets = reset > 0 && direction !== 'either' ? mend(points, reset) : 0;
  const doubtful = resets > 0 || (memory[base + SUSPECT] as number) > nowMs - shape.windowMs;
  return { points, nowMs, doubtful, resets };
}

/** Points of a motion with `fromMs < atMs <= toMs`. */
export const between = (points: readonly SeriesPoint[], fromMs: number, toMs: number): readonly SeriesPoint[] =>
  points.filter(({ atMs }) => atMs > fromMs && atMs <= toMs);

/** Part of a window that a line's samples span, each standing for the usual distance between them. */
export const spanned = ({ points, fromMs, endMs }: Line, windowMs: number): number =>
  Math.min(1, ((endMs - fromMs) * points) / (points - 1) / windowMs);

/** A fit over less than this part of its window says nothing of the window's speed. */
export const LEAST_SPAN = 0.5;
/** A fit over less than this part may raise and never lowers. */
export const FULL_SPAN = 0.8;

export const quantityOf = (sensors: readonly ModelSensor[]): QuantityCode => sensors[0]?.quantity ?? 'displacement';

/** A number for people: as many decimals as it needs to be told from nought, three figures otherwise. */
export function tell(value: number): string {
  const size = Math.abs(value);
  const decimals = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toFixed(decimals);
}

export const tellDay = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

export const RESET_WORDS = {
  zh: '；窗口内仪器曾重置，已拼接',
  en: '; the meter was set anew in the window, its steps are joined',
} as const;
export const NO_WORDS = { zh: '', en: '' } as const;
