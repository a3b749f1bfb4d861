/** Wall-clock text of a zone for millions of instants. */
import { type EpochMs, MINUTE_MS } from '#model/time.ts';
import { openZoneOffset } from '#model/zone-offset.ts';

export type LocalTime = {
  /** `2026-07-01 08:00:00.123`, which spreadsheets take for a time. */
  readonly text: (atMs: EpochMs) => string;
  /** `+08:00` */
  readonly offset: (atMs: EpochMs) => string;
};

const twoDigits = (number: number): string => String(number).padStart(2, '0');

export function openLocalTime(zone: string): LocalTime {
  const offsetMs = openZoneOffset(zone);
  return {
    text: (atMs) => new Date(atMs + offsetMs(atMs)).toISOString().slice(0, 23).replace('T', ' '),
    offset: (atMs) => {
      const minutes = offsetMs(atMs) / MINUTE_MS;
      const away = Math.abs(minutes);
      return `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(away / 60))}:${twoDigits(away % 60)}`;
    },
  };
}
