/**
 * Merges the series of a recording in time: rows that came in at one instant are one batch, in the order of the series,
 * each series in its own order. Works in columns; a year of a hundred sensors passes through a few kilobytes.
 */
import type { EpochMs } from '#model/time.ts';
import { receiptOf } from './receipt.ts';
import { ROW_GOOD, type SeriesColumns } from './recording.ts';

/** The rows of one instant; the arrays are used again for the next. */
export type Batch = {
  receivedAtMs: EpochMs;
  count: number;
  /** Some row is not plainly good. */
  marked: boolean;
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
  };
}

/** `tags`: by series, what its rows are known by in a batch. */
export function mergeSeries(all: readonly SeriesColumns[], tags: Int32Array, window: Window = {}): Merge {
  const reels = all.map((columns) => reelOf(columns, window));
  const filled = reels.filter(({ at, end }) => at < end);
  const rows = reels.reduce((sum, { at, end }) => sum + end - at, 0);
  const fromMs = filled.reduce((least, { receipt, at }) => Math.min(least, receipt[at] as number), Infinity);
  const toMs = filled.reduce((most, { receipt, end }) => Math.max(most, receipt[end - 1] as number), -Infinity);
  const stage = openStage(reels);
  const { due } = stage;
  const starts = due.slice();
  let batch = emptyBatch(Math.max(16, reels.length));
  let nextMs = fromMs;
  return {
    ...{ rows, starts, fromMs, toMs },
    next: () => {
      if (nextMs === Infinity) return undefined;
      const nowMs = nextMs;
      nextMs = Infinity;
      batch.count = 0;
      batch.marked = false;
      batch.receivedAtMs = nowMs;
      for (let series = 0; series < due.length; series++) {
        while (due[series] === nowMs) {
          if (batch.count === batch.slots.length) batch = grown(batch);
          stage.take(series, batch, tags[series] as number);
        }
        const ms = due[series] as number;
        if (ms < nextMs) nextMs = ms;
      }
      return batch;
    },
  };
}

/** Together the staged rows stay in the cache, however many series there are. */
const STAGED_ROWS = 16_384;
const MAX_STAGED = 128;

type Stage = {
  /** When each series has its next row; infinite when it has none. One look a series an instant. */
  readonly due: Float64Array;
  /** Moves that row into a batch that has room. */
  readonly take: (series: number, batch: Batch, tag: number) => void;
};

/**
 * The next rows of every series side by side: a hundred series read row by row in turn are three hundred places in
 * memory, which no cache foresees; read in short runs they cost next to nothing.
 */
function openStage(reels: readonly Reel[]): Stage {
  const width = Math.max(8, Math.min(MAX_STAGED, Math.floor(STAGED_ROWS / Math.max(1, reels.length))));
  const atMs = new Float64Array(reels.length * width);
  // As nearly all recordings are: no clock was ever set back, and every row is good.
  const isPlain = reels.every((reel) => reel.receipt === reel.columns.atMs);
  const hasMarks = reels.some(({ columns }) => columns.marks !== undefined);
  const receipt = isPlain ? atMs : new Float64Array(reels.length * width);
  const values = new Int32Array(reels.length * width);
  const marks = new Uint8Array(reels.length * width);
  const next = new Int32Array(reels.length);
  const held = new Int32Array(reels.length);
  const due = new Float64Array(reels.length);

  const refill = (series: number): void => {
    const reel = reels[series] as Reel;
    const { columns, at } = reel;
    const to = Math.min(at + width, reel.end);
    const base = series * width;
    if (!isPlain) receipt.set(reel.receipt.subarray(at, to), base);
    atMs.set(columns.atMs.subarray(at, to), base);
    values.set(columns.values.subarray(at, to), base);
    if (columns.marks !== undefined) marks.set(columns.marks.subarray(at, to), base);
    reel.at = to;
    next[series] = base;
    held[series] = base + to - at;
    due[series] = to > at ? (receipt[base] as number) : Infinity;
  };

  for (let series = 0; series < reels.length; series++) refill(series);
  return {
    due,
    take: (series, batch, tag) => {
      const row = next[series] as number;
      const to = batch.count++;
      batch.slots[to] = tag;
      batch.atMs[to] = atMs[row] as number;
      batch.values[to] = values[row] as number;
      if (hasMarks) {
        const mark = marks[row] as number;
        batch.marks[to] = mark;
        if (mark !== ROW_GOOD) batch.marked = true;
      }
      next[series] = row + 1;
      if (row + 1 === held[series]) refill(series);
      else due[series] = receipt[row + 1] as number;
    },
  };
}
