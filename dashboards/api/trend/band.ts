/** The season as a picture: for each day around today the span of earlier years (p10 to p90), and the present year's line. */
import type { Bucket } from '#model/history.ts';
import type { BandDay } from '#model/trend.ts';
import { type Calendar, type DayNo, sameDayIn, yearOf } from './calendar.ts';
import { SEASON_DAYS, type SeasonFigure } from './season.ts';

export const BAND_BACK_DAYS = 60;
export const BAND_AHEAD_DAYS = 15;
const LEAST_DAYS = 30;
const ENOUGH = 0.8;

export type DailyFigure = { readonly value: number; readonly whole: boolean };

/** A day's sum, mean, or movement since the day before, by local day; from buckets of a day each. */
export function dailyFigures(
  buckets: readonly Bucket[],
  calendar: Calendar,
  figure: SeasonFigure,
): ReadonlyMap<DayNo, DailyFigure> {
  const known = buckets.filter(({ n }) => n > 0);
  const counts = known.map(({ n }) => n).sort((a, b) => a - b);
  const least = (counts[counts.length >> 1] ?? 0) * ENOUGH;
  const days = new Map(known.map((bucket) => [calendar.dayOf(bucket.fromMs), bucket]));
  const made = new Map<DayNo, DailyFigure>();
  for (const [day, { n, sum }] of days) {
    const before = days.get(day - 1);
    if (figure === 'sum24h') made.set(day, { value: sum, whole: n >= least });
    else if (figure === 'hourMean') made.set(day, { value: sum / n, whole: true });
    else if (before !== undefined) made.set(day, { value: sum / n - before.sum / before.n, whole: true });
  }
  return made;
}

const at = (sorted: readonly number[], share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;

export function bandOf(
  today: DayNo,
  own: ReadonlyMap<DayNo, DailyFigure>,
  earlier: ReadonlyMap<number, ReadonlyMap<DayNo, DailyFigure>>,
  calendar: Calendar,
  perUnit: number,
): readonly BandDay[] {
  return Array.from({ length: BAND_BACK_DAYS + BAND_AHEAD_DAYS + 1 }, (_, index) => {
    const day = today - BAND_BACK_DAYS + index;
    const values: number[] = [];
    for (const [year, figures] of earlier) {
      const middle = sameDayIn(day, year + yearOf(day) - yearOf(today));
      for (let near = middle - SEASON_DAYS; near <= middle + SEASON_DAYS; near++) {
        const figure = figures.get(near);
        if (figure?.whole === true) values.push(figure.value / perUnit);
      }
    }
    values.sort((a, b) => a - b);
    const enough = values.length >= LEAST_DAYS;
    const figure = day <= today ? own.get(day) : undefined;
    return {
      atMs: calendar.startOf(day),
      p10: enough ? at(values, 0.1) : null,
      p50: enough ? at(values, 0.5) : null,
      p90: enough ? at(values, 0.9) : null,
      days: values.length,
      value: figure === undefined ? null : figure.value / perUnit,
      lowerBound: figure?.whole === false,
    };
  });
}
