/** How rare a rain is: by the county's table where there is one, and by the station's own years where there are enough. */
import { HOUR_MS } from '#model/time.ts';
import type { RainFrequency, RainFrequencyRow, ReturnPeriodOfDuration, ReturnPeriods } from '#model/trend.ts';
import { DURATIONS_H, isComplete, largestWindow, type YearMaxima } from './annual.ts';
import { exceedance, fitPearson3, returnInterval, returnYears } from './pearson3.ts';
import { notSaid } from './said.ts';
import { amountOf, endOf, placeAt, type Stretch } from './stretch.ts';
import { weibull } from './weibull.ts';

export const LEAST_YEARS = 5;
/** Times the length of the record, beyond which a curve says no more than "rarer than that". */
export const REACH = 10;
/** Of L-moments, the skew of fewer than ten years is mostly chance. */
const LEAST_TO_FIT = 10;

type Question = {
  readonly fromMs: number;
  readonly toMs: number;
  /** Both reach back to the longest duration before `fromMs`. */
  readonly tenMinutes: Stretch;
  readonly hours: Stretch;
  readonly years: readonly YearMaxima[];
  /** The year that `toMs` lies in. */
  readonly year: number;
  readonly table: RainFrequency | undefined;
  /** Steps in a millimetre. */
  readonly perMm: number;
};

function byTable(table: RainFrequency | undefined, hours: number, mm: number): ReturnPeriodOfDuration['table'] {
  if (table === undefined) return notSaid('本站没有县里给的暴雨参数表', 'the county gives no table for this station');
  const row: RainFrequencyRow | undefined = table.rows.find((one) => one.hours === hours);
  if (row === undefined) return notSaid(`参数表里没有 ${hours} 小时`, `the table has no row for ${hours} h`);
  const curve = { mean: row.meanMm, cv: row.cv, cs: row.cs };
  return { said: true, years: 1 / Math.max(exceedance(curve, mm), 1e-6), source: table.source };
}

function tooFew(years: number): ReturnType<typeof notSaid> {
  return notSaid(
    `完整年份只有 ${years} 年，不足 ${LEAST_YEARS} 年，不作估计`,
    `only ${years} complete years, fewer than ${LEAST_YEARS}: no estimate`,
  );
}

/** The years that a value is ranked among: complete ones, without the one that it fell in. */
const othersOf = (years: readonly YearMaxima[], year: number): readonly YearMaxima[] =>
  years.filter((one) => one.year !== year && isComplete(one));

function byRank(question: Question, index: number, steps: number): ReturnPeriodOfDuration['empirical'] {
  const others = othersOf(question.years, question.year).map(({ largest }) => largest[index] ?? 0);
  if (others.length < LEAST_YEARS) return tooFew(others.length);
  if (steps <= 0) return notSaid('没有测得降雨', 'no rain was measured');
  const own = question.years.find(({ year }) => year === question.year)?.largest[index] ?? 0;
  // Ties count as exceeded: a coarse gauge must not make a rain rarer than it was.
  const rank = 1 + others.filter((one) => one >= steps).length + (own > steps ? 1 : 0);
  const ofYears = others.length + 1;
  const { years, interval } = weibull(Math.min(rank, ofYears), ofYears);
  return { said: true, years, interval, rank, ofYears, largest: rank === 1 };
}

function byFit(question: Question, index: number, steps: number): ReturnPeriodOfDuration['fitted'] {
  const others = othersOf(question.years, question.year).map(({ largest }) => (largest[index] ?? 0) / question.perMm);
  if (others.length < LEAST_YEARS) return tooFew(others.length);
  if (others.length < LEAST_TO_FIT)
    return notSaid(
      `${others.length} 年不足以定偏态系数（至少 ${LEAST_TO_FIT} 年），只给经验重现期`,
      `${others.length} years do not fix a skew (${LEAST_TO_FIT} at least): the empirical figure only`,
    );
  const curve = fitPearson3(others);
  if (curve === undefined) return notSaid('各年最大值没有差别，无法配线', 'the annual maxima do not differ: no curve');
  if (steps <= 0) return notSaid('没有测得降雨', 'no rain was measured');
  const mm = steps / question.perMm;
  const furthest = REACH * others.length;
  const years = returnYears(curve, mm);
  const { mean: meanMm, cv, cs } = curve;
  const { low, high } = returnInterval(curve, others.length, mm);
  return {
    said: true,
    years: Math.min(years, furthest),
    ofYears: others.length,
    interval: { low: Math.min(low, furthest), high: Math.min(high, furthest) },
    ...{ meanMm, cv, cs },
    beyond: years >= furthest,
  };
}

/** Whether summaries of ten minutes show more than those of hours: a station that reports by the hour fills one in six. */
function isFiner(tenMinutes: Stretch, hours: Stretch): boolean {
  const { known } = amountOf(tenMinutes, 0, tenMinutes.length);
  return known >= 3 * amountOf(hours, 0, hours.length).known && known > 0;
}

/** Hours of a window with readings missing; the hour that is not over yet is not counted. */
function missingIn(hours: Stretch, endMs: number, duration: number, toMs: number): number {
  const from = Math.floor((endMs - hours.fromMs) / HOUR_MS) - duration;
  const to = Math.min(Math.ceil((endMs - hours.fromMs) / HOUR_MS), placeAt(hours, toMs) - 1);
  return amountOf(hours, from, to).missing;
}

/** The largest rains of each duration that ended in a time, and how rare they are. */
export function returnPeriods(question: Question): ReturnPeriods {
  const { fromMs, toMs, tenMinutes, hours, perMm } = question;
  const finer = isFiner(tenMinutes, hours);
  const durations = DURATIONS_H.map((duration, index): ReturnPeriodOfDuration => {
    const clock = largestWindow(hours, duration, placeAt(hours, fromMs), placeAt(hours, toMs));
    const fine = largestWindow(tenMinutes, duration * 6, placeAt(tenMinutes, fromMs), placeAt(tenMinutes, toMs));
    const slides = finer && fine.sum >= clock.sum;
    const slidingMm = (slides ? fine.sum : clock.sum) / perMm;
    const endMs = slides ? endOf(tenMinutes, fine.end - 1) : endOf(hours, clock.end - 1);
    return {
      hours: duration,
      slidingMm,
      clockMm: clock.sum / perMm,
      endMs,
      lowerBound: missingIn(hours, endMs, duration, toMs) > 0,
      table: byTable(question.table, duration, slidingMm),
      empirical: byRank(question, index, clock.sum),
      fitted: byFit(question, index, clock.sum),
    };
  });
  const complete = othersOf(question.years, question.year).map(({ year }) => year);
  const incomplete = question.years
    .filter((one) => one.year !== question.year && !isComplete(one))
    .map(({ year }) => year);
  return { fromMs, toMs, completeYears: complete, incompleteYears: incomplete, durations };
}
