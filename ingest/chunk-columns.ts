/**
 * Opens chunks straight into typed arrays, for whoever reads years of them: runs of equal steps and values are filled,
 * raw values are passed over. What comes out is what `decodeChunk` gives (chunk.test.ts holds one against the other).
 */
import { BAD_REASONS, type BadReason, FLAGS, type Flag } from '#model/reading.ts';
import { DamagedBytesError } from './varint.ts';

/** Readings of one sensor. `values` mean nothing where a state says that there is none. */
export type ReadingColumns = {
  readonly atMs: Float64Array;
  readonly values: Int32Array;
  /** Quality and flags of each reading, see below; made when the first one is not plainly good. */
  states: Uint16Array | undefined;
};

const QUALITY_BITS = 5;
const FIRST_BAD = 2;
const qualityOf = (state: number): number => state & ((1 << QUALITY_BITS) - 1);

export const isSuspectState = (state: number): boolean => qualityOf(state) === 1;
/** Why there is no value; undefined when there is one. */
export const badReasonOf = (state: number): BadReason | undefined => BAD_REASONS[qualityOf(state) - FIRST_BAD];
export const stateHasFlag = (state: number, flag: Flag): boolean =>
  ((state >> (QUALITY_BITS + FLAGS.indexOf(flag))) & 1) === 1;
export const withFlag = (state: number, flag: Flag): number => state | (1 << (QUALITY_BITS + FLAGS.indexOf(flag)));
/** Of a code as the columns of a chunk have it, which also says whether there is a raw value. */
export const stateOfCode = (code: number): number => code >> 1;

export const emptyReadingColumns = (capacity: number): ReadingColumns => ({
  atMs: new Float64Array(capacity),
  values: new Int32Array(capacity),
  states: undefined,
});

/** Where in the bytes the next number begins. */
type Place = { at: number };
/** The rows of a chunk in the columns: from, how many. */
type Rows = { readonly from: number; readonly count: number };

/** Short runs are quicker written one by one. */
const LONG_RUN = 24;

/**
 * Writes a chunk's readings into `columns` from row `from` on; how many they are. Throws `DamagedBytesError`, and then
 * nothing from that row on means anything.
 */
export function readChunkInto(columns: ReadingColumns, from: number, bytes: Uint8Array, fromMs: number): number {
  const place = { at: 0 };
  const count = readNumber(bytes, place);
  if (count > columns.atMs.length - from) throw new DamagedBytesError(`${count} readings`);
  const rows = { from, count };
  readTimes(columns.atMs, rows, bytes, place, fromMs);
  readStates(columns, rows, bytes, place);
  readValues(columns.values, rows, bytes, place);
  if (place.at > bytes.length || !Number.isSafeInteger(columns.atMs[from + count - 1] ?? 0))
    throw new DamagedBytesError('columns that no chunk has');
  return count;
}

/** Differences of differences: a run of zeros is a run of equal steps. */
function readTimes(atMs: Float64Array, { from, count }: Rows, bytes: Uint8Array, place: Place, fromMs: number): void {
  const end = from + count;
  let row = from;
  let step = 0;
  let time = fromMs;
  while (row < end) {
    const zigzag = readNumber(bytes, place);
    const runTo = zigzag === 0 ? endOfRun(row, end, bytes, place) : row + 1;
    step += unzigzag(zigzag);
    for (; row < runTo; row++) {
      time += step;
      atMs[row] = time;
    }
  }
}

function readStates(columns: ReadingColumns, { from, count }: Rows, bytes: Uint8Array, place: Place): void {
  const end = from + count;
  let row = from;
  let code = 0;
  while (row < end) {
    const zigzag = readNumber(bytes, place);
    const runTo = zigzag === 0 ? endOfRun(row, end, bytes, place) : row + 1;
    code += unzigzag(zigzag);
    const state = stateOfCode(code);
    if (state !== 0) {
      columns.states ??= new Uint16Array(columns.atMs.length);
      columns.states.fill(state, row, runTo);
    }
    row = runTo;
  }
}

function readValues(values: Int32Array, { from, count }: Rows, bytes: Uint8Array, place: Place): void {
  const end = from + count;
  let row = from;
  let value = 0;
  while (row < end) {
    const zigzag = readNumber(bytes, place);
    value += unzigzag(zigzag);
    if (zigzag !== 0) {
      values[row++] = value;
      continue;
    }
    const runTo = endOfRun(row, end, bytes, place);
    if (runTo - row > LONG_RUN) values.fill(value, row, runTo);
    else for (; row < runTo; row++) values[row] = value;
    row = runTo;
  }
}

function endOfRun(row: number, end: number, bytes: Uint8Array, place: Place): number {
  const runTo = row + readNumber(bytes, place) + 1;
  if (runTo > end) throw new DamagedBytesError('a run is longer than its column');
  return runTo;
}

const MAX_ZIGZAG_INT = 0x7fffffff;

const unzigzag = (zigzag: number): number => {
  if (zigzag <= MAX_ZIGZAG_INT) return (zigzag >>> 1) ^ -(zigzag & 1);
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
};

/** A varint; one byte nearly always. */
function readNumber(bytes: Uint8Array, place: Place): number {
  const first = bytes[place.at++] as number;
  if (first < 0x80) return first;
  let value = first & 0x7f;
  let scale = 128;
  for (;;) {
    const byte = bytes[place.at++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 128;
  }
}
