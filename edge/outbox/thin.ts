/**
 * Decides what of many readings is kept when the disk is full: of a gauge the first, lowest, highest and last one of
 * each quality in ten minutes, of an increment one reading that bears their exact sum (docs/decisions/outbox.md).
 */
import type { Flag, Reading, SensorId } from '../../model/reading.ts';
import { MINUTE_MS } from '../../model/time.ts';

export const BUCKET_MS = 10 * MINUTE_MS;
/** A travelling value is 32 bits wide: a sum that would be wider begins anew. */
const MAX_SUM = 2 ** 31 - 1;

/** Of a sensor that nobody knows every reading is kept: what it means to add or to leave out is not known either. */
export type SensorKind = 'gauge' | 'increment' | 'unknown';
export type KindOf = (sensorId: SensorId) => SensorKind;

const asThinned = (reading: Reading): Reading =>
  reading.flags.includes('thinned') ? reading : { ...reading, flags: [...reading.flags, 'thinned' as Flag] };

type Valued = Extract<Reading, { readonly value: number }>;
type Gauge = { first: number; low: number; high: number; last: number; count: number };
type Sum = { at: number; value: number; count: number };

const bucketOf = ({ measuredAtMs }: Reading): number => Math.floor(measuredAtMs / BUCKET_MS);

/** `readings` in the order of acquisition; what is kept stands in the same order. */
export function thinReadings(readings: readonly Reading[], kindOf: KindOf): readonly Reading[] {
  const gauges = new Map<string, Gauge>();
  const sums = new Map<string, Sum>();
  const missing = new Map<string, Sum>();
  const kept = new Map<number, Reading>();
  readings.forEach((reading, at) => {
    const kind = kindOf(reading.sensorId);
    const place = `${reading.sensorId} ${bucketOf(reading)} ${reading.quality}`;
    if (kind === 'unknown') kept.set(at, reading);
    else if (reading.quality === 'bad') countMissing(missing, `${place} ${reading.reason}`, at);
    else if (kind === 'increment') addIncrement(sums, kept, readings, `${place} ${reading.flags.join()}`, reading, at);
    else widen(gauges, readings, place, reading, at);
  });
  for (const sum of sums.values()) closeSum(kept, readings, sum);
  for (const { at, count } of missing.values()) keep(kept, readings, at, count > 1);
  for (const { first, low, high, last, count } of gauges.values()) {
    const chosen = new Set([first, low, high, last]);
    for (const at of chosen) keep(kept, readings, at, count > chosen.size);
  }
  return [...kept].sort(([a], [b]) => a - b).map(([, reading]) => reading);
}

function keep(kept: Map<number, Reading>, readings: readonly Reading[], at: number, standsForMany: boolean): void {
  const reading = readings[at];
  if (reading !== undefined) kept.set(at, standsForMany ? asThinned(reading) : reading);
}

function countMissing(missing: Map<string, Sum>, key: string, at: number): void {
  missing.set(key, { at, value: 0, count: (missing.get(key)?.count ?? 0) + 1 });
}

function addIncrement(
  sums: Map<string, Sum>,
  kept: Map<number, Reading>,
  readings: readonly Reading[],
  key: string,
  reading: Valued,
  at: number,
): void {
  const sum = sums.get(key);
  if (sum === undefined || Math.abs(sum.value + reading.value) > MAX_SUM) {
    if (sum !== undefined) closeSum(kept, readings, sum);
    sums.set(key, { at, value: reading.value, count: 1 });
    return;
  }
  sum.at = at;
  sum.value += reading.value;
  sum.count++;
}

/** The last reading, with its own stamp and raw count, bears what all of them brought. */
function closeSum(kept: Map<number, Reading>, readings: readonly Reading[], { at, value, count }: Sum): void {
  const last = readings[at];
  if (last === undefined || last.quality === 'bad') return;
  kept.set(at, count === 1 ? last : asThinned({ ...last, value }));
}

function widen(
  gauges: Map<string, Gauge>,
  readings: readonly Reading[],
  key: string,
  reading: Valued,
  at: number,
): void {
  const gauge = gauges.get(key);
  if (gauge === undefined) {
    gauges.set(key, { first: at, low: at, high: at, last: at, count: 1 });
    return;
  }
  const valueAt = (place: number): number => (readings[place] as Valued).value;
  if (reading.value < valueAt(gauge.low)) gauge.low = at;
  if (reading.value > valueAt(gauge.high)) gauge.high = at;
  gauge.last = at;
  gauge.count++;
}
