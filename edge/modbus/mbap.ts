/** Modbus TCP framing: transaction, protocol 0, length, unit (Modbus messaging on TCP/IP 3.1.3); requests out, replies in. */
import { crc16 } from './crc16.ts';
import { buildRequest, type Request, type Scan, scanReply } from './frame.ts';

const HEADER_LENGTH = 6;
const CRC_LENGTH = 2;
/** Unit, function and one byte more: an exception. */
const MIN_LENGTH = 3;
const MAX_LENGTH = 254;

/** Why bytes cannot be the answer that is waited for, nor a late one: where the next frame begins is unknown then. */
export type MbapFault = 'transaction' | 'mbap';

export type TakenAdu =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'bad'; readonly fault: MbapFault }
  /** `body`: unit, function and data. */
  | { readonly kind: 'adu'; readonly transaction: number; readonly body: Uint8Array; readonly length: number };

export function sealRequest(transaction: number, request: Request): Uint8Array {
  const body = buildRequest(request).subarray(0, -CRC_LENGTH);
  const adu = new Uint8Array(HEADER_LENGTH + body.length);
  const view = new DataView(adu.buffer);
  view.setUint16(0, transaction);
  view.setUint16(4, body.length);
  adu.set(body, HEADER_LENGTH);
  return adu;
}

/** The first frame of what was received; `isAwaited` knows the transactions that may still be answered. */
export function takeReply(bytes: Uint8Array, isAwaited: (transaction: number) => boolean): TakenAdu {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 2) return { kind: 'incomplete' };
  const transaction = view.getUint16(0);
  // Before the rest has come: bytes that are no frame may be fewer than a header.
  if (!isAwaited(transaction)) return { kind: 'bad', fault: 'transaction' };
  if (bytes.length < HEADER_LENGTH) return { kind: 'incomplete' };
  const length = view.getUint16(4);
  if (view.getUint16(2) !== 0 || length < MIN_LENGTH || length > MAX_LENGTH) return { kind: 'bad', fault: 'mbap' };
  if (bytes.length < HEADER_LENGTH + length) return { kind: 'incomplete' };
  const body = bytes.slice(HEADER_LENGTH, HEADER_LENGTH + length);
  return { kind: 'adu', transaction, body, length: HEADER_LENGTH + length };
}

/** Judges the body as the reply to this request: by the same rules as on a serial line, and with its length exact. */
export function scanBody(request: Request, body: Uint8Array): Scan {
  const sealed = new Uint8Array(body.length + CRC_LENGTH);
  sealed.set(body);
  new DataView(sealed.buffer).setUint16(body.length, crc16(sealed, body.length), true);
  const scan = scanReply(request, sealed);
  const isWhole = 'length' in scan && scan.length === sealed.length;
  if (scan.kind === 'incomplete' || ('length' in scan && !isWhole)) return { kind: 'bad', fault: 'length' };
  // What is shorter or longer than it says cannot have a checksum where this one was put.
  return scan.kind === 'bad' && scan.fault === 'crc' ? { kind: 'bad', fault: 'length' } : scan;
}
