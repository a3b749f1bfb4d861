/** Receipts of a warning tier by tier: of the people asked, who answered, and how many grids nobody has answered for. */
import type { Call } from '#model/call.ts';
import type { Tier } from '#model/registry.ts';
import type { TierReceipts } from '#model/warning.ts';

const ANSWERED: ReadonlySet<Call['state']> = new Set(['answered', 'reached']);

/** Each person's newest call counts; who stands in for somebody counts in his own grid. */
export function receiptsByTier(calls: readonly Call[]): readonly TierReceipts[] {
  const newest = new Map<string, Call>();
  for (const call of calls) {
    const known = newest.get(call.personId);
    if (known === undefined || call.round > known.round) newest.set(call.personId, call);
  }
  const tiers = Map.groupBy(
    [...newest.values()].filter(({ state }) => state !== 'stopped'),
    ({ tier }) => tier,
  );
  return [...tiers]
    .sort(([x], [y]) => x - y)
    .map(([tier, own]: [Tier, readonly Call[]]) => {
      const answered = own.filter(({ state }) => ANSWERED.has(state));
      return {
        tier,
        grids: new Set(own.map(({ gridCode }) => gridCode)).size,
        gridsAnswered: new Set(answered.map(({ gridCode }) => gridCode)).size,
        asked: own.length,
        answered: answered.length,
        silent: own.filter(({ state }) => state === 'silent' || state === 'cannot').length,
      };
    });
}
