/** Local calendar time of a zone as an instant; pure, by the zone tables that the runtime carries. */
import type { EpochMs } from '#model/time.ts';
import { DAY_MS, MINUTE_MS } from '#model/time.ts';
import { openZoneOffset, QUARTER_MS } from '#model/zone-offset.ts';

export type ZoneClock = {
  /**
   * The instant at which clocks in the zone show this: the first one when a change of the clock shows it twice, the change
   * itself when it leaves it out. So a later time of day is never an earlier instant.
   */
  readonly toEpoch: (day: number, minuteOfDay: number) => EpochMs;
  /** The zone's calendar day at an instant, as days since 1970-01-01. */
  readonly dayOf: (atMs: EpochMs) => number;
};

/** Days since 1970-01-01 of a calendar date `YYYY-MM-DD`. */
export const dayNumber = (date: string): number => Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS);
export const dateOfDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

export function openZone(zone: string): ZoneClock {
  const offsetMs = openZoneOffset(zone);
  return {
    toEpoch: (day, minuteOfDay) => {
      const wall = day * DAY_MS + minuteOfDay * MINUTE_MS;
      const before = wall - offsetMs(wall - DAY_MS);
      const after = wall - offsetMs(wall + DAY_MS);
      // Of the two offsets around a change, the earlier one's answer holds unless the clock already shows the later.
      if (before + offsetMs(before) === wall) return before;
      if (after + offsetMs(after) === wall) return after;
      let change = Math.ceil(after / QUARTER_MS) * QUARTER_MS;
      while (change < before && offsetMs(change) === offsetMs(after)) change += QUARTER_MS;
      return change;
    },
    dayOf: (atMs) => Math.floor((atMs + offsetMs(atMs)) / DAY_MS),
  };
}
