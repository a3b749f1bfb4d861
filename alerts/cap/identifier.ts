/**
 * Message identifiers of GB/T 35965.1-2018: `ZZZZZZDDDUUUXX_YYYYMMDDhhmmss_N`, 31 characters: division, agency, unit and
 * extension, the second, and one digit within it. At most ten a second and unit: the eleventh takes the next second.
 */
import { type EpochMs, formatInZone, SECOND_MS } from '#model/time.ts';

/** The last number that was given to a unit; the table's row. */
export type LastNumber = { readonly second: number; readonly n: number };

/**
 * The number after `last`. It never goes back, whatever the clock does, so that none is given twice; `second` may therefore
 * lie ahead of the clock for a while after a burst.
 */
export function nextNumber(last: LastNumber | undefined, nowMs: EpochMs): LastNumber {
  const now = Math.floor(nowMs / SECOND_MS);
  if (last === undefined || now > last.second) return { second: now, n: 0 };
  return last.n < 9 ? { second: last.second, n: last.n + 1 } : { second: last.second + 1, n: 0 };
}

/**
 * The 14 digits of the unit: those with which the sender's name begins, filled with zeros, or the county's own six. The
 * agency digits of GB/T 4657 are the county's to know; none are guessed here.
 */
export function unitDigits(sender: string, countyCode: string): string {
  const given = /^\d{6,14}/.exec(sender)?.[0] ?? /^\d{6}/.exec(countyCode)?.[0] ?? '';
  return given.padEnd(14, '0');
}

export function formatIdentifier(unit: string, { second, n }: LastNumber, zone: string): string {
  const time = formatInZone(second * SECOND_MS, zone)
    .slice(0, 19)
    .replace(/\D/g, '');
  return `${unit}_${time}_${n}`;
}

export const IDENTIFIER = /^\d{14}_\d{14}_\d$/;
