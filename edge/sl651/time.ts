/** Times of SL 651 and SL/T 427: digits of Beijing time without a zone, two digits for the year. */
import { type EpochMs, HOUR_MS } from '../../model/time.ts';

const BEIJING_MS = 8 * HOUR_MS;
/** Years from 70 on are of the last century: what a clock says that was never set. */
const PIVOT = 70;

/** `YYMMDDHHmm` or `YYMMDDHHmmSS`; undefined when the digits are no time. */
export function parseBeijing(digits: string): EpochMs | undefined {
  if (!/^(?:\d{10}|\d{12})$/.test(digits)) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (digits.match(/../g) ?? []).map(Number);
  const fullYear = year + (year >= PIVOT ? 1900 : 2000);
  const utc = Date.UTC(fullYear, month - 1, day, hour, minute, second);
  const back = new Date(utc);
  // 2026-02-30 or 25:00 would be taken as another day.
  const isSame = back.getUTCMonth() === month - 1 && back.getUTCDate() === day && back.getUTCHours() === hour;
  return isSame && minute < 60 && second < 60 ? utc - BEIJING_MS : undefined;
}

/** Twelve digits `YYMMDDHHmmSS`. */
export const beijingDigits = (atMs: EpochMs): string =>
  new Date(atMs + BEIJING_MS).toISOString().replace(/\D/g, '').slice(2, 14);

/** `2014-12-05T11:00:02+08:00`. */
export const beijingIso = (atMs: EpochMs): string => `${new Date(atMs + BEIJING_MS).toISOString().slice(0, 19)}+08:00`;
