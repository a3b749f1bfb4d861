/**
 * How a slave finds requests in the bytes of a line: by the length that the function code implies, and by the silence
 * of 3.5 characters after which whatever is incomplete is forgotten (Modbus over serial line 2.5.1.1).
 */
import { hasGoodCrc } from '#simulators/modbus/crc16.ts';

export type RtuRequest = { readonly unitId: number; readonly pdu: Uint8Array };

/** `deaf`: the frame was bad, so where the next one begins is unknown until the line is silent. */
export type Framer = { readonly bytes: Uint8Array; readonly deaf: boolean };
export type DroppedFrame = 'crc' | 'incomplete' | 'too-long';
export type Framed = {
  readonly framer: Framer;
  readonly requests: readonly RtuRequest[];
  readonly dropped: readonly DroppedFrame[];
};

export const emptyFramer: Framer = { bytes: new Uint8Array(0), deaf: false };
const MAX_FRAME_BYTES = 256;

/** Bytes of the whole request, `more` when that cannot be said yet, `gap` when only silence ends it. */
function expectedLength(bytes: Uint8Array): number | 'more' | 'gap' {
  const functionCode = bytes[1];
  if (functionCode === undefined) return 'more';
  if ((functionCode >= 1 && functionCode <= 6) || functionCode === 8) return 8;
  if (functionCode === 15 || functionCode === 16) {
    const byteCount = bytes[6];
    return byteCount === undefined ? 'more' : 9 + byteCount;
  }
  return 'gap';
}

const requestOf = (frame: Uint8Array): RtuRequest => ({
  unitId: frame[0] ?? 0,
  pdu: frame.slice(1, frame.length - 2),
});

/** Takes what came in; complete frames come out, a bad one makes the slave deaf until the next silence. */
export function takeBytes(framer: Framer, chunk: Uint8Array): Framed {
  if (framer.deaf) return { framer, requests: [], dropped: [] };
  let bytes = new Uint8Array(framer.bytes.length + chunk.length);
  bytes.set(framer.bytes, 0);
  bytes.set(chunk, framer.bytes.length);
  const requests: RtuRequest[] = [];
  while (bytes.length > 0) {
    const length = expectedLength(bytes);
    if (typeof length !== 'number' || bytes.length < length) break;
    const frame = bytes.slice(0, length);
    if (!hasGoodCrc(frame)) return { framer: { bytes: new Uint8Array(0), deaf: true }, requests, dropped: ['crc'] };
    requests.push(requestOf(frame));
    bytes = bytes.slice(length);
  }
  if (bytes.length > MAX_FRAME_BYTES)
    return { framer: { bytes: new Uint8Array(0), deaf: true }, requests, dropped: ['too-long'] };
  return { framer: { bytes, deaf: false }, requests, dropped: [] };
}

/** The line was silent for 3.5 characters: a frame whose function has no known length is judged, the rest forgotten. */
export function takeSilence(framer: Framer): Framed {
  const { bytes } = framer;
  if (bytes.length === 0) return { framer: emptyFramer, requests: [], dropped: [] };
  if (expectedLength(bytes) === 'gap' && bytes.length >= 4)
    return hasGoodCrc(bytes)
      ? { framer: emptyFramer, requests: [requestOf(bytes)], dropped: [] }
      : { framer: emptyFramer, requests: [], dropped: ['crc'] };
  return { framer: emptyFramer, requests: [], dropped: ['incomplete'] };
}

/** Start, eight data bits, stop: a character of 8N1, which nearly all devices of this field use. */
const BITS_PER_CHARACTER = 10;
/** 3.5 characters; a fixed 1.75 ms above 19,200 baud. */
export const silenceMs = (baudRate: number): number => (baudRate > 19_200 ? 1.75 : lineMs(baudRate, 3.5));
/** Time that so many characters take on the line. */
export const lineMs = (baudRate: number, characters: number): number =>
  (characters * BITS_PER_CHARACTER * 1_000) / baudRate;
