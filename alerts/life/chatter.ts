/** Decides whether an alert chatters: so many changes within a short time that its limit, delay or sensor wants looking at. */
import type { Alert } from '#model/alert.ts';
import { type EpochMs, MINUTE_MS } from '#model/time.ts';
import type { EventDraft } from '../episode.ts';

export const CHATTER_CHANGES = 6;
export const CHATTER_WINDOW_MS = 10 * MINUTE_MS;

const within = (changes: readonly EpochMs[], nowMs: EpochMs): readonly EpochMs[] =>
  changes.filter((atMs) => nowMs - atMs < CHATTER_WINDOW_MS).slice(-CHATTER_CHANGES);

function flagged(alert: Alert, changes: readonly EpochMs[], chatters: boolean): Alert {
  const { chattering: _chattering, ...rest } = alert;
  return chatters ? { ...rest, changes, chattering: true } : { ...rest, changes };
}

/** One more change of level or condition, at `nowMs`. */
export function countChange(alert: Alert, nowMs: EpochMs): Alert {
  const changes = [...within(alert.changes ?? [], nowMs), nowMs].slice(-CHATTER_CHANGES);
  return flagged(alert, changes, changes.length >= CHATTER_CHANGES);
}

/** The same alert after a while without a change. */
export function settleChatter(alert: Alert, nowMs: EpochMs): Alert {
  const changes = within(alert.changes ?? [], nowMs);
  return flagged(alert, changes, changes.length >= CHATTER_CHANGES);
}

/** When a chattering alert that stays quiet is calm again; null when it does not chatter. */
export const calmAtMs = (alert: Alert): EpochMs | null =>
  alert.chattering === true ? (alert.changes?.[0] ?? 0) + CHATTER_WINDOW_MS : null;

export const chatterEvent = (alert: Alert, nowMs: EpochMs): EventDraft => ({
  alertId: alert.id,
  atMs: nowMs,
  by: 'alerts',
  kind: 'note',
  text:
    alert.chattering === true
      ? {
          zh: `频繁变化：10分钟内${CHATTER_CHANGES}次，请检查回差、延时与传感器`,
          en: `it chatters: ${CHATTER_CHANGES} changes within 10 minutes; look at deadband, delays and the sensor`,
        }
      : { zh: '不再频繁变化', en: 'it chatters no longer' },
  facts: { chattering: alert.chattering === true, changes: alert.changes ?? [] },
});
