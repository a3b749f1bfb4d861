/** Writes what an edge did by itself into the record of the alerts of its point; nobody is asked because of it. */
import { LEVEL_TEXT } from '#model/level.ts';
import type { Text } from '#model/text.ts';
import type { EdgeActNote } from '#model/transition.ts';
import type { Episode, EventDraft, Outcome, World } from './episode.ts';
import { instantBefore } from './wording.ts';

const ACT_TEXT: { readonly [act in EdgeActNote['act']]: Text } = {
  on: { zh: '启动', en: 'switched on' },
  off: { zh: '停止', en: 'switched off' },
  muted: { zh: '现场消音', en: 'muted on the spot' },
  unmuted: { zh: '消音结束', en: 'no longer muted' },
  tested: { zh: '试验', en: 'tested' },
  failed: { zh: '动作失败', en: 'failed' },
  spoken: { zh: '已播报', en: 'spoke' },
};

function textOf({ output, act, level, reason, atMs, decidedAtMs }: EdgeActNote, world: World): Text {
  const what = ACT_TEXT[act];
  const colour =
    level === 'none' ? { zh: '', en: '' } : { zh: `（${LEVEL_TEXT[level].zh}）`, en: ` (${LEVEL_TEXT[level].en})` };
  const at = instantBefore(atMs, decidedAtMs, world.directory.registry);
  const after =
    at === null ? { zh: '', en: '' } : { zh: `（${at}，事后上报）`, en: ` (at ${at}, reported afterwards)` };
  return {
    zh: `边缘输出 ${output} ${what.zh}${colour.zh}：${reason.zh}${after.zh}`,
    en: `edge output ${output} ${what.en}${colour.en}: ${reason.en}${after.en}`,
  };
}

const eventOf = (note: EdgeActNote, alertId: string, world: World): EventDraft => ({
  alertId,
  atMs: world.nowMs,
  by: note.edgeId,
  kind: 'edgeAct',
  text: textOf(note, world),
  facts: {
    output: note.output,
    act: note.act,
    level: note.level,
    pointId: note.pointId,
    origin: note.origin,
    actedAtMs: note.atMs,
    late: note.late,
    row: note.id,
  },
});

/** One entry on each open alert of its point and origin; on a record of its own when there is none. */
export function recordAct(note: EdgeActNote, open: readonly Episode[], world: World): readonly Outcome[] {
  const own = open.filter(({ alert }) => alert.origin === note.origin);
  if (own.length === 0) return [{ episode: null, events: [eventOf(note, `acts-${note.edgeId}`, world)], notices: [] }];
  return own.map((episode) => ({ episode, events: [eventOf(note, episode.alert.id, world)], notices: [] }));
}
