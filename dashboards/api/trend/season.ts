/**
 * Where the present stands among the days of its season: each other day is measured as the present is, at the same hour of
 * the day. A day with gaps is no sample; of rain it says only that at least so much fell.
 */
import type { QuantityCode } from '#model/quantity.ts';
import { type EpochMs, HOUR_MS } from '#model/time.ts';
import type { Said, Season, SeasonRank, SeasonSpan } from '#model/trend.ts';
import type { Calendar, DayNo } from './calendar.ts';
import { sameDayIn, yearOf } from './calendar.ts';
import { notSaid } from './said.ts';
import { lineThrough } from './slope.ts';
import { amountOf, isKnown, meanAt, placeAt, type Stretch } from './stretch.ts';

export type SeasonFigure = Season['figure'];
/** Days to either side that count as the same season. */
export const SEASON_DAYS = 15;
const LEAST: { readonly [S in SeasonSpan]: { readonly days: number; readonly years: number } } = {
  sameSeason: { days: 60, years: 3 },
  last30d: { days: 20, years: 1 },
  last365d: { days: 200, years: 1 },
};
const DAY_H = 24;
const LEAST_RATE_H = 12;

export type Sample = { readonly value: number; readonly whole: boolean };

/** The figure of the time that ends at an instant, in steps; undefined where nothing is known. */
export function sampleAt(hours: Stretch, figure: SeasonFigure, endMs: EpochMs): Sample | undefined {
  const end = placeAt(hours, endMs);
  switch (figure) {
    case 'sum24h': {
      const { sum, known, missing } = amountOf(hours, end - DAY_H, end);
      return known === 0 ? undefined : { value: sum, whole: missing === 0 };
    }
    case 'hourMean': {
      const value = meanAt(hours, end - 1);
      return value === null ? undefined : { value, whole: true };
    }
    case 'ratePerDay': {
      const line = lineThrough(hours, end - DAY_H, end);
      const spread = isKnownEarly(hours, end);
      return line === undefined || line.n < LEAST_RATE_H || !spread
        ? undefined
        : { value: line.slope * DAY_H, whole: true };
    }
    default:
      return figure satisfies never;
  }
}

/** Whether a day's slope rests on more than its last hours. */
function isKnownEarly(hours: Stretch, end: number): boolean {
  for (let at = end - DAY_H; at < end - LEAST_RATE_H; at++) if (isKnown(hours, at)) return true;
  return false;
}

type Dated = { readonly year: number; readonly sample: Sample | undefined };

const quantileOf = (sorted: readonly number[], share: number): number => {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? 0;
  return low + ((sorted[Math.ceil(at)] ?? low) - low) * (at - Math.floor(at));
};

function tooFew(days: number, years: number, least: { readonly days: number; readonly years: number }) {
  const [ofYears, some] = least.years > 1 ? [`${years} 年 `, `${least.years} 年 `] : ['', ''];
  const [inYears, several] = least.years > 1 ? [` of ${years} years`, ` of ${least.years}`] : ['', ''];
  return notSaid(
    `只有 ${ofYears}${days} 个完整日，少于 ${some}${least.days} 日，不作比较`,
    `only ${days} complete days${inYears}, fewer than ${least.days}${several}: not said`,
  );
}

/** The value's place among the samples, and what the incomplete ones leave open. */
export function rankAmong(span: SeasonSpan, value: number, dated: readonly Dated[], perUnit: number): Said<SeasonRank> {
  const whole = dated.filter(({ sample }) => sample?.whole === true);
  const torn = dated.filter(({ sample }) => sample?.whole === false);
  const sorted = whole.map(({ sample }) => sample?.value ?? 0).sort((a, b) => a - b);
  const years = new Set(whole.map(({ year }) => year)).size;
  const least = LEAST[span];
  if (sorted.length < least.days || years < least.years) return tooFew(sorted.length, years, least);
  const below = sorted.filter((one) => one < value).length;
  const equal = sorted.filter((one) => one === value).length;
  // An incomplete day whose known part lies above is above, whatever the rest brought.
  const above = torn.filter(({ sample }) => (sample?.value ?? 0) > value).length;
  const all = sorted.length + torn.length;
  const middle = below + equal / 2;
  const highest = (100 * (middle + torn.length - above)) / all;
  return {
    said: true,
    percentile: Math.min((100 * middle) / sorted.length, highest),
    lowest: (100 * middle) / all,
    highest,
    days: sorted.length,
    years,
    incompleteDays: dated.length - sorted.length,
    p10: quantileOf(sorted, 0.1) / perUnit,
    p50: quantileOf(sorted, 0.5) / perUnit,
    p90: quantileOf(sorted, 0.9) / perUnit,
  };
}

