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
  const times: number[] = [];
  const places: number[] = [];
  const owners: number[] = [];
  let isSorted = true;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const [owner, { columns, shiftMs }] of pieces.entries()) {
    for (let at = 0; at < columns.times.length; at++) {
      const atMs = (columns.times[at] as number) + shiftMs;
      if (atMs < fromMs || atMs >= toMs) continue;
      if (atMs < lastMs) isSorted = false;
      lastMs = atMs;
      times.push(atMs);
      places.push(at);
      owners.push(owner);
    }
  }
  const order = Uint32Array.from(times, (_, row) => row);
  if (!isSorted) order.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
  const wanted = newest ? order.subarray(Math.max(0, order.length - limit)) : order.subarray(0, limit);
  const out = emptyPoints(wanted.length);
  for (const [row, from] of wanted.entries()) {
    const { columns, isUnsure } = pieces[owners[from] as number] as Piece;
    const at = places[from] as number;
    const code = columns.codes[at] as number;
    out.atMs[row] = times[from] as number;
    out.values[row] = columns.values[at] as number;
    out.raws[row] = columns.raws[at] as number;
    out.codes[row] = isUnsure ? withFlagInCode(code, 'clock-unsure') : code;
  }
  return out;
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
