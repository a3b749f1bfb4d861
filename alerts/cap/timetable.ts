/** How long a CAP message stands, when it is said again, and which type the next one of an alert has. */
import type { Alert } from '#model/alert.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import type { Warning } from '#model/warning.ts';
import { isEnded } from '../episode.ts';
import type { CapMessage } from './message.ts';

/** A measured hazard has no end that anybody knows: its message stands for this long and is said again while it lasts. */
export const STANDS_MS = 6 * HOUR_MS;
export const RENEW_BEFORE_MS = 30 * MINUTE_MS;

export const expiryOf = (warning: Warning | null, nowMs: EpochMs): EpochMs =>
  warning === null ? nowMs + STANDS_MS : Math.max(warning.expiresAtMs, nowMs + MINUTE_MS);

/** A warning is over when it was lifted; a measured alert when a person has closed it. */
export const isOver = (alert: Alert): boolean =>
  isEnded(alert) || (alert.subject.kind === 'area' && alert.condition === 'cleared');

export const renewAtMs = (warning: Warning | null, expiresMs: EpochMs): EpochMs | null =>
  warning === null ? expiresMs - RENEW_BEFORE_MS : null;

/** Said once before: an update of it; nothing said yet: a first message, unless it is over already. */
export function typeOfNext(
  saidBefore: boolean,
  over: boolean,
): CapMessage['msgType'] & ('Alert' | 'Update' | 'Cancel') {
  if (over) return 'Cancel';
  return saidBefore ? 'Update' : 'Alert';
}
