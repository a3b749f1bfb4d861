/**
 * The four colours in the words of each format, one table a format. They run in different directions: CAP has words, the
 * emergency broadcast counts red as 1, the geological platform red as 0 (domain C2, C4, A5).
 */
import { isLevel, type Level, type LevelOrNone } from '#model/level.ts';
import type { CapSeverity } from './message.ts';

export const CAP_SEVERITY: { readonly [L in Level]: CapSeverity } = {
  red: 'Extreme',
  orange: 'Severe',
  yellow: 'Moderate',
  blue: 'Minor',
};
/** 红色 … as the parameter `color` of Chinese messages has it. */
export const COLOUR_WORD: { readonly [L in Level]: string } = {
  red: '红色',
  orange: '橙色',
  yellow: '黄色',
  blue: '蓝色',
};
/** DZ/T: '0' red … '3' blue, '4' normal. */
export const GEO_HAZARD_LEVEL: { readonly [L in LevelOrNone]: '0' | '1' | '2' | '3' | '4' } = {
  red: '0',
  orange: '1',
  yellow: '2',
  blue: '3',
  none: '4',
};
/** EBM: 1 red … 4 blue; 0 is unknown and 15 is a test. */
export const EBM_SEVERITY: { readonly [L in Level]: 1 | 2 | 3 | 4 } = { red: 1, orange: 2, yellow: 3, blue: 4 };
export const EBM_TEST = 15;

const OF_CAP: { readonly [S in CapSeverity]: Level | null } = {
  Extreme: 'red',
  Severe: 'orange',
  Moderate: 'yellow',
  Minor: 'blue',
  Unknown: null,
};
const WORDS: readonly (readonly [RegExp, Level])[] = [
  [/红|\bred\b/i, 'red'],
  [/橙|\borange\b/i, 'orange'],
  [/黄|\byellow\b/i, 'yellow'],
  [/蓝|\bblue\b/i, 'blue'],
];

/** A colour that is named outranks the severity: it is what was decreed, the severity is somebody's translation. */
export function levelOfCap(severity: CapSeverity, colour: string | null): Level | null {
  const named = colour === null ? undefined : WORDS.find(([pattern]) => pattern.test(colour))?.[1];
  return named ?? OF_CAP[severity];
}

export const worstLevel = (levels: readonly LevelOrNone[]): Level | null =>
  (['red', 'orange', 'yellow', 'blue'] as const).find((level) => levels.includes(level)) ?? null;
export const onlyLevels = (levels: readonly LevelOrNone[]): readonly Level[] => levels.filter(isLevel);
