/**
 * Which deliveries leave now: what is due is claimed, its state looked at once more, and what is not needed any more stops
 * here, on record. Inside the caller's transaction.
 */
import type { Text } from '#model/text.ts';
import { claimEvent, stoppedEvent } from '../delivery-events.ts';
import type { World } from '../episode.ts';
import type { Claim } from './delivery-table.ts';
import type { OpenPart } from './part.ts';
import type { Tables } from './write-outcome.ts';

/** A channel's queue may begin with many that nobody needs; what is beyond is looked at in the next turn. */
const LOOKS_AT_MOST = 8;

export function openClaims({ rows, ledger }: Tables, parts: readonly OpenPart[]) {
  const whyNot = (claim: Claim, world: World): Text | null => {
    for (const part of parts) {
      const reason = part.unwanted?.(claim, world) ?? null;
      if (reason !== null) return reason;
    }
    return null;
  };
  /** A message that is composed as it leaves is kept as it left. */
  const compose = (claim: Claim, world: World): Claim => {
    for (const part of parts) {
      const message = part.onClaim?.(claim, world) ?? null;
      if (message === null) continue;
      rows.setMessage(claim.key, message);
      return { ...claim, message };
    }
    return claim;
  };
  const take = (claim: Claim, world: World): readonly Claim[] => {
    const reason = whyNot(claim, world);
    if (reason !== null) {
      rows.stop(claim.key, reason.en, world.nowMs);
      ledger.append(stoppedEvent(claim, reason, world.nowMs));
      return [];
    }
    const composed = compose(claim, world);
    const event = claimEvent(composed, world.nowMs);
    if (event !== null) ledger.append(event);
    return [composed];
  };
  return {
    claim: (channel: string, limit: number, world: World): readonly Claim[] => {
      const taken: Claim[] = [];
      for (let look = 0; look < LOOKS_AT_MOST && taken.length < limit; look++) {
        const wanted = limit - taken.length;
        const found = rows.claim(channel, wanted, world.nowMs);
        for (const claim of found) taken.push(...take(claim, world));
        if (found.length < wanted) break;
      }
      return taken;
    },
  };
}
