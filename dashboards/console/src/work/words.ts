/** Words of the plain pages. */
import type { CallState, Means } from '#model/call.ts';
import type { HouseholdState } from '#model/evacuation.ts';
import type { Level } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type { Text } from '#model/text.ts';

const t = (zh: string, en: string): Text => ({ zh, en });

export const CALL_STATE: { readonly [S in CallState]: Text } = {
  told: t('已告知', 'told'),
  asking: t('叫应中', 'being called'),
  answered: t('已应', 'answered'),
  cannot: t('无法前往', 'cannot'),
  silent: t('未应', 'silent'),
  reached: t('已当面或电话通知', 'reached by other means'),
  stopped: t('不再需要', 'not needed any more'),
};
export const ORIGIN_WORD: { readonly [O in Origin]: Text } = {
  live: t('实况', 'live'),
  drill: t('【演练】', '[DRILL]'),
  simulated: t('【模拟】', '[SIMULATED]'),
  replay: t('【回放】', '[REPLAY]'),
};
export const MEANS_WORD: { readonly [M in Means]: Text } = {
  door: t('敲门', 'knocked at the door'),
  gong: t('鸣锣', 'gong'),
  telephone: t('电话', 'telephone'),
  loudhailer: t('喊话', 'loud-hailer'),
  inPerson: t('当面', 'in person'),
  other: t('其他', 'other'),
};
export const HOUSEHOLD_STATE: { readonly [S in HouseholdState]: Text } = {
  waiting: t('未通知', 'waiting'),
  told: t('已通知', 'told'),
  moved: t('已转移', 'moved'),
  refused: t('拒绝转移', 'refused'),
  notFound: t('未找到', 'not found'),
  safe: t('已安全', 'safe'),
  returned: t('已返回', 'returned'),
};
export const LEVEL_WORD: { readonly [L in Level]: Text } = {
  red: t('红色', 'red'),
  orange: t('橙色', 'orange'),
  yellow: t('黄色', 'yellow'),
  blue: t('蓝色', 'blue'),
};
export const choicesOf = <K extends string>(words: { readonly [key in K]: Text }) =>
  (Object.entries(words) as [K, Text][]).map(([value, label]) => ({ value, label }));
