/** How a register's value moves with the chain's time; data, so that a scenario is a file and a run can be repeated. */
import { HOUR_MS, SECOND_MS } from '#model/time.ts';
import { jitterAt, noiseAt } from '#simulators/noise.ts';
import { type Shape, shapeAt } from '#simulators/threshold/shape.ts';

/** `atMs` counts from the scenario's begin; null: the device has no value then. */
export type TimePoint = { readonly atMs: number; readonly value: number | null };
export type Intensity = { readonly atMs: number; readonly perHour: number };

/** Values in the unit of the register's quantity. Before the scenario begins, its first moment holds. */
export type Behaviour =
  | { readonly kind: 'constant'; readonly value: number; readonly noise: number }
  | {
      readonly kind: 'ramp';
      readonly from: number;
      readonly to: number;
      readonly startMs: number;
      readonly durationMs: number;
    }
  /** Breathes always, whether the scenario has begun or not. */
  | {
      readonly kind: 'sine';
      readonly mean: number;
      readonly amplitude: number;
      readonly periodMs: number;
      readonly noise: number;
    }
  /** Accelerating and never falling: from + (to − from) × (part of the duration)^exponent; jitter is 0 to 0.5 s of its own time. */
  | {
      readonly kind: 'creep';
      readonly from: number;
      readonly to: number;
      readonly startMs: number;
      readonly durationMs: number;
      readonly exponent: number;
      readonly jitter: number;
    }
  /** A counter of whole tips, fed by rain of so many mm an hour. */
  | { readonly kind: 'tipping'; readonly perTip: number; readonly intensity: readonly Intensity[] }
  | {
      readonly kind: 'timeline';
      readonly points: readonly TimePoint[];
      readonly interpolate: 'linear' | 'hold';
      readonly noise: number;
    }
  /** The course of a hazard: creep to failure, steps, a reservoir, a fire (simulators/threshold). */
  | { readonly kind: 'shaped'; readonly shape: Shape; readonly noise: number };

/** Where a counter stood at an instant; kept on disk, so that it goes on after a restart. */
export type CounterOrigin = { readonly atMs: number; readonly total: number };

export type Moment = {
  readonly nowMs: number;
  /** Chain time of the scenario's begin; null before it. */
  readonly beganAtMs: number | null;
  readonly seed: number;
  /** Name of the register, for its own noise. */
  readonly name: string;
  readonly origin: CounterOrigin;
};

const NOISE_SLOT_MS = SECOND_MS;
const sinceBegin = (moment: Moment): number =>
  moment.beganAtMs === null ? 0 : Math.max(0, moment.nowMs - moment.beganAtMs);
const part = (tMs: number, startMs: number, durationMs: number): number =>
  Math.min(1, Math.max(0, (tMs - startMs) / Math.max(1, durationMs)));

/** A clock that hesitates and hurries but never goes back: creep comes in small slips, and stays monotone. */
function slippingMs(tMs: number, moment: Moment, jitter: number): number {
  const slot = Math.floor(tMs / NOISE_SLOT_MS);
  const slip = (index: number) =>
    (index + Math.min(0.5, jitter) * noiseAt(moment.seed, moment.name, index)) * NOISE_SLOT_MS;
  const share = tMs / NOISE_SLOT_MS - slot;
  return slip(slot) * (1 - share) + slip(slot + 1) * share;
}

function timelineAt(points: readonly TimePoint[], tMs: number, interpolate: 'linear' | 'hold'): number | null {
  let before = points[0];
  for (const point of points) {
    if (point.atMs > tMs) {
      if (before === undefined || before.value === null || point.value === null || interpolate === 'hold') break;
      const share = part(tMs, before.atMs, point.atMs - before.atMs);
      return before.value + (point.value - before.value) * share;
    }
    before = point;
  }
  return before?.value ?? null;
}

/** Amount that falls from `fromMs` to `toMs` since the begin; each intensity holds until the next, the first one always before. */
export function fallenBetween(intensity: readonly Intensity[], fromMs: number, toMs: number): number {
  let sum = 0;
  intensity.forEach((step, index) => {
    const start = index === 0 ? Number.NEGATIVE_INFINITY : step.atMs;
    const end = intensity[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    const overlapMs = Math.min(end, toMs) - Math.max(start, fromMs);
    if (overlapMs > 0) sum += (step.perHour * overlapMs) / HOUR_MS;
  });
  return sum;
}

function counterAt(behaviour: Extract<Behaviour, { kind: 'tipping' }>, moment: Moment): number {
  const { origin, nowMs, beganAtMs } = moment;
  // Before the begin only the first intensity matters, so any begin in the future gives the same sum.
  const began = beganAtMs ?? Math.max(nowMs, origin.atMs);
  const fallen = fallenBetween(behaviour.intensity, origin.atMs - began, nowMs - began);
  return origin.total + Math.floor(fallen / behaviour.perTip + 1e-9) * behaviour.perTip;
}

/** The value at a moment, or null when the device has none. */
export function valueAt(behaviour: Behaviour, moment: Moment): number | null {
  const tMs = sinceBegin(moment);
  const noise = (amplitude: number) => jitterAt(moment.seed, moment.name, moment.nowMs, NOISE_SLOT_MS, amplitude);
  switch (behaviour.kind) {
    case 'constant':
      return behaviour.value + noise(behaviour.noise);
    case 'ramp':
      return behaviour.from + (behaviour.to - behaviour.from) * part(tMs, behaviour.startMs, behaviour.durationMs);
    case 'sine':
      return (
        behaviour.mean +
        behaviour.amplitude * Math.sin((2 * Math.PI * moment.nowMs) / behaviour.periodMs) +
        noise(behaviour.noise)
      );
    case 'creep': {
      const own = tMs <= behaviour.startMs ? behaviour.startMs : slippingMs(tMs, moment, behaviour.jitter);
      const share = part(own, behaviour.startMs, behaviour.durationMs);
      return behaviour.from + (behaviour.to - behaviour.from) * share ** behaviour.exponent;
    }
    case 'tipping':
      return counterAt(behaviour, moment);
    case 'timeline': {
      const value = timelineAt(behaviour.points, tMs, behaviour.interpolate);
      return value === null ? null : value + noise(behaviour.noise);
    }
    case 'shaped': {
      const value = shapeAt(behaviour.shape, tMs);
      return value === null ? null : value + noise(behaviour.noise);
    }
    default:
      return behaviour satisfies never;
  }
}

/** What a behaviour adds between two instants, counted from the begin; for a counter of tips, whole tips of that rain alone. */
export function gainBetween(behaviour: Behaviour, fromMs: number, toMs: number): number {
  if (behaviour.kind === 'tipping') {
    const fallen = fallenBetween(behaviour.intensity, fromMs, toMs);
    return Math.floor(fallen / behaviour.perTip + 1e-9) * behaviour.perTip;
  }
  const at = (tMs: number) =>
    valueAt(behaviour, { nowMs: tMs, beganAtMs: 0, seed: 0, name: '', origin: { atMs: 0, total: 0 } }) ?? 0;
  return at(toMs) - at(fromMs);
}
