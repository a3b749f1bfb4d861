/**
 * Puts the rows of a CSV sensor into the order of time, where the file is not, and takes out what stands there twice or
 * cannot be. A clock that ran wild (a few steps back, one by more than a day) stays as it is: whose stamps are to be
 * believed the backtest decides (rules/backtest/receipt.ts).
 */
import { QUANTITIES } from '#model/quantity.ts';
import type { Lint } from '#model/result.ts';
import { DAY_MS } from '#model/time.ts';
import {
  type RecordingSeries,
  ROW_GOOD,
  ROW_MISSING,
  type RowFlag,
  type SeriesColumns,
} from '#rules/backtest/recording.ts';
import { usualStepMs } from '#simulators/recorded/column-store.ts';
import { lintAt } from '#simulators/recorded/series.ts';

/** Kept of one sensor; a file that stands there twice needs no list. */
const MAX_FLAGS = 1_000;
/** More steps back than this, and a hundredth of the rows, are no clock set right: the file is in another order. */
const FEW_STEPS_BACK = 2;

export type Ordered = { readonly series: RecordingSeries; readonly notes: readonly Lint[] };

export function inTimeOrder(series: RecordingSeries, file: string): Ordered {
  const { sensorId, quantity } = series.sensor;
  const notes: Lint[] = [];
  const note = (message: string) => notes.push(lintAt(file, 0, `${sensorId}: ${message}`, 'warning'));
  const { stepsBack, wild } = stepsOf(series.columns);
  const many = stepsBack > Math.max(FEW_STEPS_BACK, series.columns.count / 100);
  let { columns, flags = [] } = series;
  if (stepsBack > 0 && (many || !wild)) columns = sorted(columns);
  if (many) {
    flags = flags.filter(({ flag }) => flag !== 'clock-back');
    note(`the rows are not in the order of time (${stepsBack} steps back): put in order`);
  }
  if (QUANTITIES[quantity].kind === 'increment') {
    const cured = withoutNegative(columns);
    if (cured.flags.length > 0) note(`${cured.count} amounts below nought: taken as missing`);
    ({ columns } = cured);
    flags = [...flags, ...cured.flags];
  }
  if (stepsBack === 0 || many || !wild) {
    const once = withoutTwins(columns, QUANTITIES[quantity].kind === 'increment');
    if (once.flags.length > 0) note(`${columns.count - once.columns.count} rows stand there twice: taken once`);
    ({ columns } = once);
    flags = [...flags, ...once.flags];
  }
  if (columns === series.columns) return { series, notes };
  const { flags: _, ...rest } = series;
  return { series: { ...rest, columns, ...(flags.length === 0 ? {} : { flags }) }, notes };
}

function stepsOf({ count, atMs }: SeriesColumns) {
  let stepsBack = 0;
  let wild = false;
  for (let i = 1; i < count; i++) {
    const step = (atMs[i] as number) - (atMs[i - 1] as number);
    if (step < 0) stepsBack++;
    if (step < -DAY_MS) wild = true;
  }
  return { stepsBack, wild };
}

function sorted(columns: SeriesColumns): SeriesColumns {
  const { count, atMs } = columns;
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  order.sort((a, b) => (atMs[a] as number) - (atMs[b] as number) || a - b);
  return rowsOf(columns, order);
}

function rowsOf({ atMs, values, marks }: SeriesColumns, order: Uint32Array): SeriesColumns {
  const pick = <T extends Float64Array | Int32Array | Uint8Array>(from: T, into: T): T => {
    for (let i = 0; i < order.length; i++) into[i] = from[order[i] as number] as number;
    return into;
  };
  const count = order.length;
  return {
    ...{ count, atMs: pick(atMs, new Float64Array(count)), values: pick(values, new Int32Array(count)) },
    ...(marks === undefined ? {} : { marks: pick(marks, new Uint8Array(count)) }),
  };
}

/** Less than nothing cannot have fallen: a code for "no value", or a device gone wrong. Missing is never zero. */
function withoutNegative(columns: SeriesColumns) {
  const { count, atMs, values } = columns;
  const flags: RowFlag[] = [];
  let cured = 0;
  let marks: Uint8Array | undefined;
  let kept: Int32Array | undefined;
  for (let i = 0; i < count; i++) {
    if ((values[i] as number) >= 0) continue;
    cured++;
    marks ??= columns.marks?.slice() ?? new Uint8Array(count).fill(ROW_GOOD);
    kept ??= values.slice();
    marks[i] = ROW_MISSING;
    kept[i] = 0;
    if (flags.length < MAX_FLAGS) flags.push({ atMs: atMs[i] as number, flag: 'negative' });
  }
  const whole = marks === undefined || kept === undefined ? columns : { count, atMs, values: kept, marks };
  return { columns: whole, count: cured, flags };
}

/**
 * Rows that say the same of the same instant. A gauge that reports at steps, dry ones too, has one amount a step; a log of
 * tips has no rows of 0, and two alike in a minute are two tips.
 */
function withoutTwins(columns: SeriesColumns, isIncrement: boolean) {
  const { count, atMs, values, marks } = columns;
  const flags: RowFlag[] = [];
  const order: number[] = [];
  if (!hasRepeats(columns) || (isIncrement && !reportsAtSteps(columns))) return { columns, flags };
  for (let i = 0; i < count; i++) {
    if (stoodBefore(i)) {
      if (flags.length < MAX_FLAGS) flags.push({ atMs: atMs[i] as number, flag: 'duplicate' });
    } else order.push(i);
  }
  return { columns: flags.length === 0 ? columns : rowsOf(columns, Uint32Array.from(order)), flags };

  function stoodBefore(i: number): boolean {
    for (let k = i - 1; k >= 0 && atMs[k] === atMs[i]; k--)
      if (values[k] === values[i] && marks?.[k] === marks?.[i]) return true;
    return false;
  }
}

function hasRepeats({ count, atMs }: SeriesColumns): boolean {
  for (let i = 1; i < count; i++) if (atMs[i] === atMs[i - 1]) return true;
  return false;
}

function reportsAtSteps(columns: SeriesColumns): boolean {
  const { count, atMs, values, marks } = columns;
  const step = usualStepMs(columns);
  let steps = 0;
  let usual = 0;
  let dry = false;
  for (let i = 0; i < count; i++) {
    if (values[i] === 0 && marks?.[i] !== ROW_MISSING) dry = true;
    const distance = i === 0 ? 0 : (atMs[i] as number) - (atMs[i - 1] as number);
    if (distance > 0) steps++;
    if (distance > 0 && distance === step) usual++;
  }
  return dry && usual * 2 > steps;
}
