/** Readings as columns of numbers that pass between threads without being copied, and the points that they stand for. */
import type { HistoryPoint } from '#model/history.ts';
import type { EpochMs } from '#model/time.ts';
import { type Columns, isBadCode, type ReadingState, readingStateOf, withFlagInCode } from './chunk.ts';

export type PointColumns = {
  readonly atMs: Float64Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
  readonly raws: Float64Array<ArrayBuffer>;
  /** As chunks have them. */
  readonly codes: Uint32Array<ArrayBuffer>;
};
type Piece = { readonly columns: Columns; readonly shiftMs: number; readonly isUnsure: boolean };

/** Those of all pieces within from ≤ instant < to, ascending, at most `limit` (the newest when `newest`). */
export function packPoints(
  pieces: readonly Piece[],
  { fromMs, toMs, limit, newest }: { fromMs: EpochMs; toMs: EpochMs; limit: number; newest: boolean },
): PointColumns {
  const all = emptyPoints(pieces.reduce((sum, { columns }) => sum + columns.times.length, 0));
  let count = 0;
  let isSorted = true;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { columns, shiftMs, isUnsure } of pieces) {
    const { times, values, raws, codes } = columns;
    for (let at = 0; at < times.length; at++) {
      const atMs = (times[at] as number) + shiftMs;
      if (atMs < fromMs || atMs >= toMs) continue;
      if (atMs < lastMs) isSorted = false;
      lastMs = atMs;
      const code = codes[at] as number;
      all.atMs[count] = atMs;
      all.values[count] = values[at] as number;
      all.raws[count] = raws[at] as number;
      all.codes[count++] = isUnsure ? withFlagInCode(code, 'clock-unsure') : code;
    }
  }
  const from = newest ? Math.max(0, count - limit) : 0;
  const to = newest ? count : Math.min(limit, count);
  if (isSorted)
    return {
      ...{ atMs: all.atMs.slice(from, to), values: all.values.slice(from, to) },
      ...{ raws: all.raws.slice(from, to), codes: all.codes.slice(from, to) },
    };
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  order.sort((a, b) => (all.atMs[a] as number) - (all.atMs[b] as number) || a - b);
  const wanted = order.subarray(from, to);
  return {
    atMs: Float64Array.from(wanted, (row) => all.atMs[row] as number),
    values: Float64Array.from(wanted, (row) => all.values[row] as number),
    raws: Float64Array.from(wanted, (row) => all.raws[row] as number),
    codes: Uint32Array.from(wanted, (row) => all.codes[row] as number),
  };
}

const emptyPoints = (length: number): PointColumns => ({
  atMs: new Float64Array(length),
  values: new Float64Array(length),
  raws: new Float64Array(length),
  codes: new Uint32Array(length),
});

export const buffersOf = ({ atMs, values, raws, codes }: PointColumns): ArrayBuffer[] => [
  ...[atMs.buffer, values.buffer, raws.buffer, codes.buffer],
];

export function unpackPoints({ atMs, values, raws, codes }: PointColumns): readonly HistoryPoint[] {
  const states = new Map<number, ReadingState>();
  const points: HistoryPoint[] = [];
  for (let row = 0; row < atMs.length; row++) {
    const code = codes[row] as number;
    let state = states.get(code);
    if (state === undefined) {
      state = readingStateOf(code);
      states.set(code, state);
    }
    points.push(pointOf(atMs[row] as number, code, values[row] as number, raws[row] as number, state));
  }
  return points;
}

export function pointOf(atMs: EpochMs, code: number, value: number, raw: number, state: ReadingState): HistoryPoint {
  const { quality, flags, reason } = state;
  const point = {
    atMs,
    value: isBadCode(code) ? undefined : value,
    raw: state.hasRaw ? raw : undefined,
    quality,
    flags,
  };
  return reason === undefined ? point : { ...point, reason };
}
