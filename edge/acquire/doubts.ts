/** Decides how far a gauge's value is believed: range, rate, spike, flat line. The value is kept whatever is doubted. */
import type { RegisterSpec } from '../../model/device-profile.ts';
import type { Flag } from '../../model/reading.ts';
import { type EpochMs, MINUTE_MS } from '../../model/time.ts';

export type Sample = { readonly inUnit: number; readonly atMs: EpochMs };

/** What is remembered of a gauge between two polls; a restart begins anew. */
export type GaugeMemory = {
  /** The newest value that was not a spike. */
  readonly believed?: Sample;
  /** A step that waits for the next value to confirm it. */
  readonly step?: Sample;
  /** Since when the raw value has not moved at all. */
  readonly same?: { readonly raw: number; readonly sinceMs: EpochMs };
};

export type Doubted = { readonly flags: readonly Flag[]; readonly memory: GaugeMemory };

/** Flags that make a value suspect: shown, marked, and never lowering a level. */
export const SUSPECT_FLAGS: readonly Flag[] = ['range', 'rate', 'spike', 'flat'];

/** A step that goes on in its direction is no spike: a slope that fails does not come back. */
function isConfirmed(believed: Sample, step: Sample, now: Sample): boolean {
  const first = step.inUnit - believed.inUnit;
  const second = now.inUnit - believed.inUnit;
  return Math.sign(first) === Math.sign(second) && Math.abs(second) >= Math.abs(first) / 2;
}

function isSpike(spec: RegisterSpec, before: GaugeMemory, now: Sample): boolean {
  const { spike } = spec;
  if (spike === undefined || before.believed === undefined) return false;
  if (Math.abs(now.inUnit - before.believed.inUnit) <= spike) return false;
  return before.step === undefined || !isConfirmed(before.believed, before.step, now);
}

function isTooFast(spec: RegisterSpec, before: GaugeMemory, now: Sample): boolean {
  const { maxPerMinute } = spec.plausible;
  // From the step that is being confirmed, else from what is believed: a spike's way back is no change of its own.
  const last = before.step !== undefined && !isSpike(spec, before, now) ? nearer(before, now) : before.believed;
  if (maxPerMinute === null || last === undefined) return false;
  const minutes = Math.max(1, Math.abs(now.atMs - last.atMs) / MINUTE_MS);
  return Math.abs(now.inUnit - last.inUnit) > maxPerMinute * minutes;
}

function nearer({ believed, step }: GaugeMemory, now: Sample): Sample | undefined {
  if (believed === undefined || step === undefined) return believed ?? step;
  return Math.abs(now.inUnit - step.inUnit) < Math.abs(now.inUnit - believed.inUnit) ? step : believed;
}

/** Values of one sensor in the order of acquisition. `raw` decides what is the same, since a scale may hide a move. */
export function doubtGauge(spec: RegisterSpec, before: GaugeMemory, now: Sample, raw: number): Doubted {
  const flags: Flag[] = [];
  const { min, max } = spec.plausible;
  if (now.inUnit < min || now.inUnit > max) flags.push('range');
  if (isTooFast(spec, before, now)) flags.push('rate');
  const spiked = isSpike(spec, before, now);
  if (spiked) flags.push('spike');
  const same = before.same?.raw === raw ? before.same : { raw, sinceMs: now.atMs };
  if (spec.flatAfterMs !== undefined && now.atMs - same.sinceMs > spec.flatAfterMs) flags.push('flat');
  const { believed } = before;
  if (spiked && believed !== undefined) return { flags, memory: { believed, step: now, same } };
  return { flags, memory: { believed: now, same } };
}
