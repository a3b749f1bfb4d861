/** The sentences that people read about an alert, zh-CN first. */
import type { Alert } from '#model/alert.ts';
import { LEVEL_TEXT, type LevelOrNone } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type { AlertHazard, Post, Registry, Tier } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { type EpochMs, formatInZone } from '#model/time.ts';
import type { Subject, Transition } from '#model/transition.ts';
import type { Change } from './episode.ts';

export const HAZARD_TEXT: { readonly [H in AlertHazard]: Text } = {
  landslide: { zh: '滑坡', en: 'landslide' },
  rainstorm: { zh: '暴雨', en: 'rainstorm' },
  flood: { zh: '洪水', en: 'flood' },
  fire: { zh: '火灾', en: 'fire' },
  intrusion: { zh: '入侵', en: 'intrusion' },
  equipment: { zh: '设备', en: 'equipment' },
  other: { zh: '', en: 'hazard' },
  unanswered: { zh: '无人应答', en: 'nobody answers' },
};

export const POST_TEXT: { readonly [P in Post]: Text } = {
  head: { zh: '网格长', en: 'head' },
  deputy: { zh: '副网格长', en: 'deputy head' },
  manager: { zh: '网格管理员', en: 'manager' },
  member: { zh: '网格员', en: 'grid member' },
  dispatcher: { zh: '调度员', en: 'dispatcher' },
  information: { zh: '信息员', en: 'information officer' },
};

export const TIER_TEXT: { readonly [T in Tier]: Text } = {
  1: { zh: '县', en: 'county' },
  2: { zh: '乡镇', en: 'township' },
  3: { zh: '村', en: 'village' },
  4: { zh: '组', en: 'group' },
};

/** What is not live says so before anything else. */
export const ORIGIN_TEXT: { readonly [O in Origin]: Text } = {
  live: { zh: '', en: '' },
  simulated: { zh: '【模拟】', en: '[SIMULATED] ' },
  replay: { zh: '【回放】', en: '[REPLAY] ' },
  drill: { zh: '【演练】', en: '[DRILL] ' },
};

const CHANGE_TEXT: { readonly [C in Change]: Text } = {
  raised: { zh: '预警', en: 'warning' },
  worsened: { zh: '预警升级', en: 'warning raised' },
  recurred: { zh: '再次预警', en: 'warning again' },
  lowered: { zh: '预警降级', en: 'warning lowered' },
  moved: { zh: '预警转至本网格', en: 'warning moved to this grid' },
  evacuation: { zh: '转移', en: 'evacuation' },
  overdue: { zh: '预警上报超时', en: 'warning: its report is overdue' },
};

const LIFTED: Text = { zh: '预警解除', en: 'warning lifted' };

export function subjectName(subject: Subject, registry: Registry): Text {
  // Which grids a warning touches stands in its reason.
  if (subject.kind === 'area') return registry.county.name;
  const known = subject.kind === 'point' ? registry.points.get(subject.id) : registry.edges.get(subject.id);
  return known?.name ?? { zh: subject.id, en: subject.id };
}

/** 桃树湾滑坡红色预警, not 桃树湾滑坡滑坡红色预警: many points are named for their hazard. */
export const withHazard = (name: string, hazard: AlertHazard): string => {
  const { zh } = HAZARD_TEXT[hazard];
  return name.endsWith(zh) ? name : `${name}${zh}`;
};

/** One line: origin, colour, subject, hazard, what happened, why. */
export function headline(
  alert: Pick<Alert, 'origin' | 'level' | 'subject' | 'hazard'> & { readonly condition?: Alert['condition'] },
  change: Change,
  reason: Text,
  registry: Registry,
): Text {
  const name = subjectName(alert.subject, registry);
  const hazard = HAZARD_TEXT[alert.hazard];
  const origin = ORIGIN_TEXT[alert.origin];
  const level = LEVEL_TEXT[alert.level];
  // A warning for an area that is over is lifted, not lowered.
  const lifted = change === 'lowered' && alert.subject.kind === 'area' && alert.condition === 'cleared';
  const what = lifted ? LIFTED : CHANGE_TEXT[change];
  return {
    zh: `${origin.zh}${withHazard(name.zh, alert.hazard)}${level.zh}${what.zh}${reason.zh === '' ? '' : `：${reason.zh}`}`,
    en: `${origin.en}${name.en}: ${level.en} ${hazard.en} ${what.en}${reason.en === '' ? '' : `: ${reason.en}`}`,
  };
}

/** A message takes seconds; beyond this an instant is not the one at which it is read. */
const WORTH_SAYING_MS = 30_000;

/** `2022-06-03 14:05:09` of an instant that was heard of later; null when it was heard at once. */
export function instantBefore(atMs: EpochMs, heardAtMs: EpochMs, registry: Registry): string | null {
  if (heardAtMs - atMs < WORTH_SAYING_MS) return null;
  return formatInZone(atMs, registry.county.zone).slice(0, 19).replace('T', ' ');
}

/** The reason, with the instant of the decision where it was made elsewhere or is long over. */
export function reasonOf(transition: Transition, registry: Registry): Text {
  const { reason, atMs, decidedAtMs, site, late } = transition;
  const at = site === 'edge' || late ? instantBefore(atMs, decidedAtMs, registry) : null;
  return at === null ? reason : { zh: `${reason.zh}（判定时刻 ${at}）`, en: `${reason.en} (decided at ${at})` };
}

export const levelMove = (from: LevelOrNone, to: LevelOrNone): Text => ({
  zh: `${LEVEL_TEXT[from].zh} → ${LEVEL_TEXT[to].zh}`,
  en: `${LEVEL_TEXT[from].en} → ${LEVEL_TEXT[to].en}`,
});

/** Texts joined by the language's own semicolon, repeated ones once. */
export const joinTexts = (texts: readonly Text[]): Text => ({
  zh: [...new Set(texts.map((text) => text.zh))].join('；'),
  en: [...new Set(texts.map((text) => text.en))].join('; '),
});

export const withNote = (text: Text, note: string): Text =>
  note === '' ? text : { zh: `${text.zh}：${note}`, en: `${text.en}: ${note}` };
