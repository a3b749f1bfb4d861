/**
 * The county's calendar: local days as numbers, their first instants, and the same day of another year. 29 February is
 * compared with 28 February in a year that has none.
 */
import { DAY_MS, type EpochMs, HOUR_MS } from '#model/time.ts';
import { openZoneOffset } from '#model/zone-offset.ts';

/** Days since 1970-01-01 by the local calendar. */
export type DayNo = number;

export type Calendar = {
  readonly dayOf: (atMs: EpochMs) => DayNo;
  readonly hourOf: (atMs: EpochMs) => number;
  /** The first instant of an hour of a local day. */
  readonly startOf: (day: DayNo, hour?: number) => EpochMs;
};

export function createCalendar(zone: string): Calendar {
  const offsetAt = openZoneOffset(zone);
  const localOf = (atMs: EpochMs): number => atMs + offsetAt(atMs);
  return {
    dayOf: (atMs) => Math.floor(localOf(atMs) / DAY_MS),
    hourOf: (atMs) => Math.floor((localOf(atMs) % DAY_MS) / HOUR_MS),
    startOf: (day, hour = 0) => {
      const local = day * DAY_MS + hour * HOUR_MS;
      // Twice: the offset at the guess decides, where clocks are put forward or back.
      return local - offsetAt(local - offsetAt(local));
    },
  };
}

const partsOf = (day: DayNo) => {
  const date = new Date(day * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), dayOfMonth: date.getUTCDate() };
};
export const yearOf = (day: DayNo): number => partsOf(day).year;
export const firstDayOf = (year: number): DayNo => Date.UTC(year, 0) / DAY_MS;
/** `2026-06-03`. */
export const dateText = (day: DayNo): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** The same day of another year. */
export function sameDayIn(day: DayNo, year: number): DayNo {
  const { month, dayOfMonth } = partsOf(day);
  const there = Date.UTC(year, month, dayOfMonth) / DAY_MS;
  return partsOf(there).month === month ? there : there - 1;
}
