/**
 * Numbers of the emergency broadcast: 34 digits for a packet (EBDID: the sender's 18 and a serial of 16), 30 for a message
 * (EBMID: the sender's 18, the day, a serial of 4). The division into parts is from implementations, not from the standard.
 */
import { type EpochMs, formatInZone } from '#model/time.ts';

export const formatEbdId = (source: string, serial: number): string =>
  `${source.padEnd(18, '0')}${String(serial).padStart(16, '0')}`;

export type DaySerial = { readonly day: string; readonly n: number };

const dayOf = (atMs: EpochMs, zone: string): string => formatInZone(atMs, zone).slice(0, 10).replaceAll('-', '');
const dayAfter = (day: string): string => {
  const at = Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6)) + 1);
  return new Date(at).toISOString().slice(0, 10).replaceAll('-', '');
};

/** Never goes back; after 9,999 of a day the next day's numbers are taken. */
export function nextDaySerial(last: DaySerial | undefined, nowMs: EpochMs, zone: string): DaySerial {
  const day = dayOf(nowMs, zone);
  if (last === undefined || day > last.day) return { day, n: 1 };
  return last.n < 9_999 ? { day: last.day, n: last.n + 1 } : { day: dayAfter(last.day), n: 1 };
}

export const formatEbmId = (source: string, { day, n }: DaySerial): string =>
  `${source.padEnd(18, '0')}${day}${String(n).padStart(4, '0')}`;
