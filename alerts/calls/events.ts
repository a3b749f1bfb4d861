/** What the ledger says about call-and-confirm. */
import type { Alert } from '#model/alert.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { EventDraft } from '../episode.ts';

export type CallAction =
  | 'asked'
  | 'told'
  | 'standIn'
  | 'noWay'
  | 'silent'
  | 'answered'
  | 'cannot'
  | 'read'
  | 'reached'
  | 'enough'
  | 'again'
  | 'shift'
  | 'receipt';

export const callEvent = (
  alert: Pick<Alert, 'id'>,
  action: CallAction,
  text: Text,
  { atMs, by = 'alerts', ...facts }: { readonly atMs: EpochMs; readonly by?: string; readonly [fact: string]: unknown },
): EventDraft => ({ alertId: alert.id, atMs, by, kind: 'call', text, facts: { action, ...facts } });
