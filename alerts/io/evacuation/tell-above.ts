/** Tells the desk above of households that refuse or are not found; it informs and asks for no answer. */
import type { Evacuation } from '#model/evacuation.ts';
import type { Text } from '#model/text.ts';
import { planDeliveries } from '../../deliveries.ts';
import type { Notice, World } from '../../episode.ts';
import { isEnded } from '../../episode.ts';
import { deskAbove } from '../../evacuation/above.ts';
import type { PartTools } from '../part.ts';

/** Returns who is told, for the record; a list without an open alert has the record only. */
export function tellAbove(tools: PartTools, list: Evacuation, text: Text, world: World): readonly string[] {
  const { directory, nowMs } = world;
  const people = deskAbove(directory, list.gridCode, nowMs);
  const episode = list.alertId === null ? undefined : tools.tables.episodes.byId(list.alertId);
  if (episode !== undefined && !isEnded(episode.alert) && people.length > 0) {
    const step = episode.step + 1;
    const { alert } = episode;
    tools.apply({ episode: { ...episode, step }, events: [], notices: [] }, world);
    const { id: alertId, round, level } = alert;
    const notice: Notice = { alertId, round, step, change: 'moved', from: level, to: level, reason: text };
    const plan = planDeliveries(notice, { ...alert, recipients: people }, directory.registry, nowMs);
    for (const event of plan.events) tools.tables.ledger.append(event);
    // It is no change of the alert: the message says what it is about and nothing else.
    for (const planned of plan.deliveries)
      tools.tables.rows.add({ ...planned, message: { ...planned.message, text, recipients: people } });
  }
  return people.map(({ personId }) => personId);
}
