/** Frames of SL 651-2014 (6.2): finds the parts of a HEX or ASCII frame and verifies its end and checksum. */
import { err, ok, type Result } from '../../model/result.ts';
import { crc16 } from '../modbus/crc16.ts';

export const SOH = 0x01;
export const STX = 0x02;
export const ETX = 0x03;
export const EOT = 0x04;
export const ENQ = 0x05;
export const ACK = 0x06;
export const NAK = 0x15;
export const SYN = 0x16;
export const ETB = 0x17;
export const ESC = 0x1b;
const ENDS: readonly number[] = [ETX, EOT, ENQ, ACK, NAK, ETB, ESC];

export const HEX_MARK = 0x7e;
const HEX_HEADER = 14;
const ASCII_HEADER = 24;
/** End and checksum behind the body. */
const HEX_TAIL = 3;
const ASCII_TAIL = 5;
export const MAX_BODY = 0xfff;
/** The longest frame of either form. */
export const MAX_FRAME = ASCII_HEADER + MAX_BODY + ASCII_TAIL;

export type Sl651Fault = {
  /** `short`: what is there may be the beginning of a frame. */
  readonly kind: 'start' | 'header' | 'short' | 'end' | 'crc' | 'body';
  readonly message: string;
  /** Byte of the frame at which it stopped making sense. */
  readonly offset: number;
};

export type Packet = { readonly total: number; readonly sequence: number };

export type Sl651Frame = {
  readonly form: 'hex' | 'ascii';
  readonly direction: 'up' | 'down';
  readonly centre: number;
  /** Ten hexadecimal digits. */
  readonly station: string;
  /** Four hexadecimal digits. */
  readonly password: string;
  /** Two hexadecimal digits. */
  readonly func: string;
  readonly packet: Packet | null;
  readonly body: Uint8Array;
  /** Where the body stands in the frame. */
  readonly bodyAt: number;
  /** Control character behind the body. */
  readonly end: number;
  /** Bytes from the first mark to the checksum. */
  readonly length: number;
};

const fault = (kind: Sl651Fault['kind'], offset: number, message: string): Result<never, Sl651Fault> =>
  err({ kind, offset, message });

const isAsciiHex = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);

export const hexOf = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text.toUpperCase();
};

type Header = {
  readonly form: Sl651Frame['form'];
  /** Everything between the mark and the start character, in hexadecimal digits. */
  readonly digits: string;
  readonly bodyAt: number;
  readonly tail: number;
  readonly start: number;
};

function hexHeader(bytes: Uint8Array): Result<Header, Sl651Fault> {
  if (bytes.length >= 2 && bytes[1] !== HEX_MARK) return fault('start', 1, 'a frame begins with 7E7E or 01');
  if (bytes.length < HEX_HEADER) return fault('short', bytes.length, 'the header is not complete');
  const digits = hexOf(bytes.subarray(2, HEX_HEADER - 1));
  return ok({ form: 'hex', digits, bodyAt: HEX_HEADER, tail: HEX_TAIL, start: bytes[HEX_HEADER - 1] as number });
}

function asciiHeader(bytes: Uint8Array): Result<Header, Sl651Fault> {
  const end = Math.min(bytes.length, ASCII_HEADER - 1);
  for (let at = 1; at < end; at++)
    if (!isAsciiHex(bytes[at] as number)) return fault('header', at, 'the header must be hexadecimal digits');
  if (bytes.length < ASCII_HEADER) return fault('short', bytes.length, 'the header is not complete');
  const digits = String.fromCharCode(...bytes.subarray(1, ASCII_HEADER - 1)).toUpperCase();
  return ok({
    form: 'ascii',
    digits,
    bodyAt: ASCII_HEADER,
    tail: ASCII_TAIL,
    start: bytes[ASCII_HEADER - 1] as number,
  });
}

