/** The four colours of a warning (突发事件应对法, levels one to four) and their order. */
import type { Text } from '#model/text.ts';

export type Level = 'blue' | 'yellow' | 'orange' | 'red';
export type LevelOrNone = 'none' | Level;

/** Ascending severity; the index is the rank used in typed arrays. */
export const LEVELS = ['none', 'blue', 'yellow', 'orange', 'red'] as const satisfies readonly LevelOrNone[];

const RANK: { readonly [L in LevelOrNone]: number } = { none: 0, blue: 1, yellow: 2, orange: 3, red: 4 };

export const rankOf = (level: LevelOrNone): number => RANK[level];
export const levelOfRank = (rank: number): LevelOrNone => LEVELS[rank] ?? 'none';
export const worse = (a: LevelOrNone, b: LevelOrNone): LevelOrNone => (RANK[a] >= RANK[b] ? a : b);
export const isLevel = (raw: unknown): raw is Level =>
  raw === 'blue' || raw === 'yellow' || raw === 'orange' || raw === 'red';
export const isLevelOrNone = (raw: unknown): raw is LevelOrNone => raw === 'none' || isLevel(raw);

export const LEVEL_TEXT: { readonly [L in LevelOrNone]: Text } = {
  none: { zh: '无预警', en: 'none' },
  blue: { zh: '蓝色', en: 'blue' },
  yellow: { zh: '黄色', en: 'yellow' },
  orange: { zh: '橙色', en: 'orange' },
  red: { zh: '红色', en: 'red' },
};
