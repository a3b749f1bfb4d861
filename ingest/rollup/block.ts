/**
 * The bytes of a block: segments one behind another, each a few buckets as columns of differences. Adding to a block is
 * adding a segment; a bucket may then lie in several, and reading joins them.
 */
import {
  DamagedBytesError,
  MAX_BYTES_PER_NUMBER,
  readColumn,
  readVarint,
  writeColumn,
  writeVarint,
} from '../varint.ts';
import { noPartials, type Partials } from './partials.ts';

const COLUMNS = 9;

/** Writes one segment; `firstIndex` is that of the block's first bucket. */
export function createSegmentEncoder(): (part: Partials, firstIndex: number) => Uint8Array {
  let scratch = new Uint8Array(16_384);
  return (part, firstIndex) => {
    const { index, n, suspect, bad, min, max, sum, last, lastOffset } = part;
    const count = index.length;
    const room = (count + 2) * COLUMNS * (MAX_BYTES_PER_NUMBER + 1);
    if (scratch.length < room) scratch = new Uint8Array(room * 2);
    const at = (column: readonly number[], row: number): number => column[row] as number;
    let end = writeVarint(scratch, 0, count);
    const write = (take: (row: number) => number): void => {
      end = writeColumn(scratch, end, count, take);
    };
    write((row) => at(index, row) - (row === 0 ? firstIndex : at(index, row - 1) + 1));
    write((row) => at(n, row) - (row === 0 ? 0 : at(n, row - 1)));
    write((row) => at(suspect, row));
    write((row) => at(bad, row));
    write(differences(last, n));
    write(differences(lastOffset, n));
    write((row) => (at(n, row) > 1 ? at(last, row) - at(min, row) : 0));
    write((row) => (at(n, row) > 1 ? at(max, row) - at(last, row) : 0));
    write((row) => (at(n, row) > 1 ? at(sum, row) - at(n, row) * at(last, row) : 0));
    return scratch.slice(0, end);
  };
}

/** To the last bucket that had a value. */
function differences(column: readonly number[], n: readonly number[]): (row: number) => number {
  let before = 0;
  return (row) => {
    if (n[row] === 0) return 0;
    const difference = (column[row] as number) - before;
    before = column[row] as number;
    return difference;
  };
}

/** More buckets than any segment holds. */
const MAX_COUNT = 10_000;

/**
 * A block's segments, in the order in which they were added; as far as its bytes are sound: what a disk has spoilt takes
 * its own segment and those behind it, and nothing else.
 */
export function decodeBlock(bytes: Uint8Array, firstIndex: number): readonly Partials[] {
  const cursor = { at: 0 };
  const segments: Partials[] = [];
  try {
    while (cursor.at < bytes.length) segments.push(decodeSegment(bytes, cursor, firstIndex));
  } catch (cause) {
    if (!(cause instanceof DamagedBytesError)) throw cause;
  }
  return segments;
}

function decodeSegment(bytes: Uint8Array, cursor: { at: number }, firstIndex: number): Partials {
  const count = readVarint(bytes, cursor);
  if (count > MAX_COUNT) throw new DamagedBytesError(`${count} buckets`);
  const read = (): number[] => readColumn(bytes, cursor, count);
  const part: Partials = {
    ...noPartials(),
    ...{ index: read(), n: read(), suspect: read(), bad: read() },
    ...{ last: read(), lastOffset: read(), min: read(), max: read(), sum: read() },
  };
  let index = firstIndex - 1;
  let n = 0;
  let last = 0;
  let offset = 0;
  for (let row = 0; row < count; row++) {
    index += (part.index[row] as number) + 1;
    part.index[row] = index;
    n += part.n[row] as number;
    part.n[row] = n;
    if (n === 0) continue;
    last += part.last[row] as number;
    offset += part.lastOffset[row] as number;
    part.last[row] = last;
    part.lastOffset[row] = offset;
    part.min[row] = last - (part.min[row] as number);
    part.max[row] = last + (part.max[row] as number);
    part.sum[row] = n * last + (part.sum[row] as number);
  }
  return part;
}
