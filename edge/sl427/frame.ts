/** Frames of SL/T 427-2021 (the SZY 206 family): `68 L 68 | C | A 5 | AFN | data | CS 16`. */
import { err, ok, type Result } from '../../model/result.ts';
import { crc8 } from './crc8.ts';

const MARK = 0x68;
const END = 0x16;
const HEAD = 3;
const TAIL = 2;
/** C, address and AFN. */
const LEAST = 7;
export const MAX_SL427_FRAME = HEAD + 255 + TAIL;

export type Sl427Fault = {
  readonly kind: 'start' | 'header' | 'short' | 'end' | 'crc' | 'body';
  readonly message: string;
  readonly offset: number;
};

export type Sl427Frame = {
  readonly direction: 'up' | 'down';
  /** Packets that are still to come, counted down; null when the message is not divided. */
  readonly divided: number | null;
  /** Low nibble of C: what kind of quantity the data hold. */
  readonly func: number;
  /** Ten hexadecimal digits as they stand in the frame. */
  readonly station: string;
  /** Two hexadecimal digits. */
  readonly afn: string;
  readonly data: Uint8Array;
  /** Where the data stand in the frame. */
  readonly dataAt: number;
  readonly length: number;
};

const fault = (kind: Sl427Fault['kind'], offset: number, message: string): Result<never, Sl427Fault> =>
  err({ kind, offset, message });

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');
export const hexText = (bytes: Uint8Array): string => Array.from(bytes, hex).join('');

/** Reads the frame that begins with the first byte; bytes behind it are left alone. */
export function readSl427Frame(bytes: Uint8Array): Result<Sl427Frame, Sl427Fault> {
  const [first, size = 0, third] = bytes;
  if (first === undefined) return fault('short', 0, 'there are no bytes');
  if (first !== MARK) return fault('start', 0, 'a frame begins with 68');
  if (bytes.length < HEAD) return fault('short', bytes.length, 'the header is not complete');
  if (third !== MARK) return fault('start', 2, 'the length must be followed by 68');
  if (size < LEAST) return fault('header', 1, `${size} bytes cannot hold control, address and function`);
  const length = HEAD + size + TAIL;
  if (bytes.length < length) return fault('short', bytes.length, `the frame should have ${length} bytes`);
  if (bytes[length - 1] !== END) return fault('end', length - 1, 'the frame does not end with 16');
  const inner = bytes.slice(HEAD, HEAD + size);
  const due = crc8(inner);
  const got = bytes[length - TAIL] as number;
  if (due !== got) return fault('crc', length - TAIL, `checksum is ${hex(got)}, calculated ${hex(due)}`);
  const control = inner[0] as number;
  const isDivided = (control & 0x40) !== 0;
  const at = isDivided ? 2 : 1;
  if (size < LEAST + at - 1) return fault('body', HEAD + 1, 'a divided message needs its count');
  return ok({
    direction: (control & 0x80) === 0 ? 'down' : 'up',
    divided: isDivided ? (inner[1] as number) : null,
    func: control & 0xf,
    station: hexText(inner.subarray(at, at + 5)),
    afn: hex(inner[at + 5] as number),
    data: inner.subarray(at + 6),
    dataAt: HEAD + at + 6,
    length,
  });
}

/** A frame of the centre: DIR 0. */
export function encodeSl427(station: string, func: number, afn: string, data: readonly number[]): Uint8Array {
  const address = (station.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  const inner = Uint8Array.from([func & 0xf, ...address, Number.parseInt(afn, 16), ...data]);
  return Uint8Array.from([MARK, inner.length, MARK, ...inner, crc8(inner), END]);
}

/** The answer to a link check or a self-report: function 0 (confirm), the same AFN; a link check gets its code again. */
export const encodeSl427Confirmation = (frame: Sl427Frame): Uint8Array =>
  encodeSl427(frame.station, 0, frame.afn, frame.afn === '02' ? Array.from(frame.data.subarray(0, 1)) : []);
