/**
 * Draws a recorded series together into as many bins as a chart has pixels. For the eye only: what was decided, the
 * engine decided.
 */
import type { EpochMs } from '#model/time.ts';
import { hasValue, ROW_GOOD, type SeriesColumns } from './recording.ts';

export type Stretch = { readonly fromMs: EpochMs; readonly toMs: EpochMs; readonly bins: number };

/** By bin; NaN where there is nothing. */
export type Bins = { readonly low: Float64Array; readonly high: Float64Array };

const emptyBins = (bins: number): Bins => ({
  low: new Float64Array(bins).fill(Number.NaN),
  high: new Float64Array(bins).fill(Number.NaN),
});

function binOf(atMs: EpochMs, { fromMs, toMs, bins }: Stretch): number {
  const span = Math.max(1, toMs - fromMs);
  return Math.min(bins - 1, Math.floor(((atMs - fromMs) / span) * bins));
}

const isIn = (atMs: EpochMs, { fromMs, toMs }: Stretch): boolean => atMs >= fromMs && atMs <= toMs;

function widen({ low, high }: Bins, bin: number, value: number): void {
  if (!(value >= (low[bin] as number))) low[bin] = value;
  if (!(value <= (high[bin] as number))) high[bin] = value;
}

/** Least and greatest value of each bin. */
export function envelopeOf({ count, atMs, values, marks }: SeriesColumns, stretch: Stretch): Bins {
  const bins = emptyBins(stretch.bins);
  for (let row = 0; row < count; row++) {
    const at = atMs[row] as number;
    if (isIn(at, stretch) && hasValue(marks?.[row] ?? ROW_GOOD)) widen(bins, binOf(at, stretch), values[row] as number);
  }
  return bins;
}

/** What fell in each bin. */
export function amountsOf({ count, atMs, values, marks }: SeriesColumns, stretch: Stretch): Bins {
  const bins = emptyBins(stretch.bins);
  for (let row = 0; row < count; row++) {
    const at = atMs[row] as number;
    if (!isIn(at, stretch) || !hasValue(marks?.[row] ?? ROW_GOOD)) continue;
    const bin = binOf(at, stretch);
    const before = bins.high[bin] as number;
    bins.high[bin] = (Number.isNaN(before) ? 0 : before) + (values[row] as number);
    bins.low[bin] = 0;
  }
  return bins;
}

/** The sum over the window that ends at each row; rows whose clock was set back enter where they stand. */
export function sumsOf(columns: SeriesColumns, windowMs: number, stretch: Stretch): Bins {
  const { count, atMs, values, marks } = columns;
  const bins = emptyBins(stretch.bins);
  let sum = 0;
  let oldest = 0;
  for (let row = 0; row < count; row++) {
    const at = atMs[row] as number;
    if (hasValue(marks?.[row] ?? ROW_GOOD)) sum += values[row] as number;
    while (oldest < row && (atMs[oldest] as number) <= at - windowMs) {
      if (hasValue(marks?.[oldest] ?? ROW_GOOD)) sum -= values[oldest] as number;
      oldest++;
    }
    if (isIn(at, stretch)) widen(bins, binOf(at, stretch), sum);
  }
  return bins;
}
