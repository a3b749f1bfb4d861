/**
 * Local stamps of an IANA zone as instants. A stamp that the zone leaves out in spring is read with the offset before the
 * change (02:30 becomes 03:30 of the new time); one that comes twice in autumn is the first of the two, or the second when the
 * first would lie before the station's row before it.
 */
import { DAY_MS, type EpochMs, HOUR_MS } from '#model/time.ts';

/** A local time, written as if it were UTC. */
export type LocalMs = number;

export type LocalInstant = { readonly atMs: EpochMs; readonly how: 'plain' | 'skipped' | 'twice' };

export type ZoneClock = {
  readonly zone: string;
  readonly toInstant: (localMs: LocalMs, notBeforeMs: EpochMs) => LocalInstant;
  /** The offset holds for the whole local hour that begins here, with no doubt about any stamp in it. */
  readonly isPlainHour: (localHourMs: LocalMs) => boolean;
};

/** Offsets of all zones lie within this. */
const WIDEST_MS = 15 * HOUR_MS;
const MAX_DAYS = 50_000;

/** Undefined when there is no such zone. */
export function openZone(zone: string): ZoneClock | undefined {
  const offsetAt = offsetsOf(zone);
  if (offsetAt === undefined) return undefined;
  const days = new Map<number, number | null>();

  /** The one offset of a local day; null for a day with a change near it. */
  const offsetOfDay = (localMs: LocalMs): number | null => {
    const day = Math.floor(localMs / DAY_MS);
    const known = days.get(day);
    if (known !== undefined) return known;
    const before = offsetAt(day * DAY_MS - WIDEST_MS);
    const after = offsetAt((day + 1) * DAY_MS + WIDEST_MS);
    const offset = before === after ? before : null;
    if (days.size > MAX_DAYS) days.clear();
    days.set(day, offset);
    return offset;
  };

  const resolve = (localMs: LocalMs, notBeforeMs: EpochMs): LocalInstant => {
    const early = offsetAt(localMs - WIDEST_MS);
    const late = offsetAt(localMs + WIDEST_MS);
    const fits = [early, late].filter((offset) => offsetAt(localMs - offset) === offset);
    const [first, second] = [...new Set(fits.map((offset) => localMs - offset))].sort((a, b) => a - b);
    if (first === undefined) return { atMs: localMs - early, how: 'skipped' };
    if (second === undefined) return { atMs: first, how: 'plain' };
    return { atMs: first < notBeforeMs && second >= notBeforeMs ? second : first, how: 'twice' };
  };

  return {
    zone,
    toInstant: (localMs, notBeforeMs) => {
      const offset = offsetOfDay(localMs);
      return offset === null ? resolve(localMs, notBeforeMs) : { atMs: localMs - offset, how: 'plain' };
    },
    isPlainHour: (localHourMs) => offsetOfDay(localHourMs) !== null,
  };
}

function offsetsOf(zone: string): ((atMs: EpochMs) => number) | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
  return (atMs) => {
    const name = format.formatToParts(new Date(atMs)).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes, seconds = '0'] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? [];
    if (sign === undefined) return 0;
    const ms = Number(hours) * HOUR_MS + Number(minutes) * 60_000 + Number(seconds) * 1_000;
    return sign === '-' ? -ms : ms;
  };
}

/** The fixed-offset zone of a stamp's own offset: `+08:00` is `Etc/GMT-8`; null when it is no whole hour. */
export function zoneOfOffset(offsetMs: number): string | null {
  const hours = offsetMs / HOUR_MS;
  if (!Number.isInteger(hours) || hours < -12 || hours > 14) return null;
  return hours === 0 ? 'UTC' : `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`;
}
