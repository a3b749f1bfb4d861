/**
 * Calendar days of a zone as stretches of time: 23 or 25 hours where the clocks change, and never two days that overlap,
 * even where they change at midnight.
 */
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { openZoneOffset } from '#model/zone-offset.ts';

export type ZoneDay = {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  /** Days from 1970-01-01 in the zone's own calendar. */
  readonly number: number;
};

export type ZoneDays = {
  readonly zone: string;
  /** The day that an instant lies in. */
  readonly of: (atMs: EpochMs) => ZoneDay;
  readonly byNumber: (number: number) => ZoneDay;
};

/** Further than any zone is from UTC, with what a change of the clocks may add. */
const REACH_MS = 16 * HOUR_MS;

/** `zone` is an IANA name that the caller has checked. */
export function openZoneDays(zone: string): ZoneDays {
  const offsetAt = openZoneOffset(zone);
  const dateOf = (atMs: EpochMs): number => Math.floor((atMs + offsetAt(atMs)) / DAY_MS);
  const starts = new Map<number, EpochMs>();
  let last: ZoneDay | undefined;

  /** The first minute that bears the date, or a later one where that date was left out. */
  const findStart = (number: number): EpochMs => {
    const guess = number * DAY_MS - offsetAt(number * DAY_MS);
    if (dateOf(guess) === number && dateOf(guess - MINUTE_MS) === number - 1) return guess;
    let before = number * DAY_MS - REACH_MS;
    let after = number * DAY_MS + REACH_MS;
    while (after - before > MINUTE_MS) {
      const middle = before + Math.floor((after - before) / 2 / MINUTE_MS) * MINUTE_MS;
      if (dateOf(middle) < number) before = middle;
      else after = middle;
    }
    return after;
  };
  const startOf = (number: number): EpochMs => {
    let start = starts.get(number);
    if (start === undefined) {
      start = findStart(number);
      starts.set(number, start);
    }
    return start;
  };
  const byNumber = (number: number): ZoneDay => ({ fromMs: startOf(number), toMs: startOf(number + 1), number });
  return {
    zone,
    byNumber,
    of: (atMs) => {
      if (last !== undefined && last.fromMs <= atMs && atMs < last.toMs) return last;
      let day = byNumber(Math.floor(atMs / DAY_MS));
      while (atMs < day.fromMs) day = byNumber(day.number - 1);
      while (atMs >= day.toMs) day = byNumber(day.number + 1);
      last = day;
      return day;
    },
  };
}
