/** Columns of small whole numbers as bytes: varints, and runs of zeros counted. */

/** Of 53 bits, seven a byte, and one more for the sign. */
export const MAX_BYTES_PER_NUMBER = 9;

/** Zigzag varints; a 0 is followed by the number of further zeros. */
export function writeColumn(out: Uint8Array, start: number, n: number, take: (index: number) => number): number {
  let at = start;
  let zeros = 0;
  for (let index = 0; index < n; index++) {
    const value = take(index);
    if (value === 0) {
      zeros++;
      continue;
    }
    if (zeros > 0) {
      out[at++] = 0;
      at = writeVarint(out, at, zeros - 1);
      zeros = 0;
    }
    at = writeVarint(out, at, value >= 0 ? value * 2 : -value * 2 - 1);
  }
  if (zeros > 0) {
    out[at++] = 0;
    at = writeVarint(out, at, zeros - 1);
  }
  return at;
}

/** Bytes that nobody wrote so: a disk that forgets, a file that was cut. */
export class DamagedBytesError extends Error {
  constructor(what: string) {
    super(`damaged: ${what}`);
    this.name = 'DamagedBytesError';
  }
}

export function readColumn(bytes: Uint8Array, cursor: { at: number }, n: number): number[] {
  const column: number[] = [];
  while (column.length < n) {
    const zigzag = readVarint(bytes, cursor);
    if (zigzag !== 0) {
      column.push(zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2);
      continue;
    }
    const zeros = readVarint(bytes, cursor);
    if (zeros >= n - column.length) throw new DamagedBytesError('a run is longer than its column');
    for (let left = zeros; left >= 0; left--) column.push(0);
  }
  if (cursor.at > bytes.length) throw new DamagedBytesError('a column is cut short');
  return column;
}

/** Whole numbers to 2^53: beyond 31 bits by division, shifts would cut them. */
export function writeVarint(out: Uint8Array, start: number, value: number): number {
  let at = start;
  let left = value;
  while (left >= 0x80000000) {
    out[at++] = (left % 128) | 0x80;
    left = Math.floor(left / 128);
  }
  while (left >= 0x80) {
    out[at++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  out[at++] = left;
  return at;
}

export function readVarint(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = bytes[cursor.at++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 128;
  }
}
