/**
 * When each sensor last gave a value, and since when anybody has been looking: silence while the centre itself was away,
 * or before a rule was there, is nobody's silence.
 */

const LOOKED = 0; // the newest look (a sample's arrival or a tick), 0 before the first
const SINCE = 1; // looking without a break since then
const HEARD = 2; // then for each sensor the instant of its newest value

/** A break of this length between two looks: we were away. Ticks come every minute at least. */
export const AWAY_MS = 600_000;

export const watchNumbers = (sensors: number): number => HEARD + sensors;

/** Notes that somebody looks now. */
export function look(memory: Float64Array, nowMs: number): void {
  const before = memory[LOOKED] as number;
  if (before === 0 || nowMs - before > AWAY_MS) memory[SINCE] = nowMs;
  memory[LOOKED] = Math.max(before, nowMs);
}

export function hear(memory: Float64Array, sensor: number, atMs: number): void {
  memory[HEARD + sensor] = Math.max(memory[HEARD + sensor] as number, atMs);
}

/** 0 when it never gave one. */
export const heardAt = (memory: Float64Array, sensor: number): number => memory[HEARD + sensor] as number;

export const lookingSince = (memory: Float64Array): number => memory[SINCE] as number;

/** How long a sensor has been silent under our eyes. */
export const silentMs = (memory: Float64Array, sensor: number, nowMs: number): number =>
  Math.max(0, nowMs - Math.max(heardAt(memory, sensor), lookingSince(memory)));
