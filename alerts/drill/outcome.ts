/** What a drill does to alerts: its steps mark the alert as its own, its end closes all of them and nothing else. */
import type { Alert } from '#model/alert.ts';
import type { Drill } from '#model/drill.ts';
import type { Text } from '#model/text.ts';
import type { Transition } from '#model/transition.ts';
import type { Episode, Outcome, World } from '../episode.ts';
import { isEnded } from '../episode.ts';
import { applyTransition, type Found } from '../lifecycle.ts';

export const DRILL_OVER: Text = { zh: '演练结束', en: 'the drill is over' };

export function applyStep(
  drill: Pick<Drill, 'id' | 'broadcast'>,
  step: Transition,
  found: Found,
  world: World,
): Outcome {
  const outcome = applyTransition(step, found, world);
  if (outcome.episode === null) return outcome;
  const alert: Alert = { ...outcome.episode.alert, drill: { id: drill.id, broadcast: drill.broadcast } };
  return { ...outcome, episode: { ...outcome.episode, alert } };
}

/** Null when it has ended already, or is none of a drill: whatever is real stays as it is. */
export function closeDrillAlert(
  episode: Episode | undefined,
  drillId: string,
  by: string,
  world: World,
): Outcome | null {
  if (episode === undefined || isEnded(episode.alert)) return null;
  const { alert } = episode;
  if (alert.origin !== 'drill' || alert.drill?.id !== drillId) return null;
  const { latched: _latched, ...rest } = alert;
  const closed: Alert = {
    ...rest,
    lifecycle: 'closed',
    condition: 'cleared',
    shelvedUntilMs: null,
    closedAtMs: world.nowMs,
    conditions: alert.conditions.map((one) => ({ ...one, level: 'none', state: 'cleared' })),
  };
  const facts = { drill: drillId, lifecycle: 'closed' };
  const event = { alertId: alert.id, atMs: world.nowMs, by, kind: 'closed', text: DRILL_OVER, facts } as const;
  return { episode: { ...episode, alert: closed }, events: [event], notices: [] };
}
