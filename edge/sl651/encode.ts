/** Frames that a centre sends (SL 651-2014, 6.3 and 6.7): confirmation, questions, clock. The station's address stands first. */
import type { EpochMs } from '../../model/time.ts';
import { crc16 } from '../modbus/crc16.ts';
import { ENQ, ESC, MAX_BODY, NAK, type Packet, type Sl651Frame, SOH, STX, SYN } from './frame.ts';
import { beijingDigits } from './time.ts';

export type Addressee = Pick<Sl651Frame, 'form' | 'station' | 'centre' | 'password'>;

const fromHex = (hex: string): number[] => (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');
const letters = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));

type Down = {
  readonly func: string;
  /** The body in hexadecimal digits, which are its very characters in an ASCII frame. */
  readonly body: string;
  readonly end: number;
  readonly packet?: Packet;
};

export function encodeDown(to: Addressee, { func, body, end, packet }: Down): Uint8Array {
  const head = packet === undefined ? '' : hex(packet.total, 3) + hex(packet.sequence, 3);
  const content = to.form === 'hex' ? fromHex(head + body) : letters(head + body);
  if (content.length > MAX_BODY) throw new Error(`a body of ${content.length} bytes does not fit a frame`);
  const header = `${to.station}${hex(to.centre, 2)}${to.password}${func}8${hex(content.length, 3)}`;
  const start = packet === undefined ? STX : SYN;
  const bytes =
    to.form === 'hex'
      ? [0x7e, 0x7e, ...fromHex(header), start, ...content, end]
      : [SOH, ...letters(header), start, ...content, end];
  const crc = hex(crc16(Uint8Array.from(bytes)), 4);
  return Uint8Array.from([...bytes, ...(to.form === 'hex' ? fromHex(crc) : letters(crc))]);
}

const headOf = (serial: number, atMs: EpochMs): string => hex(serial, 4) + beijingDigits(atMs);

/** Confirms a report (M2) or a whole message (M3): its serial again, and the station stays online. */
export const encodeConfirmation = (
  to: Addressee,
  report: { readonly func: string; readonly serial: number },
  atMs: EpochMs,
  end: number = ESC,
): Uint8Array => encodeDown(to, { func: report.func, body: headOf(report.serial, atMs), end });

/** Asks again for one packet of a message (M3). */
export const encodePacketRequest = (
  to: Addressee,
  ask: { readonly func: string; readonly serial: number; readonly packet: Packet },
  atMs: EpochMs,
): Uint8Array => encodeDown(to, { func: ask.func, body: headOf(ask.serial, atMs), end: NAK, packet: ask.packet });

/** Asks for what the station measures now (37H). */
export const encodeReadNow = (to: Addressee, serial: number, atMs: EpochMs): Uint8Array =>
  encodeDown(to, { func: '37', body: headOf(serial, atMs), end: ENQ });

/** Asks for one element of a period (38H), hour by hour or at a step given as day, hour, minute. */
export function encodePeriodQuery(
  to: Addressee,
  serial: number,
  atMs: EpochMs,
  period: { readonly fromMs: EpochMs; readonly toMs: EpochMs; readonly stepDhm: string; readonly element: string },
): Uint8Array {
  const hours = (ms: EpochMs) => beijingDigits(ms).slice(0, 8);
  const body = `${headOf(serial, atMs)}${hours(period.fromMs)}${hours(period.toMs)}0418${period.stepDhm}${period.element}`;
  return encodeDown(to, { func: '38', body, end: ENQ });
}

/** Sets the station's clock (4AH): the time of the frame is the time to take. */
export const encodeClock = (to: Addressee, serial: number, atMs: EpochMs): Uint8Array =>
  encodeDown(to, { func: '4A', body: headOf(serial, atMs), end: ENQ });
