/**
 * Fetches what trends are made of from history, year by year, and keeps of past years only their largest rains: the year
 * that is over is asked for once in six hours at most.
 */
import type { Bucket, HistoryQuery, Resolution } from '#model/history.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { LEAD_H, type YearMaxima, yearMaxima } from '../trend/annual.ts';
import { BAND_AHEAD_DAYS, BAND_BACK_DAYS, type DailyFigure, dailyFigures } from '../trend/band.ts';
import { type Calendar, type DayNo, firstDayOf, sameDayIn, yearOf } from '../trend/calendar.ts';
import { figureOf, SEASON_DAYS, type SeasonData } from '../trend/season.ts';
import { type Stretch, stretchOf } from '../trend/stretch.ts';

/** No further back than this, and no further than three years without any reading. */
const MOST_YEARS = 30;
const EMPTY_YEARS = 3;
const KEEP_MS = 6 * HOUR_MS;
const MOST_KEPT = 5_000;
/** Two are made at a time; each is a year and more of hours. */
const MOST_SEASONS = 4;
const TEN_MS = 10 * MINUTE_MS;

export type Series = { readonly sensorId: SensorId; readonly origin: Origin; readonly quantity: QuantityCode };

/** Half-open in days around the same day of a year. */
type DaySpan = { readonly back: number; readonly ahead: number };

export function openTrendData(query: HistoryQuery, wallMs: () => number) {
  const seasons = new Map<string, Promise<SeasonData>>();
  const kept = new Map<string, { readonly maxima: YearMaxima; readonly atMs: number }>();

  const buckets = async (
    { sensorId, origin }: Series,
    fromMs: EpochMs,
    toMs: EpochMs,
    resolution: Resolution,
  ): Promise<readonly Bucket[]> => {
    const found = await query.buckets({ sensorIds: [sensorId], origin, fromMs, toMs, resolution });
    return found.get(sensorId) ?? [];
  };
  const hours = async (series: Series, fromMs: EpochMs, toMs: EpochMs): Promise<Stretch> =>
    stretchOf(await buckets(series, fromMs, toMs, '1h'), fromMs, toMs, HOUR_MS);

  /** Of each earlier year what `ask` brings, back to where nothing is known any more. */
  async function overYears<T>(thisYear: number, ask: (year: number) => Promise<T | undefined>) {
    const found = new Map<number, T>();
    for (let year = thisYear - 1, empty = 0; year >= thisYear - MOST_YEARS && empty < EMPTY_YEARS; year--) {
      const one = await ask(year);
      if (one === undefined) empty++;
      else {
        empty = 0;
        found.set(year, one);
      }
    }
    return found;
  }

  const around = (calendar: Calendar, day: DayNo, year: number, { back, ahead }: DaySpan) => {
    const middle = sameDayIn(day, year);
    return { fromMs: calendar.startOf(middle - back), toMs: calendar.startOf(middle + ahead + 1) };
  };

  async function maximaOf(series: Series, calendar: Calendar, year: number, toMs: EpochMs) {
    const key = `${series.sensorId} ${series.origin} ${year}`;
    const endMs = calendar.startOf(firstDayOf(year + 1));
    const isOver = endMs <= toMs;
    const known = kept.get(key);
    if (isOver && known !== undefined && wallMs() - known.atMs < KEEP_MS) return known.maxima;
    const stretch = await hours(series, calendar.startOf(firstDayOf(year)) - LEAD_H * HOUR_MS, isOver ? endMs : toMs);
    const maxima = yearMaxima(stretch, year);
    if (isOver) {
      kept.delete(key);
      kept.set(key, { maxima, atMs: wallMs() });
      const [oldest] = kept.keys();
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    }
    return maxima;
  }

  async function seasonAround(series: Series, calendar: Calendar, nowMs: EpochMs): Promise<SeasonData> {
    const today = calendar.dayOf(nowMs);
    const span = { back: SEASON_DAYS + 2, ahead: SEASON_DAYS + 2 };
    const earlier = await overYears(yearOf(today), async (year) => {
      const { fromMs, toMs } = around(calendar, today, year, span);
      const stretch = await hours(series, fromMs, toMs);
      return stretch.n.some((n) => n > 0) ? stretch : undefined;
    });
    const recent = await hours(series, nowMs - 368 * DAY_MS, Math.floor(nowMs / HOUR_MS + 1) * HOUR_MS);
    return { calendar, recent, earlier };
  }

  return {
    buckets,
    hours,
    tenMinutes: async (series: Series, fromMs: EpochMs, toMs: EpochMs): Promise<Stretch> =>
      stretchOf(await buckets(series, fromMs, toMs, '10m'), fromMs, toMs, TEN_MS),

    /** What the season and the same day of a sensor are made of: the second of the two finds it here. */
    season: (series: Series, calendar: Calendar, nowMs: EpochMs): Promise<SeasonData> => {
      const key = `${series.sensorId} ${series.origin} ${nowMs}`;
      const known = seasons.get(key);
      if (known !== undefined) return known;
      const made = seasonAround(series, calendar, nowMs);
      seasons.set(key, made);
      const [oldest] = seasons.keys();
      if (seasons.size > MOST_SEASONS && oldest !== undefined) seasons.delete(oldest);
      made.catch(() => seasons.delete(key));
      return made;
    },

    /** Days of this year and of earlier ones around today. */
    days: async (series: Series, calendar: Calendar, nowMs: EpochMs) => {
      const today = calendar.dayOf(nowMs);
      const daily = async (year: number, span: DaySpan): Promise<ReadonlyMap<DayNo, DailyFigure>> => {
        const { fromMs, toMs } = around(calendar, today, year, span);
        return dailyFigures(await buckets(series, fromMs, toMs, '1d'), calendar, figureOf(series.quantity));
      };
      const span = { back: BAND_BACK_DAYS + SEASON_DAYS + 1, ahead: BAND_AHEAD_DAYS + SEASON_DAYS };
      const earlier = await overYears(yearOf(today), async (year) => {
        const found = await daily(year, span);
        return found.size > 0 ? found : undefined;
      });
      return { today, own: await daily(yearOf(today), { back: BAND_BACK_DAYS + 1, ahead: 0 }), earlier };
    },

    /** The largest rains of each year, this one as far as it has come. */
    years: async (series: Series, calendar: Calendar, toMs: EpochMs): Promise<readonly YearMaxima[]> => {
      const year = yearOf(calendar.dayOf(toMs - 1));
      const earlier = await overYears(year, async (one) => {
        const maxima = await maximaOf(series, calendar, one, toMs);
        return maxima.knownHours > 0 ? maxima : undefined;
      });
      return [...earlier.values(), await maximaOf(series, calendar, year, toMs)];
    },
  };
}
export type TrendData = ReturnType<typeof openTrendData>;
