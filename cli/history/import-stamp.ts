/** Times as people and spreadsheets write them: ISO 8601 with an offset, or a wall clock of the county. */
import { openZone } from '#cli/load/zone.ts';
import { DAY_MS, type EpochMs, SECOND_MS } from '#model/time.ts';

const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;
const WALL = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ](\d{1,2}):(\d\d)(?::(\d\d(?:\.\d{1,9})?))?$/;

/** Undefined when it is no time. Nothing is made up: 30 February and 25 o'clock are none. */
export function openStamps(zone: string): (text: string) => EpochMs | undefined {
  const clock = openZone(zone);
  let minute = '';
  let minuteMs = 0;
  return (text) => {
    const iso = ISO.exec(text);
    if (iso !== null) {
      const atMs = Date.parse(`${iso[1]}T${iso[2]}${(iso[3] ?? ':00').slice(0, 7)}${iso[4]}`);
      return Number.isFinite(atMs) && isDate(iso[1] ?? '') ? atMs : undefined;
    }
    const wall = WALL.exec(text);
    if (wall === null) return undefined;
    const [, year = '', month = '', day = '', hour = '', minutes = '', seconds = '0'] = wall;
    const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
    if (!isDate(date) || Number(hour) > 23 || Number(minutes) > 59 || Number(seconds) >= 60) return undefined;
    const key = `${date} ${hour}:${minutes}`;
    if (key !== minute) {
      minuteMs = clock.toEpoch(Date.parse(`${date}T00:00:00Z`) / DAY_MS, Number(hour) * 60 + Number(minutes));
      minute = key;
    }
    return minuteMs + Math.floor(Number(seconds) * SECOND_MS + 1e-6);
  };
}

const isDate = (date: string): boolean => {
  const atMs = Date.parse(`${date}T00:00:00Z`);
  return Number.isFinite(atMs) && new Date(atMs).toISOString().startsWith(date);
};
