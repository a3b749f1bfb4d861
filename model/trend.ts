/**
 * What a duty desk asks of history: where the present stands in its season, how rare a rain is, how it was on this day,
 * when a slope last sped up, and where things go. A figure never comes without what it rests on; too little is "not said".
 */
import type { SensorId } from '#model/reading.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

/** Annual maxima of one duration as the county's handbook gives them: Pearson type III by mean, Cv and Cs (SL 44). */
export type RainFrequencyRow = {
  readonly hours: number;
  readonly meanMm: number;
  readonly cv: number;
  readonly cs: number;
};
/** `rainFrequency:` of a point; durations ascending. */
export type RainFrequency = { readonly source: string; readonly rows: readonly RainFrequencyRow[] };

export type NotSaid = { readonly said: false; readonly why: Text };
/** A figure with what it rests on, or why there is none. */
export type Said<T> = NotSaid | ({ readonly said: true } & T);

export type SeasonSpan = 'sameSeason' | 'last30d' | 'last365d';
export type SeasonRank = {
  /** Share of the days below, ties by half. */
  readonly percentile: number;
  /** The same if every incomplete day had been above, or below: what the gaps leave open. */
  readonly lowest: number;
  readonly highest: number;
  /** Complete days that it rests on, and the years that they are of. */
  readonly days: number;
  readonly years: number;
  /** Days left out because parts of them are missing: their rain is at least what is known of it. */
  readonly incompleteDays: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
};
export type Season = {
  /** The sum of 24 h, the mean of the running hour, or the rate per day, in `unit`. */
  readonly figure: 'sum24h' | 'hourMean' | 'ratePerDay';
  readonly value: number;
  readonly unit: string;
  readonly endMs: EpochMs;
  /** Hours of it are missing, so that it is a lower bound. */
  readonly lowerBound: boolean;
  readonly spans: { readonly [span in SeasonSpan]: Said<SeasonRank> };
};

/** One day of the band that earlier years span around it, and the present year's own. */
export type BandDay = {
  readonly atMs: EpochMs;
  readonly p10: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly days: number;
  readonly value: number | null;
  readonly lowerBound: boolean;
};

export type Interval = { readonly low: number; readonly high: number };
export type ReturnPeriodOfDuration = {
  readonly hours: number;
  /** Largest in windows that slide by ten minutes: at most a little smaller than by the minute. */
  readonly slidingMm: number;
  /** Largest of windows of clock hours, as the own record is made: of one hour about one seventh smaller. */
  readonly clockMm: number;
  readonly endMs: EpochMs;
  readonly lowerBound: boolean;
  /** From the county's table, of `slidingMm`. */
  readonly table: Said<{ readonly years: number; readonly source: string }>;
  /** Weibull's position among the largest of each year, of `clockMm`; 90 % interval of what so few years can say. */
  readonly empirical: Said<{
    readonly years: number;
    readonly rank: number;
    readonly ofYears: number;
    readonly interval: Interval;
    readonly largest: boolean;
  }>;
  /** Pearson III by L-moments through the other complete years; 90 % of fits to records drawn from it. */
  readonly fitted: Said<{
    readonly years: number;
    readonly ofYears: number;
    readonly interval: Interval;
    readonly meanMm: number;
    readonly cv: number;
    readonly cs: number;
    /** Further out than ten times the record is long: `years` is that, and the curve says only "rarer". */
    readonly beyond: boolean;
  }>;
};
export type ReturnPeriods = {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly completeYears: readonly number[];
  readonly incompleteYears: readonly number[];
  readonly durations: readonly ReturnPeriodOfDuration[];
};

/** One hour of the day, of the days that are compared; null is a gap. Rain is the sum since midnight. */
export type SameHour = {
  readonly hour: number;
  readonly today: number | null;
  readonly yesterday: number | null;
  readonly lastYear: number | null;
  readonly mean: number | null;
  readonly years: number;
};
export type DayFigure = {
  readonly date: string;
  /** Rain: what fell; otherwise the mean. */
  readonly value: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly hours: number;
  readonly lowerBound: boolean;
};
export type SameDay = {
  readonly unit: string;
  /** Up to this hour of the day all days are compared. */
  readonly untilHour: number;
  readonly today: Said<DayFigure>;
  readonly yesterday: Said<DayFigure>;
  readonly lastYear: Said<DayFigure>;
  readonly mean: Said<{ readonly value: number; readonly years: number; readonly leftOut: number }>;
  readonly hours: readonly SameHour[];
};

export type Acceleration = {
  readonly kind: 'acceleration' | 'step';
  readonly startMs: EpochMs;
  readonly peakMs: EpochMs;
  /** Null: it goes on. */
  readonly endMs: EpochMs | null;
  /** A gap in the data ended it, not the slope. */
  readonly endedByGap: boolean;
  readonly movedMm: number;
  readonly peakMmPerD: number;
  readonly beforeMmPerD: number;
};
export type AccelerationContext = {
  readonly rain72h: Said<{
    readonly mm: number;
    readonly lowerBound: boolean;
    readonly sensorId: SensorId;
    readonly distanceKm: number;
  }>;
  readonly alert: { readonly id: string; readonly level: string } | null;
};
export type Accelerations = {
  readonly floorMmPerD: number;
  readonly noiseMm: number;
  readonly windowH: number;
  readonly fromMs: EpochMs;
  readonly hoursKnown: number;
  /** Newest first. */
  readonly episodes: readonly (Acceleration & AccelerationContext)[];
};

/** A limit that a rule or the station's table sets, in the quantity's unit. */
export type TrendLimit = {
  readonly name: Text;
  readonly limit: number;
  /** Raises as the value falls. */
  readonly below: boolean;
};
/** Hours until a limit if it goes on like this: earliest and latest; `latestH` null: the slow end never gets there. */
export type TimeToLimit = TrendLimit &
  (
    | { readonly kind: 'passed' | 'away' | 'beyond' }
    | { readonly kind: 'in'; readonly earliestH: number; readonly latestH: number | null }
  );
export type OutlookOfSpan = {
  readonly spanH: number;
  readonly slope: Said<{
    readonly perDay: number;
    /** 95 %, for as many independent values as the residuals leave. */
    readonly interval: Interval;
    readonly n: number;
    readonly independent: number;
    readonly direction: 'up' | 'down' | 'none';
  }>;
  readonly limits: readonly TimeToLimit[];
};
export type Outlook = {
  readonly unit: string;
  readonly value: number;
  readonly atMs: EpochMs;
  readonly spans: readonly OutlookOfSpan[];
};

export const TREND_PARTS = ['season', 'returnPeriod', 'sameDay', 'accelerations', 'outlook'] as const;
export type TrendPart = (typeof TREND_PARTS)[number];
/** One line of a table: what it is about, the figure or why there is none, and what it rests on. */
export type TrendLine = { readonly label: Text; readonly figure: Text; readonly basis: Text; readonly said: boolean };
