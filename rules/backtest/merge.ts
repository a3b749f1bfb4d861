/**
 * Merges the series of a recording in time: rows that came in at one instant are one batch, in the order of the series,
 * each series in its own order. Works in columns; a year of a hundred sensors passes through a few kilobytes.
 */
import type { EpochMs } from '#model/time.ts';
import { receiptOf } from './receipt.ts';
import { ROW_GOOD, ROW_MISSING, type SeriesColumns } from './recording.ts';

/** The rows of one instant; the arrays are used again for the next. */
export type Batch = {
  receivedAtMs: EpochMs;
  count: number;
  /** Some row is not plainly good. */
  marked: boolean;
  /** Some row has no value. */
  missing: boolean;
  /** The tags of the rows' series. */
  slots: Int32Array;
  atMs: Float64Array;
  values: Int32Array;
  marks: Uint8Array;
};

export type Merge = {
  /** The next instant's rows; undefined when all were given. */
  readonly next: () => Batch | undefined;
  readonly rows: number;
  /** By series, the instant of its first row; infinite without one. */
  readonly starts: Float64Array;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
};

export type Window = { readonly fromMs?: EpochMs; readonly toMs?: EpochMs };

type Reel = { readonly columns: SeriesColumns; readonly receipt: Float64Array; at: number; readonly end: number };

/** First index whose instant is at or after `ms`; `receipt` never falls. */
function indexFrom(receipt: Float64Array, count: number, ms: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((receipt[middle] as number) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

function reelOf(columns: SeriesColumns, { fromMs, toMs }: Window): Reel {
  const receipt = receiptOf(columns);
  const { count } = columns;
  const end = toMs === undefined ? count : indexFrom(receipt, count, toMs + 1);
  return { columns, receipt, at: fromMs === undefined ? 0 : indexFrom(receipt, count, fromMs), end };
}

const emptyBatch = (capacity: number): Batch => ({
  receivedAtMs: 0,
  count: 0,
  marked: false,
  missing: false,
  slots: new Int32Array(capacity),
  atMs: new Float64Array(capacity),
  values: new Int32Array(capacity),
  marks: new Uint8Array(capacity),
});

function grown(batch: Batch): Batch {
  const larger = emptyBatch(batch.slots.length * 2);
  larger.slots.set(batch.slots);
  larger.atMs.set(batch.atMs);
  larger.values.set(batch.values);
  larger.marks.set(batch.marks);
  return {
    ...larger,
    receivedAtMs: batch.receivedAtMs,
    count: batch.count,
    marked: batch.marked,
    missing: batch.missing,
  };
}

/** `tags`: by series, what its rows are known by in a batch. */
export function mergeSeries(all: readonly SeriesColumns[], tags: Int32Array, window: Window = {}): Merge {
  const reels = all.map((columns) => reelOf(columns, window));
  const filled = reels.filter(({ at, end }) => at < end);
  // When each series has its next row: one look a series an instant, in an array that stays in the cache.
  const due = Float64Array.from(reels, ({ at, end, receipt }) => (at < end ? (receipt[at] as number) : Infinity));
  const starts = due.slice();
  let batch = emptyBatch(Math.max(16, reels.length));

  const take = (series: number, reel: Reel, nowMs: number): void => {
    const { columns, receipt, end } = reel;
    const { atMs, values, marks } = columns;
    let at = reel.at;
    do {
      if (batch.count === batch.slots.length) batch = grown(batch);
      const to = batch.count++;
      const mark = marks === undefined ? ROW_GOOD : (marks[at] as number);
      batch.slots[to] = tags[series] as number;
      batch.atMs[to] = atMs[at] as number;
      batch.values[to] = values[at] as number;
      batch.marks[to] = mark;
      if (mark !== ROW_GOOD) batch.marked = true;
      if (mark === ROW_MISSING) batch.missing = true;
      at++;
    } while (at < end && receipt[at] === nowMs);
    reel.at = at;
    due[series] = at < end ? (receipt[at] as number) : Infinity;
  };

  let nextMs = due.reduce((least, ms) => Math.min(least, ms), Infinity);
  return {
    next: () => {
      if (nextMs === Infinity) return undefined;
      const nowMs = nextMs;
      nextMs = Infinity;
      batch.count = 0;
      batch.marked = false;
      batch.missing = false;
      batch.receivedAtMs = nowMs;
      for (let series = 0; series < due.length; series++) {
        if (due[series] === nowMs) take(series, reels[series] as Reel, nowMs);
        const ms = due[series] as number;
        if (ms < nextMs) nextMs = ms;
      }
      return batch;
    },
    starts,
    rows: reels.reduce((sum, { at, end }) => sum + end - at, 0),
    fromMs: filled.reduce((least, { receipt, at }) => Math.min(least, receipt[at] as number), Infinity),
    toMs: filled.reduce((most, { receipt, end }) => Math.max(most, receipt[end - 1] as number), -Infinity),
  };
}
