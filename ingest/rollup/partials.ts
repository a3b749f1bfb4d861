/**
 * What readings add to their buckets. Two parts of a bucket make the whole of it whatever their order, so that late
 * readings are only ever added; what waits for a clock is not in any part until it is dated.
 */
import type { Bucket } from '#model/history.ts';
import type { EpochMs } from '#model/time.ts';
import { type Columns, isBadCode, isGoodCode, sliceColumns, sortColumns } from '../chunk.ts';
import type { Grid } from './levels.ts';

/** Parallel columns. Where `n` is 0, `min` to `lastOffset` are 0 and mean nothing. */
export type Partials = {
  /** Numbers of the buckets, ascending, none twice. */
  readonly index: number[];
  readonly n: number[];
  readonly suspect: number[];
  readonly bad: number[];
  readonly min: number[];
  readonly max: number[];
  readonly sum: number[];
  readonly last: number[];
  /** How long after its beginning the bucket's `last` was measured: of two parts the later one knows. */
  readonly lastOffset: number[];
};

export const noPartials = (): Partials => ({
  ...{ index: [], n: [], suspect: [], bad: [] },
  ...{ min: [], max: [], sum: [], last: [], lastOffset: [] },
});

/** Of readings sorted by time. */
export function foldColumns(columns: Columns, shiftMs: number, grid: Grid): Partials {
  const out = noPartials();
  const { times, values, codes } = columns;
  let at = -1;
  let startMs = 0;
  let endMs = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < times.length; row++) {
    const atMs = (times[row] as number) + shiftMs;
    if (atMs >= endMs) {
      const index = grid.indexOf(atMs);
      startMs = grid.startOf(index);
      endMs = grid.startOf(index + 1);
      at = openBucket(out, index);
    }
    const code = codes[row] as number;
    if (isGoodCode(code)) addValue(out, at, values[row] as number, atMs - startMs);
    else if (isBadCode(code)) out.bad[at] = (out.bad[at] as number) + 1;
    else out.suspect[at] = (out.suspect[at] as number) + 1;
  }
  return out;
}

/** Pieces with the clocks that date them, as far as their readings lie within from ≤ instant < to. */
export function foldPieces(
  pieces: readonly { readonly columns: Columns; readonly shiftMs: number }[],
  { fromMs, toMs }: { readonly fromMs: EpochMs; readonly toMs: EpochMs },
  grid: Grid,
): readonly Partials[] {
  return pieces.flatMap(({ columns, shiftMs }) => {
    const { times } = columns;
    const sorted = sortColumns(columns);
    const from = rowAt(sorted.times, fromMs - shiftMs);
    const to = rowAt(sorted.times, toMs - shiftMs);
    if (from === to) return [];
    const part = from === 0 && to === times.length ? sorted : sliceColumns(sorted, from, to);
    return [foldColumns(part, shiftMs, grid)];
  });
}

/** The first row at or after an instant. */
function rowAt(times: readonly number[], atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function openBucket(out: Partials, index: number): number {
  out.index.push(index);
  out.n.push(0);
  out.suspect.push(0);
  out.bad.push(0);
  out.min.push(0);
  out.max.push(0);
  out.sum.push(0);
  out.last.push(0);
  return out.lastOffset.push(0) - 1;
}

function addValue(out: Partials, at: number, value: number, offset: number): void {
  if (out.n[at] === 0) {
    out.min[at] = value;
    out.max[at] = value;
    out.last[at] = value;
    out.lastOffset[at] = offset;
  } else {
    if (value < (out.min[at] as number)) out.min[at] = value;
    if (value > (out.max[at] as number)) out.max[at] = value;
    takeLast(out, at, value, offset);
  }
  out.n[at] = (out.n[at] as number) + 1;
  out.sum[at] = (out.sum[at] as number) + value;
}

/** Of several at the same instant the greatest, so that their order does not matter. */
function takeLast(out: Partials, at: number, value: number, offset: number): void {
  const before = out.lastOffset[at] as number;
  if (offset < before || (offset === before && value <= (out.last[at] as number))) return;
  out.last[at] = value;
  out.lastOffset[at] = offset;
}

/** The same readings in longer buckets; undefined where one of them does not end where a shorter one does. */
export function coarsen(part: Partials, fine: Grid, grid: Grid): Partials | undefined {
  const out = noPartials();
  let startMs = 0;
  let endMs = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < part.index.length; row++) {
    const index = part.index[row] as number;
    const fromMs = fine.startOf(index);
    if (fromMs >= endMs) {
      const longer = grid.indexOf(fromMs);
      startMs = grid.startOf(longer);
      endMs = grid.startOf(longer + 1);
      openBucket(out, longer);
    }
    if (fine.startOf(index + 1) > endMs) return undefined;
    addPart(out, out.index.length - 1, part, row, fromMs - startMs);
  }
  return out;
}

/** Parts of the same grid as one. */
export function mergePartials(parts: readonly Partials[]): Partials {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const order = parts.flatMap((part, nth) => part.index.map((index, row) => ({ index, nth, row })));
  order.sort((a, b) => a.index - b.index);
  const out = noPartials();
  let open = Number.NaN;
  for (const { index, nth, row } of order) {
    if (index !== open) openBucket(out, index);
    open = index;
    addPart(out, out.index.length - 1, parts[nth] as Partials, row, 0);
  }
  return out;
}

function addPart(out: Partials, at: number, part: Partials, row: number, shift: number): void {
  out.suspect[at] = (out.suspect[at] as number) + (part.suspect[row] as number);
  out.bad[at] = (out.bad[at] as number) + (part.bad[row] as number);
  const n = part.n[row] as number;
  if (n === 0) return;
  const before = out.n[at] as number;
  const [min, max] = [part.min[row] as number, part.max[row] as number];
  if (before === 0 || min < (out.min[at] as number)) out.min[at] = min;
  if (before === 0 || max > (out.max[at] as number)) out.max[at] = max;
  if (before === 0) {
    out.last[at] = part.last[row] as number;
    out.lastOffset[at] = shift + (part.lastOffset[row] as number);
  } else takeLast(out, at, part.last[row] as number, shift + (part.lastOffset[row] as number));
  out.n[at] = before + n;
  out.sum[at] = (out.sum[at] as number) + (part.sum[row] as number);
}

/** Rows from ≤ row < to. */
export const slicePartials = (part: Partials, from: number, to: number): Partials => ({
  index: part.index.slice(from, to),
  n: part.n.slice(from, to),
  suspect: part.suspect.slice(from, to),
  bad: part.bad.slice(from, to),
  min: part.min.slice(from, to),
  max: part.max.slice(from, to),
  sum: part.sum.slice(from, to),
  last: part.last.slice(from, to),
  lastOffset: part.lastOffset.slice(from, to),
});

/** The buckets with fromIndex ≤ index < toIndex. */
export function bucketsOfPartials(part: Partials, grid: Grid, fromIndex: number, toIndex: number): readonly Bucket[] {
  const buckets: Bucket[] = [];
  for (let row = 0; row < part.index.length; row++) {
    const index = part.index[row] as number;
    if (index < fromIndex || index >= toIndex) continue;
    const n = part.n[row] as number;
    buckets.push({
      fromMs: grid.startOf(index),
      toMs: grid.startOf(index + 1),
      n,
      min: n === 0 ? undefined : part.min[row],
      max: n === 0 ? undefined : part.max[row],
      sum: part.sum[row] as number,
      last: n === 0 ? undefined : part.last[row],
      suspect: part.suspect[row] as number,
      bad: part.bad[row] as number,
    });
  }
  return buckets;
}
