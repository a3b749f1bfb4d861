/**
 * Decides how long a unit is waited for: as RFC 6298 does for a network, from the answers seen so far. The profile's
 * time-out is the ceiling; a unit that is given up early is asked again with all patience before it counts as silent.
 */

/** Smoothed time from the end of the request to the first sight of the whole answer, without the time on the wire. */
export type Latency = { readonly smoothMs: number; readonly varianceMs: number };

/** Below it a pause of our own process would be taken for the silence of a unit. */
export const LEAST_PATIENCE_MS = 100;

const SMOOTHING = 1 / 8;
const VARIANCE_SMOOTHING = 1 / 4;
const VARIANCES = 4;

/** RFC 6298 2.2 and 2.3. */
export function noteLatency(before: Latency | undefined, answeredMs: number): Latency {
  const ms = Math.max(0, answeredMs);
  if (before === undefined) return { smoothMs: ms, varianceMs: ms / 2 };
  const { smoothMs, varianceMs } = before;
  return {
    varianceMs: varianceMs + VARIANCE_SMOOTHING * (Math.abs(smoothMs - ms) - varianceMs),
    smoothMs: smoothMs + SMOOTHING * (ms - smoothMs),
  };
}

/** A unit that has not answered yet, or failed last time, gets its whole time. */
export function patienceMs(latency: Latency | undefined, failures: number, ceilingMs: number): number {
  if (latency === undefined || failures > 0) return ceilingMs;
  return Math.min(ceilingMs, Math.max(LEAST_PATIENCE_MS, latency.smoothMs + VARIANCES * latency.varianceMs));
}
