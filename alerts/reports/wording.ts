/** The sentences of reports upwards: what is owed, what became of it, and what a report says. */
import type { Alert } from '#model/alert.ts';
import { LEVEL_TEXT } from '#model/level.ts';
import { ancestry, type Registry } from '#model/registry.ts';
import type { UpReport } from '#model/report.ts';
import type { Text } from '#model/text.ts';
import { type EpochMs, formatInZone, MINUTE_MS } from '#model/time.ts';
import { stands } from '../conditions.ts';
import { HAZARD_TEXT, ORIGIN_TEXT, subjectName } from '../wording.ts';

const CONDITION_TEXT: { readonly [C in Alert['condition']]: Text } = {
  active: { zh: '险情持续', en: 'the condition stands' },
  cleared: { zh: '险情已解除', en: 'the condition has cleared' },
  dataLost: { zh: '监测数据中断，情况不明', en: 'its data are lost, nobody knows how it stands' },
};

/** `A乡 → B县：电话报告`, with the number of a 续报. */
export function reportTitle({ name, to, n, kind }: UpReport): Text {
  const count = kind === 'followUp' ? n : 0;
  return {
    zh: `${name.zh}${count > 0 ? `（第${count}次）` : ''}（报${to.zh}）`,
    en: `${name.en}${count > 0 ? ` (number ${count})` : ''} (to ${to.en})`,
  };
}

const minutes = (ms: number): number => Math.max(1, Math.round(ms / MINUTE_MS));
const clock = (atMs: EpochMs, zone: string): string => formatInZone(atMs, zone).slice(0, 16).replace('T', ' ');

export function startedText(report: UpReport, zone: string): Text {
  const title = reportTitle(report);
  const until = clock(report.dueAtMs, zone);
  return { zh: `${title.zh}：须于 ${until} 前完成`, en: `${title.en}: due by ${until}` };
}

export function overdueText(report: UpReport, zone: string): Text {
  const title = reportTitle(report);
  const until = clock(report.dueAtMs, zone);
  return { zh: `${title.zh}超时：应于 ${until} 前完成`, en: `${title.en} is overdue: it was due by ${until}` };
}

export function endedText(report: UpReport, name: string, lateMs: number): Text {
  const title = reportTitle(report);
  if (report.state === 'waived')
    return { zh: `${title.zh}：免报（${name}：${report.note}）`, en: `${title.en}: waived (${name}: ${report.note})` };
  const late =
    lateMs > 0
      ? { zh: `，超时${minutes(lateMs)}分钟`, en: `, ${minutes(lateMs)} minutes late` }
      : { zh: '，按时', en: ', in time' };
  const note = report.note === '' ? { zh: '', en: '' } : { zh: `；${report.note}`, en: `; ${report.note}` };
  return {
    zh: `${title.zh}：已报（${name}${late.zh}${note.zh}）`,
    en: `${title.en}: done (${name}${late.en}${note.en})`,
  };
}

/** What is known beside the alert itself. */
export type Figures = {
  readonly asked: number;
  readonly answered: number;
  readonly silent: number;
  readonly evacuation: { readonly households: number; readonly people: number; readonly safe: number } | null;
};

/** What a report says: where, what, how bad, since when, why, who has heard it, who has left. */
export function contentsOf(alert: Alert, figures: Figures, registry: Registry, nowMs: EpochMs): Text {
  const { zone } = registry.county;
  const grids = ancestry(registry, alert.gridCode).toReversed();
  const place = { zh: grids.map(({ name }) => name.zh).join(''), en: grids.map(({ name }) => name.en).join(', ') };
  const name = subjectName(alert.subject, registry);
  const worst = alert.conditions.find(stands) ?? alert.conditions[0];
  const why = worst?.reason ?? { zh: '', en: '' };
  const { asked, answered, silent, evacuation } = figures;
  const moved = evacuation ?? { households: 0, people: 0, safe: 0 };
  const zh = [
    `${ORIGIN_TEXT[alert.origin].zh}${place.zh}${name.zh}：${HAZARD_TEXT[alert.hazard].zh}${LEVEL_TEXT[alert.level].zh}预警`,
    `${clock(alert.raisedAtMs, zone)} 起，${CONDITION_TEXT[alert.condition].zh}`,
    ...(why.zh === '' ? [] : [`依据：${why.zh}`]),
    `已通知${asked}人，应答${answered}人，未叫醒${silent}人`,
    ...(evacuation === null ? [] : [`转移清单${moved.households}户${moved.people}人，已安全${moved.safe}人`]),
    `截至 ${clock(nowMs, zone)}`,
  ];
  const en = [
    `${ORIGIN_TEXT[alert.origin].en}${place.en}, ${name.en}: ${LEVEL_TEXT[alert.level].en} ${HAZARD_TEXT[alert.hazard].en} warning`,
    `since ${clock(alert.raisedAtMs, zone)}; ${CONDITION_TEXT[alert.condition].en}`,
    ...(why.en === '' ? [] : [`because ${why.en}`]),
    `${asked} people told, ${answered} answered, ${silent} not reached`,
    ...(evacuation === null
      ? []
      : [`evacuation: ${moved.households} households, ${moved.people} people, ${moved.safe} of them safe`]),
    `as of ${clock(nowMs, zone)}`,
  ];
  return { zh: `${zh.join('；')}。`, en: `${en.join('; ')}.` };
}
