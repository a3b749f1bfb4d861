/**
 * A chunk: one series' readings as columns of differences, small whole numbers mostly 0, written as varints with runs
 * of zeros counted. Missing values, raw values, quality and flags come back exactly (docs/decisions/history-chunks.md).
 */

import type { ScannedBatch } from '#model/batch-scan.ts';
import type { HistoryPoint } from '#model/history.ts';
import { BAD_REASONS, type Flag, flagBits, flagsOfBits } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';
import { DamagedBytesError, MAX_BYTES_PER_NUMBER, readColumn, readVarint, writeColumn, writeVarint } from './varint.ts';

/** Parallel columns; `values` and `raws` hold 0 where the code says that there is none. */
export type Columns = {
  readonly times: number[];
  readonly values: number[];
  readonly raws: number[];
  /** Flags, quality and whether there is a raw value, in one number: see `codeOf`. */
  readonly codes: number[];
};

const GOOD = 0;
const SUSPECT = 1;
const FIRST_BAD = 2;

export const emptyColumns = (): Columns => ({ times: [], values: [], raws: [], codes: [] });

const codeOf = (bits: number, quality: number, hasRaw: boolean): number => bits * 64 + quality * 2 + (hasRaw ? 1 : 0);
const qualityOf = (code: number): number => (code >> 1) & 31;
export const isGoodCode = (code: number): boolean => qualityOf(code) === GOOD;
export const isSuspectCode = (code: number): boolean => qualityOf(code) === SUSPECT;
export const isBadCode = (code: number): boolean => qualityOf(code) >= FIRST_BAD;

/** Adds one reading of an opened batch with its instant. */
export function pushReading(columns: Columns, atMs: number, batch: Readonly<ScannedBatch>, row: number): void {
  const value = batch.value[row] as number;
  const raw = batch.raw[row] as number;
  const code = batch.code[row] as number;
  const quality = Number.isNaN(value) ? FIRST_BAD + code : code < 0 ? GOOD : SUSPECT;
  const hasRaw = !Number.isNaN(raw);
  columns.times.push(atMs);
  columns.values.push(Number.isNaN(value) ? 0 : value);
  columns.raws.push(hasRaw ? raw : 0);
  columns.codes.push(codeOf(batch.bits[row] as number, quality, hasRaw));
}

/** What a code says of its reading beside the numbers. */
export type ReadingState = Pick<HistoryPoint, 'quality' | 'flags' | 'reason'> & { readonly hasRaw: boolean };

export function readingStateOf(code: number): ReadingState {
  const quality = qualityOf(code);
  const reason = BAD_REASONS[quality - FIRST_BAD];
  return {
    quality: quality === GOOD ? 'good' : quality === SUSPECT ? 'suspect' : 'bad',
    flags: flagsOfBits(code >> 6),
    hasRaw: (code & 1) === 1,
    ...(reason === undefined ? {} : { reason }),
  };
}
/** The code of the same reading with one more doubt. */
export const withFlagInCode = (code: number, flag: Flag): number => code | (flagBits([flag]) << 6);

/** The reading at one place, as readers of history see it. */
export function pointAt(columns: Columns, at: number, shiftMs: number, extra: readonly Flag[]): HistoryPoint {
  const code = columns.codes[at] ?? 0;
  const { hasRaw, flags, ...state } = readingStateOf(code);
  return {
    atMs: ((columns.times[at] ?? 0) + shiftMs) as EpochMs,
    value: isBadCode(code) ? undefined : columns.values[at],
    raw: hasRaw ? columns.raws[at] : undefined,
    ...state,
    flags: extra.length === 0 ? flags : [...flags, ...extra.filter((flag) => !flags.includes(flag))],
  };
}

/** Ascending by time; what came in first stays first among equals. */
export function sortColumns(columns: Columns): Columns {
  const { times } = columns;
  let isSorted = true;
  for (let at = 1; at < times.length && isSorted; at++) isSorted = (times[at] ?? 0) >= (times[at - 1] ?? 0);
  if (isSorted) return columns;
  const order = times.map((_, at) => at).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  const pick = (column: readonly number[]) => order.map((at) => column[at] ?? 0);
  return { times: pick(times), values: pick(columns.values), raws: pick(columns.raws), codes: pick(columns.codes) };
}

