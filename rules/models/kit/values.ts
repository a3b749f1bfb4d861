/** One named value of an expression, from one sensor: kept in lent memory, read as what is known of it. */
import { fromSteps } from '#model/quantity.ts';
import type { Params } from '#model/rule-set.ts';
import type { ModelSample, ModelSensor } from '../hazard-model.ts';
import type { Interval } from './program.ts';
import { addPoint, fitLine, pointsWithin, type SeriesShape, seriesNumbers } from './series.ts';
import { addIncrement, passTime, type SumShape, sumNumbers, sumOf, sumShape } from './sums.ts';
import { addToSlots, SLOT_NUMBERS, statsOfSlots } from './window-slots.ts';

export const VALUE_STATS = ['sum', 'rate', 'last', 'mean', 'min', 'max', 'range', 'deviation'] as const;

export type ValueRow = Params & {
  readonly name: string;
  readonly quantity: string;
  readonly sensor: string | null;
  readonly stat: (typeof VALUE_STATS)[number];
  readonly window: number;
  readonly per: number;
  readonly pick: 'highest' | 'lowest';
};

/** In the quantity's unit. */
export type Seen = Interval & { readonly suspect: boolean };

// The newest sample of the sensor, 0 before the first.
const AT = 0;
const VALUE = 1;
const DOUBTED_UNTIL = 2; // of a sum or a rate: a doubted sample lies in the window until then
const FIXED = 3;

const RATE_POINTS = 60;
/** Of the slots of a window that a statistic must have seen; a rate must span as much of its window. */
const ENOUGH = 0.5;

const seriesOf = ({ window }: ValueRow): SeriesShape => ({ windowMs: window, capacity: RATE_POINTS });

/** Sums lie in buckets of a sixtieth of the window, whole minutes at least. */
function sumsOf({ window }: ValueRow, staleAfterMs: number): SumShape {
  const bucketMs = Math.max(1, Math.ceil(window / 60 / 60_000)) * 60_000;
  return sumShape(bucketMs, [window], staleAfterMs);
}

/** Numbers of memory that one sensor of a row needs. */
export function ROW_NUMBERS(row: ValueRow): number {
  switch (row.stat) {
    case 'sum':
      return FIXED + sumNumbers(sumsOf(row, 0));
    case 'rate':
      return FIXED + seriesNumbers(seriesOf(row));
    case 'last':
      return FIXED;
    default:
      return FIXED + SLOT_NUMBERS;
  }
}

export const rowNumbers = (rows: readonly ValueRow[]): number => rows.reduce((sum, row) => sum + ROW_NUMBERS(row), 0);

export function takeValue(
  memory: Float64Array,
  base: number,
  row: ValueRow,
  sensor: ModelSensor,
  sample: ModelSample,
): void {
  if (sample.atMs >= (memory[base + AT] as number)) {
    memory[base + AT] = sample.atMs;
    memory[base + VALUE] = sample.value;
    if (row.stat === 'last') memory[base + DOUBTED_UNTIL] = sample.suspect ? sample.atMs + 1 : 0;
  }
  if (row.stat === 'last') return;
  if (sample.suspect)
    memory[base + DOUBTED_UNTIL] = Math.max(memory[base + DOUBTED_UNTIL] as number, sample.atMs + row.window);
  if (row.stat === 'sum') addIncrement(memory, base + FIXED, sumsOf(row, sensor.staleAfterMs), sample);
  else if (row.stat === 'rate') addPoint(memory, base + FIXED, seriesOf(row), sample.atMs, sample.value);
  else addToSlots(memory, base + FIXED, row.window, sample);
}

/** What is known of the value at `nowMs`; undefined without data, or when the sensor has been silent for too long. */
export function seeValue(
  memory: Float64Array,
  base: number,
  row: ValueRow,
  sensor: ModelSensor,
  nowMs: number,
): Seen | undefined {
  const atMs = memory[base + AT] as number;
  if (atMs === 0) return undefined;
  const suspect = (memory[base + DOUBTED_UNTIL] as number) > atMs;
  const silent = nowMs - atMs > sensor.staleAfterMs;
  if (row.stat === 'sum') return { ...seeSum(memory, base, row, sensor, silent ? nowMs : 0), suspect };
  if (silent) return undefined;
  const steps = stepsOf(memory, base, row, sensor, atMs);
  if (steps === undefined) return undefined;
  const value = fromSteps(sensor.quantity, steps);
  return { low: value, high: value, suspect };
}

/** What has fallen is known from below for ever; with a hole in the window it may be more. */
function seeSum(memory: Float64Array, base: number, row: ValueRow, sensor: ModelSensor, passToMs: number): Interval {
  const shape = sumsOf(row, sensor.staleAfterMs);
  if (passToMs > 0) passTime(memory, base + FIXED, shape, passToMs);
  const { sum, coverage } = sumOf(memory, base + FIXED, shape, 0);
  const low = fromSteps(sensor.quantity, sum);
  return { low, high: coverage < 1 ? Number.POSITIVE_INFINITY : low };
}

function stepsOf(
  memory: Float64Array,
  base: number,
  row: ValueRow,
  sensor: ModelSensor,
  atMs: number,
): number | undefined {
  if (row.stat === 'last') return memory[base + VALUE] as number;
  if (row.stat === 'rate') {
    const line = fitLine(pointsWithin(memory, base + FIXED, seriesOf(row), atMs - row.window, atMs));
    return line === undefined || line.endMs - line.fromMs < row.window * ENOUGH ? undefined : line.slope * row.per;
  }
  const stats = statsOfSlots(memory, base + FIXED, row.window, sensor.staleAfterMs);
  if (stats === undefined || stats.coverage < ENOUGH || row.stat === 'sum') return undefined;
  return row.stat === 'range' ? stats.max - stats.min : stats[row.stat];
}
