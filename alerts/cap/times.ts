/** Instants as CAP writes them: whole seconds with a numeric offset. `Z` and fractions are not CAP; UTC is `-00:00`. */
import { type EpochMs, formatInZone } from '#model/time.ts';

const CAP_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)([-+])(\d\d):(\d\d)$/;

export const capTime = (atMs: EpochMs, zone: string): string => formatInZone(atMs, zone).replace(/\+00:00$/, '-00:00');

/** Undefined for what is not such an instant: a wrong form, a day that the month does not have, an offset beyond a day. */
export function parseCapTime(raw: string): EpochMs | undefined {
  const match = CAP_TIME.exec(raw);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const [offsetHours = 0, offsetMinutes = 0] = match.slice(8, 10).map(Number);
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 14 || offsetMinutes > 59 || year === 0) return undefined;
  const localMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(localMs);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000;
  return match[7] === '-' ? localMs + offsetMs : localMs - offsetMs;
}
