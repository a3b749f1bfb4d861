/**
 * Holds the alerts as they are shown against what the ledger says of them. Each step's last entry bears the alert's state;
 * where a part changed the alert with entries that do not say it, nothing can be held against it.
 */
import type { Alert, AlertEvent } from '#model/alert.ts';
import { type AlertState, stateOfAlert } from './state.ts';

/** Entries that never come with a change of the alert itself. */
const BESIDE: ReadonlySet<AlertEvent['kind']> = new Set<AlertEvent['kind']>([
  'refused',
  'deliveryClaimed',
  'deliveryResult',
  'lateFinding',
  'edgeAct',
  'doubt',
  'access',
  'channel',
]);

/** The newest word on an alert, and the first entry after it with which it may have changed unsaid. */
export type Claimed = { readonly seq: number; readonly state: AlertState | null; readonly unsaidSeq: number | null };

export function nextClaim(
  before: Claimed | undefined,
  event: Pick<AlertEvent, 'seq' | 'kind' | 'facts'>,
): Claimed | undefined {
  const now = event.facts['now'];
  if (typeof now === 'object' && now !== null) return { seq: event.seq, state: now as AlertState, unsaidSeq: null };
  if (BESIDE.has(event.kind)) return before;
  return before === undefined
    ? { seq: event.seq, state: null, unsaidSeq: null }
    : { ...before, unsaidSeq: before.unsaidSeq ?? event.seq };
}

/** What the ledger claims of a projection that was written with entry `version`; null when it does not say. */
export const claimAt = ({ state, unsaidSeq }: Claimed, version: number): AlertState | null =>
  unsaidSeq !== null && unsaidSeq <= version ? null : state;

/** The first field in which the alert differs from the ledger's newest word on it. */
export function differingField(alert: Alert, claimed: AlertState): string | null {
  const shown: { readonly [field: string]: unknown } = stateOfAlert(alert);
  for (const [field, value] of Object.entries(claimed)) if (field in shown && shown[field] !== value) return field;
  return null;
}