export type SeasonData = {
  readonly calendar: Calendar;
  /** The last year and more, to the running hour. */
  readonly recent: Stretch;
  /** By year, around the same day. */
  readonly earlier: ReadonlyMap<number, Stretch>;
};

export function daysAround(day: DayNo, year: number): readonly DayNo[] {
  const middle = sameDayIn(day, year);
  return Array.from({ length: 2 * SEASON_DAYS + 1 }, (_, index) => middle - SEASON_DAYS + index);
}

/** Of gauges the newest hour that is known, not more than three back; of rain always the running one. */
function presentOf(hours: Stretch, figure: SeasonFigure, nowMs: EpochMs) {
  const runningEndMs = Math.floor(nowMs / HOUR_MS + 1) * HOUR_MS;
  for (let back = 0; back < (figure === 'sum24h' ? 1 : 4); back++) {
    const endMs = runningEndMs - back * HOUR_MS;
    const isThere = figure === 'sum24h' || isKnown(hours, placeAt(hours, endMs) - 1);
    const sample = isThere ? sampleAt(hours, figure, endMs) : undefined;
    if (sample !== undefined) return { endMs, sample };
  }
  return undefined;
}

export const figureOf = (quantity: QuantityCode): SeasonFigure =>
  quantity === 'rain' ? 'sum24h' : quantity.startsWith('displacement') ? 'ratePerDay' : 'hourMean';

export function seasonOf(
  data: SeasonData,
  figure: SeasonFigure,
  nowMs: EpochMs,
  unit: { readonly text: string; readonly perUnit: number },
): Said<Season> {
  const { calendar, recent, earlier } = data;
  const present = presentOf(recent, figure, nowMs);
  if (present === undefined) {
    const end = placeAt(recent, Math.floor(nowMs / HOUR_MS) * HOUR_MS) + 1;
    const isHeard = [end - 1, end - 2, end - 3, end - 4].some((at) => isKnown(recent, at));
    return isHeard && figure === 'ratePerDay'
      ? notSaid('数据还不够求一天的速率', 'too few data yet for the rate of a day')
      : notSaid('最近没有数据，无从比较', 'there are no recent data to compare');
  }
  const { endMs, sample } = present;
  const today = calendar.dayOf(endMs - 1);
  const hour = calendar.hourOf(endMs - 1);
  const endOn = (day: DayNo): EpochMs => calendar.startOf(day, hour) + HOUR_MS;
  const lastDays = (count: number): readonly Dated[] =>
    Array.from({ length: count }, (_, index) => {
      const day = today - 1 - index;
      return { year: yearOf(day), sample: sampleAt(recent, figure, endOn(day)) };
    });
  const season = [...earlier].flatMap(([year, hours]) =>
    daysAround(today, year).map((day) => ({ year, sample: sampleAt(hours, figure, endOn(day)) })),
  );
  const rank = (span: SeasonSpan, dated: readonly Dated[]) => rankAmong(span, sample.value, dated, unit.perUnit);
  return {
    said: true,
    figure,
    value: sample.value / unit.perUnit,
    unit: figure === 'ratePerDay' ? `${unit.text}/d` : unit.text,
    endMs,
    // The running hour is not over: what is missing of it is no gap.
    lowerBound:
      figure === 'sum24h' && amountOf(recent, placeAt(recent, endMs) - DAY_H, placeAt(recent, endMs) - 1).missing > 0,
    spans: {
      sameSeason: rank('sameSeason', season),
      last30d: rank('last30d', lastDays(30)),
      last365d: rank('last365d', lastDays(365)),
    },
  };
}