export function appendColumns(target: Columns, more: Columns): void {
  for (let at = 0; at < more.times.length; at++) {
    target.times.push(more.times[at] ?? 0);
    target.values.push(more.values[at] ?? 0);
    target.raws.push(more.raws[at] ?? 0);
    target.codes.push(more.codes[at] ?? 0);
  }
}

export function sliceColumns(columns: Columns, from: number, to: number): Columns {
  return {
    times: columns.times.slice(from, to),
    values: columns.values.slice(from, to),
    raws: columns.raws.slice(from, to),
    codes: columns.codes.slice(from, to),
  };
}

/** Writes sorted columns as bytes, times counted from the first; it keeps one buffer to write into. */
export function createChunkEncoder(): (columns: Columns) => Uint8Array {
  let scratch = new Uint8Array(16_384);
  return (columns) => {
    const { times, codes, values, raws } = columns;
    const n = times.length;
    const room = (n * 4 + 8) * (MAX_BYTES_PER_NUMBER + 1);
    if (scratch.length < room) scratch = new Uint8Array(room * 2);
    let at = writeVarint(scratch, 0, n);
    at = writeColumn(scratch, at, n, (index) =>
      index < 2
        ? (times[index] ?? 0) - (times[0] ?? 0)
        : (times[index] ?? 0) - 2 * (times[index - 1] ?? 0) + (times[index - 2] ?? 0),
    );
    at = writeColumn(scratch, at, n, (index) => (codes[index] ?? 0) - (codes[index - 1] ?? 0));
    at = writeColumn(
      scratch,
      at,
      n,
      differences(values, codes, (code) => !isBadCode(code)),
    );
    at = writeColumn(
      scratch,
      at,
      n,
      differences(raws, codes, (code) => (code & 1) === 1),
    );
    return scratch.slice(0, at);
  };
}

/** Difference to the last one that was there; 0 where there is none. */
function differences(column: readonly number[], codes: readonly number[], isThere: (code: number) => boolean) {
  let last = 0;
  return (index: number): number => {
    if (!isThere(codes[index] ?? 0)) return 0;
    const difference = (column[index] ?? 0) - last;
    last = column[index] ?? 0;
    return difference;
  };
}

/** More readings than any chunk was ever written with. */
export const MAX_READINGS = 1_000_000;

/** Throws `DamagedBytesError` for bytes that no chunk has, rather than to make readings of them. */
export function decodeChunk(bytes: Uint8Array, fromMs: number): Columns {
  const cursor = { at: 0 };
  const n = readVarint(bytes, cursor);
  if (n > MAX_READINGS) throw new DamagedBytesError(`${n} readings`);
  const times = readColumn(bytes, cursor, n);
  const codes = readColumn(bytes, cursor, n);
  const values = readColumn(bytes, cursor, n);
  const raws = readColumn(bytes, cursor, n);
  if (cursor.at !== bytes.length) throw new DamagedBytesError('bytes behind the last column');
  let step = 0;
  let time = fromMs;
  let code = 0;
  let value = 0;
  let raw = 0;
  for (let index = 0; index < n; index++) {
    const difference = times[index] ?? 0;
    step = index < 2 ? difference : step + difference;
    time += step;
    times[index] = time;
    code += codes[index] ?? 0;
    codes[index] = code;
    if (isBadCode(code)) values[index] = 0;
    else {
      value += values[index] ?? 0;
      values[index] = value;
    }
    if ((code & 1) === 0) raws[index] = 0;
    else {
      raw += raws[index] ?? 0;
      raws[index] = raw;
    }
  }
  if (!Number.isSafeInteger(time) || !Number.isSafeInteger(value) || !Number.isSafeInteger(raw))
    throw new DamagedBytesError('numbers that no reading has');
  return { times, values, raws, codes };
}
