/**
 * 同期对比: today beside yesterday, the same day last year and the mean of that day of all years, hour by hour of the local
 * day and only up to the running hour. Rain is added up from midnight; a gauge is averaged.
 */
import { DAY_MS, type EpochMs, HOUR_MS } from '#model/time.ts';
import type { DayFigure, Said, SameDay, SameHour } from '#model/trend.ts';
import { type Calendar, type DayNo, dateText, sameDayIn, yearOf } from './calendar.ts';
import { notSaid } from './said.ts';
import type { SeasonData } from './season.ts';
import { isKnown, meanAt, placeAt, type Stretch } from './stretch.ts';

const LEAST_YEARS = 3;

export type Comparing = { readonly isSum: boolean; readonly unit: string; readonly perUnit: number };

/** Places of a local day's hours; an hour that the clocks leave out has none, a repeated one counts once. */
function placesOf(stretch: Stretch, calendar: Calendar, day: DayNo): readonly number[] {
  return Array.from({ length: 24 }, (_, hour) => {
    const atMs = calendar.startOf(day, hour);
    return calendar.hourOf(atMs) === hour ? placeAt(stretch, atMs) : -1;
  });
}

type Hourly = { readonly day: DayNo; readonly shown: readonly (number | null)[]; readonly figure: Said<DayFigure> };

function dayOf(stretch: Stretch | undefined, calendar: Calendar, day: DayNo, until: number, how: Comparing): Hourly {
  const missing = {
    day,
    shown: new Array<null>(24).fill(null),
    figure: notSaid('当日没有数据', 'no data of that day'),
  };
  if (stretch === undefined) return missing;
  const places = placesOf(stretch, calendar, day);
  const [shown, seen]: [(number | null)[], number[]] = [[], []];
  let [sum, torn, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [hour, at] of places.entries()) {
    const value = at < 0 || !isKnown(stretch, at) ? null : how.isSum ? (stretch.sum[at] ?? 0) : meanAt(stretch, at);
    if (hour <= until && (value === null || (stretch.whole[at] !== 1 && hour < until))) torn++;
    if (value !== null && hour <= until) {
      seen.push(value);
      sum += value;
      low = Math.min(low, stretch.min[at] ?? 0);
      high = Math.max(high, stretch.max[at] ?? 0);
    } else if (value !== null) sum += value;
    shown.push(value === null ? null : (how.isSum ? sum : value) / how.perUnit);
  }
  if (seen.length === 0) return { ...missing, shown };
  const total = seen.reduce((all, value) => all + value, 0);
  return {
    day,
    shown,
    figure: {
      said: true,
      date: dateText(day),
      value: (how.isSum ? total : total / seen.length) / how.perUnit,
      min: how.isSum ? null : low / how.perUnit,
      max: how.isSum ? null : high / how.perUnit,
      hours: seen.length,
      lowerBound: how.isSum && torn > 0,
    },
  };
}

/** The mean of whole days only: a day with gaps would pull a sum down. */
function meanOf(days: readonly Hourly[]): SameDay['mean'] {
  const figures = days.flatMap(({ figure }) => (figure.said ? [figure] : []));
  const whole = figures.filter(({ lowerBound, hours }) => !lowerBound && hours > 0);
  if (whole.length < LEAST_YEARS)
    return notSaid(
      `该日完整的年份只有 ${whole.length} 年，少于 ${LEAST_YEARS} 年`,
      `only ${whole.length} years with that day complete, fewer than ${LEAST_YEARS}`,
    );
  const value = whole.reduce((sum, one) => sum + one.value, 0) / whole.length;
  return { said: true, value, years: whole.length, leftOut: figures.length - whole.length };
}

function hourRows(today: Hourly, yesterday: Hourly, lastYear: Hourly, all: readonly Hourly[]): readonly SameHour[] {
  const usable = all.filter(({ figure }) => figure.said && !figure.lowerBound);
  return Array.from({ length: 24 }, (_, hour) => {
    const values = usable.flatMap(({ shown }) => shown[hour] ?? []);
    return {
      hour,
      today: today.shown[hour] ?? null,
      yesterday: yesterday.shown[hour] ?? null,
      lastYear: lastYear.shown[hour] ?? null,
      mean: values.length < LEAST_YEARS ? null : values.reduce((sum, value) => sum + value, 0) / values.length,
      years: values.length,
    };
  });
}

export function sameDay({ calendar, recent, earlier }: SeasonData, nowMs: EpochMs, how: Comparing): SameDay {
  const day = calendar.dayOf(nowMs);
  const until = calendar.hourOf(nowMs);
  const today = dayOf(recent, calendar, day, until, how);
  const yesterday = dayOf(recent, calendar, day - 1, until, how);
  const all = [...earlier].map(([year, hours]) => dayOf(hours, calendar, sameDayIn(day, year), until, how));
  const lastDay = sameDayIn(day, yearOf(day) - 1);
  const lastYear = all.find((one) => one.day === lastDay) ?? dayOf(undefined, calendar, lastDay, until, how);
  // The hours that are still to come are no part of today.
  const ahead = Math.max(0, Math.ceil((calendar.startOf(day) + DAY_MS - nowMs) / HOUR_MS) - 1);
  const shown = today.shown.map((value, hour) => (hour >= 24 - ahead ? null : value));
  return {
    unit: how.unit,
    untilHour: until,
    today: today.figure,
    yesterday: yesterday.figure,
    lastYear: lastYear.figure,
    mean: meanOf(all),
    hours: hourRows({ ...today, shown }, yesterday, lastYear, all),
  };
}