/** Packets count 12 bits each, in three bytes of the body's length (six characters in ASCII). */
function readPacket(header: Header, body: Uint8Array): Result<Packet | null, Sl651Fault> {
  if (header.start !== SYN) return ok(null);
  const width = header.form === 'hex' ? 3 : 6;
  if (body.length < width) return fault('body', header.bodyAt, 'a packet needs its total and number');
  const head = body.subarray(0, width);
  if (header.form === 'ascii' && !head.every(isAsciiHex))
    return fault('body', header.bodyAt, 'total and number of a packet must be hexadecimal digits');
  const digits = header.form === 'hex' ? hexOf(head) : String.fromCharCode(...head);
  const packet = { total: Number.parseInt(digits.slice(0, 3), 16), sequence: Number.parseInt(digits.slice(3), 16) };
  if (packet.sequence < 1 || packet.sequence > packet.total)
    return fault('body', header.bodyAt, `there is no packet ${packet.sequence} of ${packet.total}`);
  return ok(packet);
}

function checksumFault(header: Header, bytes: Uint8Array, at: number): Sl651Fault | undefined {
  const got =
    header.form === 'hex' ? hexOf(bytes.subarray(at, at + 2)) : String.fromCharCode(...bytes.subarray(at, at + 4));
  const due = crc16(bytes, at).toString(16).toUpperCase().padStart(4, '0');
  if (got.toUpperCase() === due) return undefined;
  const shown = header.form === 'hex' ? got : hexOf(bytes.subarray(at, at + 4));
  return { kind: 'crc', offset: at, message: `checksum is ${shown}, calculated ${due}` };
}

/** Whether a whole frame may begin here, at the price of a few comparisons: for looking behind an unfinished one. */
export function mayBeWhole(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] === SOH) {
    if (at + ASCII_HEADER > bytes.length) return false;
    const start = bytes[at + ASCII_HEADER - 1];
    return start === STX || start === SYN;
  }
  if (bytes[at] !== HEX_MARK || bytes[at + 1] !== HEX_MARK || at + HEX_HEADER > bytes.length) return false;
  const start = bytes[at + HEX_HEADER - 1];
  if (start !== STX && start !== SYN) return false;
  const endAt = at + HEX_HEADER + (((bytes[at + 11] as number) & 0xf) << 8) + (bytes[at + 12] as number);
  return endAt + HEX_TAIL <= bytes.length && ENDS.includes(bytes[endAt] as number);
}

/** Reads the frame that begins with the first byte; bytes behind it are left alone. */
export function readFrame(bytes: Uint8Array): Result<Sl651Frame, Sl651Fault> {
  const [first] = bytes;
  if (first === undefined) return fault('short', 0, 'there are no bytes');
  if (first !== HEX_MARK && first !== SOH) return fault('start', 0, 'a frame begins with 7E7E or 01');
  const read = first === HEX_MARK ? hexHeader(bytes) : asciiHeader(bytes);
  if (!read.ok) return read;
  const { form, digits, bodyAt, tail, start } = read.value;
  if (start !== STX && start !== SYN) return fault('header', bodyAt - 1, 'the body must begin with STX or SYN');
  const way = digits.charAt(18);
  if (way !== '0' && way !== '8')
    return fault('header', bodyAt - (form === 'hex' ? 3 : 5), 'the direction must be 0 or 8');
  const bodyLength = Number.parseInt(digits.slice(19, 22), 16);
  const endAt = bodyAt + bodyLength;
  const length = endAt + tail;
  if (bytes.length < length) return fault('short', bytes.length, `the frame should have ${length} bytes`);
  const end = bytes[endAt] as number;
  if (!ENDS.includes(end)) return fault('end', endAt, 'the body does not end where its length says');
  const wrong = checksumFault(read.value, bytes, endAt + 1);
  if (wrong !== undefined) return err(wrong);
  const whole = bytes.slice(bodyAt, endAt);
  const packet = readPacket(read.value, whole);
  if (!packet.ok) return packet;
  const skip = packet.value === null ? 0 : form === 'hex' ? 3 : 6;
  const up = way === '0';
  return ok({
    form,
    direction: up ? 'up' : 'down',
    centre: Number.parseInt(up ? digits.slice(0, 2) : digits.slice(10, 12), 16),
    station: up ? digits.slice(2, 12) : digits.slice(0, 10),
    password: digits.slice(12, 16),
    func: digits.slice(16, 18),
    packet: packet.value,
    body: whole.subarray(skip),
    bodyAt: bodyAt + skip,
    end,
    length,
  });
}
