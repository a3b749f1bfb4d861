/**
 * RTU frames of the reading functions 01–04 and the writing functions 05, 06, 15 and 16: builds a request, and judges
 * what came back as its reply and no other.
 */
import { crc16 } from './crc16.ts';

export type ReadRequest = {
  readonly unitId: number;
  readonly functionCode: 1 | 2 | 3 | 4;
  readonly address: number;
  /** Registers, or bits for functions 01 and 02. */
  readonly count: number;
};

/** One coil or register: an output is switched alone, whatever function its maker wants. */
export type WriteRequest = {
  readonly unitId: number;
  readonly functionCode: 5 | 6 | 15 | 16;
  readonly address: number;
  /** Function 05: `FF00` hex or 0; 15: 1 or 0; 06 and 16: the register. */
  readonly value: number;
};

export type Request = ReadRequest | WriteRequest;

export type FrameFault = 'unit' | 'function' | 'length' | 'crc' | 'echo';

export type Scan =
  | { readonly kind: 'incomplete' }
  /** One number a register, or 0 and 1 a bit; none for a write. */
  | { readonly kind: 'reply'; readonly words: readonly number[]; readonly length: number }
  | { readonly kind: 'exception'; readonly code: number; readonly length: number }
  | { readonly kind: 'bad'; readonly fault: FrameFault };

const EXCEPTION_LENGTH = 5;
const WRITE_REPLY_LENGTH = 8;

export const isRead = (request: Request): request is ReadRequest => request.functionCode <= 4;
const isBits = (request: ReadRequest): boolean => request.functionCode <= 2;

/** Data bytes of the reply to this request. */
export const replyByteCount = (request: ReadRequest): number =>
  isBits(request) ? Math.ceil(request.count / 8) : request.count * 2;

/** Bytes of the whole reply, for the time that it takes on the wire. */
export const replyLength = (request: Request): number =>
  isRead(request) ? 5 + replyByteCount(request) : WRITE_REPLY_LENGTH;

/** Bits and registers of function 15 and 16 requests. */
function writtenData(request: WriteRequest): readonly number[] {
  if (request.functionCode === 15) return [0, 1, 1, request.value & 1];
  if (request.functionCode === 16) return [0, 1, 2, (request.value >> 8) & 0xff, request.value & 0xff];
  return [(request.value >> 8) & 0xff, request.value & 0xff];
}

const sealed = (body: readonly number[]): Uint8Array => {
  const frame = new Uint8Array(body.length + 2);
  frame.set(body);
  new DataView(frame.buffer).setUint16(body.length, crc16(frame, body.length), true);
  return frame;
};

export function buildRequest(request: Request): Uint8Array {
  const { unitId, functionCode, address } = request;
  const data = isRead(request) ? [request.count >> 8, request.count & 0xff] : writtenData(request);
  return sealed([unitId, functionCode, address >> 8, address & 0xff, ...data]);
}

function wordsOf(request: ReadRequest, bytes: Uint8Array): number[] {
  const words: number[] = [];
  for (let index = 0; index < request.count; index++)
    words.push(
      isBits(request)
        ? ((bytes[3 + (index >> 3)] as number) >> (index & 7)) & 1
        : ((bytes[3 + 2 * index] as number) << 8) | (bytes[4 + 2 * index] as number),
    );
  return words;
}

const hasCrc = (bytes: Uint8Array, length: number): boolean =>
  ((bytes[length - 2] as number) | ((bytes[length - 1] as number) << 8)) === crc16(bytes, length - 2);

/** The reply to a write repeats the request's first six bytes: anything else was written, or nothing. */
function scanWriteReply(request: WriteRequest, bytes: Uint8Array): Scan {
  if (bytes.length < WRITE_REPLY_LENGTH) return { kind: 'incomplete' };
  if (!hasCrc(bytes, WRITE_REPLY_LENGTH)) return { kind: 'bad', fault: 'crc' };
  const asked = buildRequest(request);
  for (let index = 2; index < 6; index++) if (bytes[index] !== asked[index]) return { kind: 'bad', fault: 'echo' };
  return { kind: 'reply', words: [], length: WRITE_REPLY_LENGTH };
}

/** Looks at the bytes received since the request went out; the end follows from the expected length, never from a pause. */
export function scanReply(request: Request, bytes: Uint8Array): Scan {
  const [unitId, functionCode, third] = bytes;
  if (unitId === undefined) return { kind: 'incomplete' };
  if (unitId !== request.unitId) return { kind: 'bad', fault: 'unit' };
  if (functionCode === undefined) return { kind: 'incomplete' };
  const isException = functionCode === (request.functionCode | 0x80);
  if (functionCode !== request.functionCode && !isException) return { kind: 'bad', fault: 'function' };
  if (third === undefined) return { kind: 'incomplete' };
  if (isException) {
    if (bytes.length < EXCEPTION_LENGTH) return { kind: 'incomplete' };
    if (!hasCrc(bytes, EXCEPTION_LENGTH)) return { kind: 'bad', fault: 'crc' };
    return { kind: 'exception', code: third, length: EXCEPTION_LENGTH };
  }
  if (!isRead(request)) return scanWriteReply(request, bytes);
  if (third !== replyByteCount(request)) return { kind: 'bad', fault: 'length' };
  const length = replyLength(request);
  if (bytes.length < length) return { kind: 'incomplete' };
  if (!hasCrc(bytes, length)) return { kind: 'bad', fault: 'crc' };
  return { kind: 'reply', words: wordsOf(request, bytes), length };
}
