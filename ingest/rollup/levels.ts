/**
 * Where stored summaries lie: buckets of a length are numbered from 1970, so many of them are a block, and a block of one
 * strand (a series' readings of one origin) is a row whose key sorts by length, then time, then strand.
 */
import type { Resolution } from '#model/history.ts';
import { ORIGINS, type Origin } from '#model/reading.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import type { ZoneDays } from '#model/zone-day.ts';

export type Level = {
  readonly resolution: Resolution;
  /** Buckets in a block: enough that a row's own cost is small, few enough that it is quickly written again. */
  readonly perBlock: number;
  readonly place: number;
};

/** Blocks of a quarter of a day, a day, four days, and sixty-four calendar days. */
export const LEVELS = {
  '1m': { resolution: '1m', perBlock: 360, place: 0 },
  '10m': { resolution: '10m', perBlock: 144, place: 1 },
  '1h': { resolution: '1h', perBlock: 96, place: 2 },
  '1d': { resolution: '1d', perBlock: 64, place: 3 },
} as const satisfies { readonly [resolution in Resolution]: Level };

/** Numbers of buckets, and where each begins. */
export type Grid = {
  readonly level: Level;
  readonly indexOf: (atMs: EpochMs) => number;
  readonly startOf: (index: number) => EpochMs;
};

const LENGTHS = { '1m': MINUTE_MS, '10m': 10 * MINUTE_MS, '1h': HOUR_MS } as const;

export function gridOf(resolution: Resolution, days: ZoneDays): Grid {
  const level = LEVELS[resolution];
  if (resolution === '1d')
    return { level, indexOf: (atMs) => days.of(atMs).number, startOf: (index) => days.byNumber(index).fromMs };
  const length = LENGTHS[resolution];
  return { level, indexOf: (atMs) => Math.floor(atMs / length), startOf: (index) => index * length };
}

/** Of the first bucket that begins at or after an instant. */
export function firstIndexAt(grid: Grid, atMs: EpochMs): number {
  const index = grid.indexOf(atMs);
  return grid.startOf(index) === atMs ? index : index + 1;
}

export const blockOf = (level: Level, index: number): number => Math.floor(index / level.perBlock);

const STRANDS = 2 ** 30;
const BLOCKS = 2 ** 20;
/** Times before 1970 have blocks as well. */
const FIRST_BLOCK = -(2 ** 19);

/** Whole numbers below 2^52. */
export const summaryKey = (level: Level, block: number, strand: number): number =>
  (level.place * BLOCKS + (block - FIRST_BLOCK)) * STRANDS + strand;
/** All keys of a length that lie before this one are of earlier blocks. */
export const firstKeyOf = (level: Level, block: number = FIRST_BLOCK): number => summaryKey(level, block, 0);
export const endKeyOf = (level: Level): number => firstKeyOf(level) + BLOCKS * STRANDS;
export const blockOfKey = (level: Level, key: number): number =>
  Math.floor(key / STRANDS) - level.place * BLOCKS + FIRST_BLOCK;

const ORIGIN_PLACES = 8;
/** 0 for readings that were stored before origins were kept. */
export const strandOf = (series: number, origin: Origin | null): number =>
  series * ORIGIN_PLACES + (origin === null ? 0 : ORIGINS.indexOf(origin) + 1);
