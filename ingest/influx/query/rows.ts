/** What a row of InfluxDB says, as the reading or the bucket that it was: floats in the unit become whole steps again. */
import type { Bucket, HistoryPoint } from '#model/history.ts';
import { originOfMeasurement } from '#model/influx.ts';
import { isQuantityCode, QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import { BAD_REASONS, flagsOfBits, type Origin } from '#model/reading.ts';
import type { AnswerSeries } from './answer.ts';

/** Exact for every value that the journal takes (32 bits) and for sums of them up to 2^51 steps. */
export const stepsOf = (quantity: QuantityCode, inUnit: number): number =>
  Math.round(inUnit * 10 ** QUANTITIES[quantity].decimals) + 0;

export function seriesKindOf(
  measurement: string,
): { readonly origin: Origin; readonly quantity: QuantityCode } | undefined {
  const origin = originOfMeasurement(measurement);
  const quantity = measurement.slice((origin ?? '').length + 1);
  return origin === undefined || !isQuantityCode(quantity) ? undefined : { origin, quantity };
}

type Row = readonly unknown[];
/** Where each wanted column stands; -1 when the server left it out. */
const placesOf = <C extends string>(series: AnswerSeries, columns: readonly C[]): { readonly [column in C]: number } =>
  Object.fromEntries(columns.map((column) => [column, series.columns.indexOf(column)])) as { [column in C]: number };
const numberAt = (row: Row, place: number): number | undefined => {
  const found = row[place];
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
};

const POINT_COLUMNS = ['time', 'value', 'suspect', 'bad', 'raw', 'flags'] as const;

/** A row that is no reading of ours (somebody else wrote into the measurement) is passed over. */
export function pointsOf(series: AnswerSeries): readonly HistoryPoint[] {
  const kind = seriesKindOf(series.name);
  if (kind === undefined) return [];
  const at = placesOf(series, POINT_COLUMNS);
  return series.values.flatMap((row): readonly HistoryPoint[] => {
    const atMs = numberAt(row, at.time);
    const good = numberAt(row, at.value);
    const inUnit = good ?? numberAt(row, at.suspect);
    const code = numberAt(row, at.bad);
    if (atMs === undefined || (inUnit === undefined && code === undefined)) return [];
    const raw = numberAt(row, at.raw);
    const flags = flagsOfBits(numberAt(row, at.flags) ?? 0);
    if (inUnit !== undefined) {
      const quality = good === undefined ? 'suspect' : 'good';
      return [{ atMs, value: stepsOf(kind.quantity, inUnit), raw, quality, flags }];
    }
    const reason = BAD_REASONS[(code ?? 0) - 1];
    return reason === undefined ? [] : [{ atMs, value: undefined, raw, quality: 'bad', flags, reason }];
  });
}

const BUCKET_COLUMNS = ['time', 'n', 'min', 'max', 'sum', 'last', 'suspect', 'bad'] as const;

export function bucketsOf(series: AnswerSeries, stepMs: number): readonly Bucket[] {
  const quantity = seriesKindOf(series.name)?.quantity;
  if (quantity === undefined) return [];
  const at = placesOf(series, BUCKET_COLUMNS);
  const steps = (row: Row, place: number): number | undefined => {
    const found = numberAt(row, place);
    return found === undefined ? undefined : stepsOf(quantity, found);
  };
  return series.values.flatMap((row) => {
    const fromMs = numberAt(row, at.time);
    const n = numberAt(row, at.n) ?? 0;
    const suspect = numberAt(row, at.suspect) ?? 0;
    const bad = numberAt(row, at.bad) ?? 0;
    // 3.x may answer stretches that hold nothing: a gap stays a gap.
    if (fromMs === undefined || n + suspect + bad === 0) return [];
    const has = n > 0;
    return [
      {
        fromMs,
        toMs: fromMs + stepMs,
        n,
        min: has ? steps(row, at.min) : undefined,
        max: has ? steps(row, at.max) : undefined,
        sum: (has ? steps(row, at.sum) : undefined) ?? 0,
        last: has ? steps(row, at.last) : undefined,
        suspect,
        bad,
      },
    ];
  });
}
