/** Decides which units are asked in a poll cycle, so that one that does not answer costs the others almost nothing. */

export type UnitHealth = {
  /** Polls in a row without an answer. */
  readonly failures: number;
  /** Asked only now and then. */
  readonly silent: boolean;
  readonly probeEveryMs: number;
  /** Monotonic. */
  readonly nextProbeMs: number;
};

export type BreakerPolicy = {
  readonly failuresToSilence: number;
  readonly firstProbeMs: number;
  readonly longestProbeMs: number;
};

export const HEALTHY: UnitHealth = { failures: 0, silent: false, probeEveryMs: 0, nextProbeMs: 0 };

/**
 * A cycle probes one unit at most: with many dead ones on a line that is polled as fast as it goes, shorter intervals would
 * all be due in every cycle and would hardly grow.
 */
const SHORTEST_PROBE_MS = 2_000;

/** Probes grow from twice the poll interval to a minute, or to the poll interval where that is longer. */
export const breakerPolicy = (pollMs: number): BreakerPolicy => ({
  failuresToSilence: 3,
  firstProbeMs: Math.max(SHORTEST_PROBE_MS, pollMs * 2),
  longestProbeMs: Math.max(60_000, pollMs),
});

/** A unit that was silent when the process ended: probed at the first cycle, then seldom. */
export const silentFromBefore = (policy: BreakerPolicy): UnitHealth => ({
  failures: policy.failuresToSilence,
  silent: true,
  probeEveryMs: policy.firstProbeMs,
  nextProbeMs: 0,
});

export function afterSilence(health: UnitHealth, policy: BreakerPolicy, monoMs: number): UnitHealth {
  const failures = health.failures + 1;
  if (failures < policy.failuresToSilence) return { ...health, failures };
  const probeEveryMs = health.silent
    ? Math.min(health.probeEveryMs * 2, policy.longestProbeMs)
    : Math.min(policy.firstProbeMs, policy.longestProbeMs);
  return { failures, silent: true, probeEveryMs, nextProbeMs: monoMs + probeEveryMs };
}

/**
 * Units in the order in which a cycle asks them: the answering ones, then those that failed lately, then at most one
 * silent unit whose probe is longest due. The others are skipped in this cycle.
 */
export function chooseUnits(
  health: ReadonlyMap<number, UnitHealth>,
  unitIds: readonly number[],
  monoMs: number,
): { readonly ask: readonly number[]; readonly skip: readonly number[] } {
  const of = (unitId: number) => health.get(unitId) ?? HEALTHY;
  const awake = unitIds.filter((unitId) => !of(unitId).silent);
  const due = unitIds
    .filter((unitId) => of(unitId).silent && of(unitId).nextProbeMs <= monoMs)
    .sort((a, b) => of(a).nextProbeMs - of(b).nextProbeMs);
  const probe = due.slice(0, 1);
  const ask = [
    ...awake.filter((unitId) => of(unitId).failures === 0),
    ...awake.filter((unitId) => of(unitId).failures > 0),
    ...probe,
  ];
  return { ask, skip: unitIds.filter((unitId) => !ask.includes(unitId)) };
}
