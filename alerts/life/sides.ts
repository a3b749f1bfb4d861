/**
 * What a transition does to the sides of an alert beside its level: its worst level, latch, shelving, chatter. Each side is
 * independent of the others; what they have in common is that none of them stops judging or logging.
 */
import type { Alert } from '#model/alert.ts';
import { rankOf } from '#model/level.ts';
import type { EventDraft, World } from '../episode.ts';
import { chatterEvent, countChange } from './chatter.ts';
import { latchedEvent, mustLatch, peakOf } from './latch.ts';
import { isShelved, unshelved, unshelvedEvent } from './shelving.ts';

export type Sides = { readonly alert: Alert; readonly events: readonly EventDraft[] };

const changed = (before: Alert, after: Alert): boolean =>
  before.level !== after.level || before.condition !== after.condition;

function settleShelving(before: Alert, after: Alert, world: World): Sides {
  if (!isShelved(after)) return { alert: after, events: [] };
  const why =
    rankOf(after.level) > rankOf(before.level)
      ? 'worsened'
      : after.condition === 'cleared' && after.shelving?.untilCleared === true
        ? 'cleared'
        : null;
  if (why === null) return { alert: after, events: [] };
  return { alert: unshelved(after), events: [unshelvedEvent(after.id, why, world)] };
}

/** `after` has the new conditions, level and condition state already. */
export function settleSides(before: Alert, after: Alert, world: World): Sides {
  if (!changed(before, after)) return { alert: after, events: [] };
  const events: EventDraft[] = [];
  let alert: Alert = { ...after, peak: peakOf({ peak: peakOf(before), level: after.level }) };
  const clears = before.condition !== 'cleared' && alert.condition === 'cleared';
  if (clears && alert.latched !== true && mustLatch(alert, world)) {
    alert = { ...alert, latched: true };
    events.push(latchedEvent(alert, world));
  }
  const shelving = settleShelving(before, alert, world);
  events.push(...shelving.events);
  alert = countChange(shelving.alert, world.nowMs);
  if (alert.chattering === true && before.chattering !== true) events.push(chatterEvent(alert, world.nowMs));
  return { alert, events };
}
