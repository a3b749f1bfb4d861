/** The checksums of the protocols computed anew, bit by bit, so that a fuzz run does not ask the code that it tests. */

export function crc16Slow(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

export function crc8Slow(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes)
    for (let bit = 7; bit >= 0; bit--) {
      const carry = ((crc >> 7) & 1) ^ ((byte >> bit) & 1);
      crc = ((crc << 1) & 0xff) ^ (carry === 1 ? 0xe5 : 0);
    }
  return crc;
}

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Whether the first bytes are a frame of SL 651 whose checksum is right, and how long it is. */
export function sl651Length(bytes: Uint8Array): number | undefined {
  const isHex = bytes[0] === 0x7e && bytes[1] === 0x7e;
  if (!isHex && bytes[0] !== 1) return undefined;
  const body = isHex
    ? (((bytes[11] ?? 0) & 0xf) << 8) | (bytes[12] ?? 0)
    : Number.parseInt(text(bytes.subarray(20, 23)), 16);
  const end = (isHex ? 14 : 24) + body + 1;
  const length = end + (isHex ? 2 : 4);
  if (!Number.isInteger(length) || bytes.length < length) return undefined;
  const crc = crc16Slow(bytes.subarray(0, end));
  const sent = isHex
    ? ((bytes[end] ?? 0) << 8) | (bytes[end + 1] ?? 0)
    : Number.parseInt(text(bytes.subarray(end, end + 4)), 16);
  return crc === sent ? length : undefined;
}

export function sl427Length(bytes: Uint8Array): number | undefined {
  const size = bytes[1] ?? 0;
  const length = size + 5;
  if (bytes[0] !== 0x68 || bytes[2] !== 0x68 || bytes.length < length || bytes[length - 1] !== 0x16) return undefined;
  return crc8Slow(bytes.subarray(3, 3 + size)) === bytes[length - 2] ? length : undefined;
}

/** How many frames with a right checksum begin anywhere in the bytes; overlapping ones count each. */
export function countFrames(bytes: Uint8Array, lengthOf: (bytes: Uint8Array) => number | undefined): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) if (lengthOf(bytes.subarray(at)) !== undefined) count++;
  return count;
}
