/** What follows when somebody is silent or cannot: his deputy, then whoever answers for the tier above, or nobody more. */
import type { Alert, Recipient } from '#model/alert.ts';
import type { Call } from '#model/call.ts';
import type { PersonId } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import type { Directory } from '../directory.ts';
import { type StandInStep, standIns } from '../targeting/stand-ins.ts';

export type Silent = Pick<Call, 'personId' | 'name' | 'gridCode' | 'tier' | 'post' | 'step'>;
export type InRound = Pick<Call, 'personId' | 'state'>;

export type NextStep =
  /** These are asked instead. */
  | { readonly kind: 'ask'; readonly step: number; readonly recipients: readonly Recipient[] }
  /** Whoever would be asked has answered already. */
  | { readonly kind: 'covered'; readonly by: PersonId }
  /** Whoever would be asked is being asked; when he is silent too it goes on from him. */
  | { readonly kind: 'waits'; readonly for: PersonId }
  | { readonly kind: 'nobody' };

const isReached = (state: Call['state']): boolean => state === 'answered' || state === 'reached';

export function nextStep(
  silent: Silent,
  alert: Alert,
  round: readonly InRound[],
  allowed: readonly StandInStep[],
  { directory, nowMs }: { readonly directory: Directory; readonly nowMs: EpochMs },
): NextStep {
  const states = new Map(round.map(({ personId, state }) => [personId, state]));
  const asked = new Set(states.keys());
  // A deputy's deputy is nobody: from whoever stands in it goes up.
  const steps = allowed.filter((step) => step === 'above' || silent.step === 0);
  for (const step of steps) {
    const first = standIns(silent, alert, directory, nowMs, step);
    const reached = first.find(({ personId }) => isReached(states.get(personId) ?? 'told'));
    if (reached !== undefined) return { kind: 'covered', by: reached.personId };
    const waiting = first.find(({ personId }) => states.get(personId) === 'asking');
    if (waiting !== undefined) return { kind: 'waits', for: waiting.personId };
    const recipients = standIns(silent, alert, directory, nowMs, step, asked);
    if (recipients.length > 0)
      return { kind: 'ask', step: step === 'deputy' ? 1 : Math.max(2, silent.step + 1), recipients };
  }
  return { kind: 'nobody' };
}
