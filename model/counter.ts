/** Decides how much a counter grew since its last reading: first, rollover and reset told apart (docs/protocols/modbus.md). */
import type { RegisterSpec } from '#model/device-profile.ts';
import type { Flag } from '#model/reading.ts';
import { type EpochMs, MINUTE_MS } from '#model/time.ts';

/** What the rule needs to know of a counter: the unit of one count, and how much of it is plausible a minute. */
export type CounterSpec = {
  readonly scale: RegisterSpec['scale'];
  readonly plausible: Pick<RegisterSpec['plausible'], 'maxPerMinute'>;
  readonly counter?: { readonly reset?: 'zero' | 'never' } | null;
};

/** The last reading of a counter that is on disk; the next increment counts from here. */
export type CounterBase = { readonly raw: number; readonly atMs: EpochMs };

export type Increment = { readonly counts: number; readonly flags: readonly Flag[] };

/** A minute's rain may fall within one poll, so that a tip between two polls of a second is no cloudburst. */
const minutesBetween = (fromMs: EpochMs, toMs: EpochMs): number => Math.max(1, (toMs - fromMs) / MINUTE_MS);

/** The highest rate of a gauge does not hold for days: after a long silence a reset must not pass for a wrap. */
const LONGEST_STORM_MINUTES = 360;

/** Counts that the gauge can have made since the base; unlimited when its profile names no rate. */
function plausibleCounts(spec: CounterSpec, base: CounterBase, atMs: EpochMs): number {
  const { maxPerMinute } = spec.plausible;
  if (maxPerMinute === null) return Number.POSITIVE_INFINITY;
  return (maxPerMinute / Math.abs(spec.scale)) * minutesBetween(base.atMs, atMs);
}

function wrapLimit(spec: CounterSpec, base: CounterBase, atMs: EpochMs): number {
  const minutes = Math.min(minutesBetween(base.atMs, atMs), LONGEST_STORM_MINUTES);
  return ((spec.plausible.maxPerMinute ?? 0) / Math.abs(spec.scale)) * minutes;
}

export function countSince(
  spec: CounterSpec,
  modulus: number,
  base: CounterBase | undefined,
  now: CounterBase,
): Increment {
  if (base === undefined) return { counts: 0, flags: ['first'] };
  const limit = plausibleCounts(spec, base, now.atMs);
  const grown = now.raw - base.raw;
  const judged = (counts: number, flags: readonly Flag[]): Increment => ({
    counts,
    flags: counts > limit + 1e-9 ? [...flags, 'rate'] : flags,
  });
  if (grown >= 0) return judged(grown, []);
  // Without a known rate a step back of more than half the width is taken as a wrap, a smaller one as a reset.
  const wrapped = grown + modulus;
  const isWrap = Number.isFinite(limit) ? wrapped <= wrapLimit(spec, base, now.atMs) : wrapped < modulus / 2;
  if (isWrap) return { counts: wrapped, flags: ['rollover'] };
  // A count that outlives a loss of power fell because the device is another one: what fell meanwhile nobody knows.
  return spec.counter?.reset === 'never' ? { counts: 0, flags: ['first', 'reset'] } : judged(now.raw, ['reset']);
}
