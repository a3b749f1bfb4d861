/** Wall-clock text of a zone for millions of instants: the zone's offset is looked up once a quarter of an hour. */
import { type EpochMs, formatInZone, MINUTE_MS } from '#model/time.ts';

/** Every zone's clocks stand on a quarter of an hour, and change there. */
const QUARTER_MS = 15 * MINUTE_MS;

export type LocalTime = {
  /** `2026-07-01 08:00:00.123`, which spreadsheets take for a time. */
  readonly text: (atMs: EpochMs) => string;
  /** `+08:00` */
  readonly offset: (atMs: EpochMs) => string;
};

export function openLocalTime(zone: string): LocalTime {
  let quarter = Number.NaN;
  let offset = '+00:00';
  let shiftMs = 0;
  const look = (atMs: EpochMs): void => {
    const now = Math.floor(atMs / QUARTER_MS);
    if (now === quarter) return;
    quarter = now;
    offset = formatInZone(atMs, zone).slice(19);
    const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number);
    shiftMs = (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * MINUTE_MS;
  };
  return {
    text: (atMs) => {
      look(atMs);
      return new Date(atMs + shiftMs).toISOString().slice(0, 23).replace('T', ' ');
    },
    offset: (atMs) => {
      look(atMs);
      return offset;
    },
  };
}
