/** Writes that a sensor's values are doubted, or no longer, into the record of its point's alerts; it calls nobody. */
import type { Text } from '#model/text.ts';
import type { DoubtNote } from '#model/transition.ts';
import type { Episode, EventDraft, Outcome, World } from './episode.ts';
import { instantBefore } from './wording.ts';

function textOf({ sensorId, doubted, reason, atMs, decidedAtMs }: DoubtNote, world: World): Text {
  const at = instantBefore(atMs, decidedAtMs, world.directory.registry);
  const when = at === null ? { zh: '', en: '' } : { zh: `（${at} 的数据）`, en: ` (data of ${at})` };
  return doubted
    ? {
        zh: `传感器 ${sensorId} 数据存疑，照常报警，须人工核实：${reason.zh}${when.zh}`,
        en: `the values of sensor ${sensorId} are doubted; they still raise, have a person check them: ${reason.en}${when.en}`,
      }
    : {
        zh: `传感器 ${sensorId}：${reason.zh}${when.zh}`,
        en: `sensor ${sensorId}: ${reason.en}${when.en}`,
      };
}

const eventOf = (note: DoubtNote, alertId: string, world: World): EventDraft => ({
  alertId,
  atMs: world.nowMs,
  by: 'alerts',
  kind: 'doubt',
  text: textOf(note, world),
  facts: {
    rule: note.rule,
    sensorId: note.sensorId,
    pointId: note.pointId,
    doubted: note.doubted,
    origin: note.origin,
    measuredAtMs: note.atMs,
    late: note.late,
    row: note.id,
  },
});

/** One entry on each open alert of its point and origin; on a record of the point's own when there is none. */
export function recordDoubt(note: DoubtNote, open: readonly Episode[], world: World): readonly Outcome[] {
  const own = open.filter(({ alert }) => alert.origin === note.origin);
  if (own.length === 0)
    return [{ episode: null, events: [eventOf(note, `doubts-${note.pointId}`, world)], notices: [] }];
  return own.map((episode) => ({ episode, events: [eventOf(note, episode.alert.id, world)], notices: [] }));
}
