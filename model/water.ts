/**
 * The characteristic levels of a reservoir and of a river section: their names, their order, and what they are called.
 * A level means nothing without the datum above which it is counted.
 */
import type { Text } from '#model/text.ts';

/** 1985 国家高程基准, 1956 黄海高程, 吴淞高程, 珠江基面, or a local datum of the station's own (假定). */
export const WATER_DATUMS = ['1985', '1956', 'wusong', 'pearl', 'assumed'] as const;
export type WaterDatum = (typeof WATER_DATUMS)[number];

export const DATUM_TEXT: { readonly [D in WaterDatum]: Text } = {
  '1985': { zh: '1985 国家高程基准', en: 'the national height datum of 1985' },
  '1956': { zh: '1956 年黄海高程系', en: 'the Yellow Sea datum of 1956' },
  wusong: { zh: '吴淞高程', en: 'the Wusong datum' },
  pearl: { zh: '珠江基面', en: 'the Pearl River datum' },
  assumed: { zh: '假定基面', en: "the station's own datum" },
};

/** Levels of a reservoir, ascending; `strict`: it lies above the one before it, otherwise it may be equal to it. */
export const RESERVOIR_LIMITS = [
  { name: 'dead', strict: true },
  { name: 'floodLimit', strict: true },
  { name: 'normal', strict: false },
  { name: 'floodHigh', strict: false },
  { name: 'design', strict: false },
  { name: 'check', strict: false },
  { name: 'crest', strict: true },
] as const;

/** Levels of a river section, ascending. */
export const RIVER_LIMITS = [
  { name: 'guard', strict: true },
  { name: 'warning', strict: true },
  { name: 'guarantee', strict: true },
  { name: 'check', strict: true },
] as const;

/** What a limit of a station is called. */
export const WATER_LIMIT_TEXT: {
  readonly [N in (typeof RESERVOIR_LIMITS)[number]['name'] | (typeof RIVER_LIMITS)[number]['name']]: Text;
} = {
  dead: { zh: '死水位', en: 'dead storage level' },
  floodLimit: { zh: '汛限水位', en: 'flood season limit level' },
  normal: { zh: '正常蓄水位', en: 'normal storage level' },
  floodHigh: { zh: '防洪高水位', en: 'flood control high level' },
  design: { zh: '设计洪水位', en: 'design flood level' },
  check: { zh: '校核洪水位', en: 'check flood level' },
  crest: { zh: '坝顶高程', en: 'dam crest' },
  guard: { zh: '设防水位', en: 'guard level' },
  warning: { zh: '警戒水位', en: 'warning level' },
  guarantee: { zh: '保证水位', en: 'guarantee level' },
};

export type WaterLimitName = keyof typeof WATER_LIMIT_TEXT;

export const isWaterLimitName = (raw: string): raw is WaterLimitName => Object.hasOwn(WATER_LIMIT_TEXT, raw);

/** Days of the year as month × 100 + day, both included; from > to runs over the new year. */
export type FloodSeason = { readonly fromDate: number; readonly toDate: number };

/** What a reservoir or a river section must keep to. */
export type WaterTable = {
  readonly datum: WaterDatum;
  /** Height of the gauge's zero above the datum: what the sensor says plus this is the level above the datum. */
  readonly zeroM: number;
  readonly floodSeason: FloodSeason | null;
  /** Metres above the datum, by name; those that the station does not know are left out. */
  readonly limits: { readonly [name: string]: number };
};

/** A limit of the station as its gauge would read it, in metres; undefined when the station has none of this name. */
export function gaugeLimitM(water: WaterTable, name: string): number | undefined {
  const limit = Object.hasOwn(water.limits, name) ? water.limits[name] : undefined;
  // Millimetres, so that 413.2 − 398 is 15.2.
  return limit === undefined ? undefined : Math.round((limit - water.zeroM) * 1_000) / 1_000;
}
