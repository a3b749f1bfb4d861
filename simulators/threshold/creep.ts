/**
 * Displacement of a slope that fails, in the three stages of creep: primary creep that dies down, steady creep, and the
 * tertiary stage in which the inverse of the speed falls to 0 at the failure. Voight 1988: dv/dt = A·v^α, so that
 * v = v0·((tf − t)/(tf − tt))^(−1/(α−1)); with α = 2 the inverse speed is a straight line (Fukuzono 1985).
 */
import { DAY_MS, MINUTE_MS } from '#model/time.ts';

export type StagedCreep = {
  readonly kind: 'stagedCreep';
  /** Reading at the begin, mm. */
  readonly from: number;
  /** Primary creep adds so much beyond the steady one, dying down with this time constant. */
  readonly primaryMm: number;
  readonly primaryMs: number;
  /** Speed of the steady stage. */
  readonly mmPerDay: number;
  /** When it begins to accelerate and when it fails, since the begin. */
  readonly onsetMs: number;
  readonly failureMs: number;
  /** Voight's α, above 1. */
  readonly alpha: number;
  /** What the meter shows after the failure: nothing, since it went with the slope, or where it came to rest. */
  readonly after: 'torn' | 'rests';
};

/** The speed of a body that comes apart is no creep: nothing nearer to the failure than this is computed. */
const LAST_MS = MINUTE_MS;

/** What tertiary creep has added so long after its onset. */
function tertiaryMm({ mmPerDay, onsetMs, failureMs, alpha }: StagedCreep, tMs: number): number {
  const wholeMs = failureMs - onsetMs;
  const left = Math.max(Math.min(LAST_MS, wholeMs), failureMs - tMs) / wholeMs;
  const power = 1 / (alpha - 1);
  const path = Math.abs(power - 1) < 1e-9 ? -Math.log(left) : (1 - left ** (1 - power)) / (1 - power);
  return (mmPerDay * wholeMs * path) / DAY_MS;
}

/** Null: the meter is gone. */
export function stagedCreepAt(creep: StagedCreep, tMs: number): number | null {
  const { from, primaryMm, primaryMs, mmPerDay, onsetMs, failureMs, after } = creep;
  if (tMs >= failureMs && after === 'torn') return null;
  const primary = primaryMm === 0 ? 0 : primaryMm * (1 - Math.exp(-tMs / primaryMs));
  const steady = (mmPerDay * Math.min(tMs, onsetMs)) / DAY_MS;
  return from + primary + steady + (tMs <= onsetMs ? 0 : tertiaryMm(creep, tMs));
}
