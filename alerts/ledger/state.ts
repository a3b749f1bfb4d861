/**
 * Says, in the last entry of each step, how the alert stands after it. So the ledger alone tells how an alert stood at any
 * time, and a projection that somebody edited is found by comparing.
 */
import type { Alert } from '#model/alert.ts';
import type { EventDraft, Outcome } from '../episode.ts';

export type AlertState = {
  readonly level: Alert['level'];
  readonly lifecycle: Alert['lifecycle'];
  readonly condition: Alert['condition'];
  readonly round: number;
  readonly gridCode: string;
  readonly closedAtMs: number | null;
  readonly acknowledgedBy: string | null;
  readonly shelvedUntilMs: number | null;
  readonly latched: boolean;
  readonly suppressedBy: string | null;
};

export const stateOfAlert = (alert: Alert): AlertState => ({
  level: alert.level,
  lifecycle: alert.lifecycle,
  condition: alert.condition,
  round: alert.round,
  gridCode: alert.gridCode,
  closedAtMs: alert.closedAtMs,
  acknowledgedBy: alert.acknowledged?.by ?? null,
  shelvedUntilMs: alert.shelvedUntilMs,
  latched: alert.latched ?? false,
  suppressedBy: alert.suppressedBy ?? null,
});

/** The events with the alert's state in the last of them. */
export function stated(events: readonly EventDraft[], alert: Alert): readonly EventDraft[] {
  const last = events.at(-1);
  if (last === undefined || last.alertId !== alert.id) return events;
  return [...events.slice(0, -1), { ...last, facts: { ...last.facts, now: stateOfAlert(alert) } }];
}

export const withState = <O extends Pick<Outcome, 'episode' | 'events'>>(outcome: O): O =>
  outcome.episode === null ? outcome : { ...outcome, events: stated(outcome.events, outcome.episode.alert) };
