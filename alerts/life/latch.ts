/**
 * Decides whether an alert stays latched: a level for which the policy wants a person's reset has cleared. What counts is
 * the worst level since it was raised or reset, so that a red which left by way of blue is looked at as well.
 */
import type { Alert } from '#model/alert.ts';
import { type Level, rankOf } from '#model/level.ts';
import { ancestry } from '#model/registry.ts';
import type { EventDraft, World } from '../episode.ts';
import { firstLine, policyOf } from '../policy.ts';

export const peakOf = (alert: Pick<Alert, 'peak' | 'level'>): Level =>
  alert.peak !== undefined && rankOf(alert.peak) > rankOf(alert.level) ? alert.peak : alert.level;

export function mustLatch(alert: Alert, world: World): boolean {
  const { registry } = world.directory;
  return (
    firstLine(policyOf(registry).latch, {
      level: peakOf(alert),
      hazard: alert.hazard,
      chain: ancestry(registry, alert.gridCode),
      atMs: world.nowMs,
      zone: registry.county.zone,
    }) !== undefined
  );
}

export function released(alert: Alert): Alert {
  const { latched: _latched, ...rest } = alert;
  return { ...rest, peak: alert.level };
}

export const latchedEvent = (alert: Alert, world: World): EventDraft => ({
  alertId: alert.id,
  atMs: world.nowMs,
  by: 'alerts',
  kind: 'note',
  text: {
    zh: '已解除，按规定保持，须人工复位后方可办结',
    en: 'it has cleared and stays latched until somebody resets it',
  },
  facts: { latched: true, peak: peakOf(alert) },
});
