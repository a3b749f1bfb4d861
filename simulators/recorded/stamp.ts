/** A written time of a recording: ISO 8601 with an offset or Z, or local time of a zone; also `2022/6/3 8:00`, as spreadsheets write. */
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '#model/time.ts';
import { instantOf } from '#simulators/recorded/series.ts';
import type { LocalMs } from '#simulators/recorded/zone-clock.ts';

const STAMP =
  /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})[T ](\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i;
const DAY = /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})$/;

/** `offsetMs` is null when the stamp names none: then it is local time. */
export type Stamp = { readonly localMs: LocalMs; readonly offsetMs: number | null };

/** Undefined when there is no such time; hour 24 is midnight at the day's end. */
export function readStamp(text: string): Stamp | undefined {
  const match = STAMP.exec(text);
  if (match === null) return undefined;
  const [, year, , month, day, hour, minute, second = '0', fraction = '', offset] = match;
  const local = instantOf(
    { year: Number(year), month: Number(month), day: Number(day), hour: Number(hour), minute: Number(minute) },
    0,
  );
  if (local === undefined || Number(second) > 59) return undefined;
  if (Number(hour) === 24 && (minute !== '00' || Number(second) > 0)) return undefined;
  const localMs = local + Number(second) * SECOND_MS + Math.floor(Number(`0.${fraction || 0}`) * SECOND_MS);
  return { localMs, offsetMs: offset === undefined ? null : offsetOf(offset) };
}

function offsetOf(text: string): number {
  if (/^z$/i.test(text)) return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(text) ?? [];
  const ms = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS;
  return sign === '-' ? -ms : ms;
}

/** A day without a time, from its first instant to its last, in local time. */
export function readDay(text: string): { readonly fromMs: LocalMs; readonly toMs: LocalMs } | undefined {
  const match = DAY.exec(text);
  if (match === null) return undefined;
  const [, year, , month, day] = match;
  const local = instantOf({ year: Number(year), month: Number(month), day: Number(day), hour: 0, minute: 0 }, 0);
  return local === undefined ? undefined : { fromMs: local, toMs: local + DAY_MS - 1 };
}

/** The instant of a stamp that names its offset. */
export const instantOfStamp = (stamp: Stamp & { readonly offsetMs: number }): EpochMs => stamp.localMs - stamp.offsetMs;
