/** RTU frames of the reading functions 01–04: builds a request, and judges what came back as its reply and no other. */
import { crc16 } from './crc16.ts';

export type ReadRequest = {
  readonly unitId: number;
  readonly functionCode: 1 | 2 | 3 | 4;
  readonly address: number;
  /** Registers, or bits for functions 01 and 02. */
  readonly count: number;
};

export type FrameFault = 'unit' | 'function' | 'length' | 'crc';

export type Scan =
  | { readonly kind: 'incomplete' }
  /** One number a register, or 0 and 1 a bit. */
  | { readonly kind: 'reply'; readonly words: readonly number[]; readonly length: number }
  | { readonly kind: 'exception'; readonly code: number; readonly length: number }
  | { readonly kind: 'bad'; readonly fault: FrameFault };

const EXCEPTION_LENGTH = 5;
const isBits = (request: ReadRequest): boolean => request.functionCode <= 2;

/** Data bytes of the reply to this request. */
export const replyByteCount = (request: ReadRequest): number =>
  isBits(request) ? Math.ceil(request.count / 8) : request.count * 2;

export function buildRequest(request: ReadRequest): Uint8Array {
  const frame = new Uint8Array(8);
  const view = new DataView(frame.buffer);
  view.setUint8(0, request.unitId);
  view.setUint8(1, request.functionCode);
  view.setUint16(2, request.address);
  view.setUint16(4, request.count);
  view.setUint16(6, crc16(frame, 6), true);
  return frame;
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

/** Looks at the bytes received since the request went out; the end follows from the expected length, never from a pause. */
export function scanReply(request: ReadRequest, bytes: Uint8Array): Scan {
  const [unitId, functionCode, third] = bytes;
  if (unitId === undefined) return { kind: 'incomplete' };
  if (unitId !== request.unitId) return { kind: 'bad', fault: 'unit' };
  if (functionCode === undefined) return { kind: 'incomplete' };
  const isException = functionCode === (request.functionCode | 0x80);
  if (functionCode !== request.functionCode && !isException) return { kind: 'bad', fault: 'function' };
  if (third === undefined) return { kind: 'incomplete' };
  if (!isException && third !== replyByteCount(request)) return { kind: 'bad', fault: 'length' };
  const length = isException ? EXCEPTION_LENGTH : 5 + third;
  if (bytes.length < length) return { kind: 'incomplete' };
  const crc = (bytes[length - 2] as number) | ((bytes[length - 1] as number) << 8);
  if (crc !== crc16(bytes, length - 2)) return { kind: 'bad', fault: 'crc' };
  if (isException) return { kind: 'exception', code: third, length };
  return { kind: 'reply', words: wordsOf(request, bytes), length };
}
