/** What a frame of SL 651-2014 says, whichever its form; and the JSON that `fengsui decode sl651` prints of it. */
import { ok, type Result } from '../../model/result.ts';
import { readAsciiBody } from './ascii-body.ts';
import { readHexBody, type Sl651Item, type Sl651Report } from './body.ts';
import { hexOf, readFrame, type Sl651Fault, type Sl651Frame } from './frame.ts';
import { beijingIso } from './time.ts';

const NO_HEAD: Sl651Report = {
  serial: null,
  sendTimeMs: null,
  sendTimeDigits: '',
  stationClass: null,
  items: [],
  events: [],
};

/** `body` is the frame's own, or of all packets joined. */
export function readBody(frame: Sl651Frame, body: Uint8Array): Result<Sl651Report, Sl651Fault> {
  return frame.form === 'hex' ? readHexBody(frame, body) : readAsciiBody(frame, body);
}

/** One frame by itself: a continuing packet has no head, and the first of several may end within an element. */
export function readReport(frame: Sl651Frame): Result<Sl651Report, Sl651Fault> {
  if (frame.packet === null || frame.packet.total === 1) return readBody(frame, frame.body);
  if (frame.packet.sequence > 1 && frame.direction === 'up') return ok(NO_HEAD);
  const whole = readBody(frame, frame.body);
  if (whole.ok) return whole;
  return readBody(frame, frame.body.subarray(0, frame.form === 'hex' ? 8 : 16));
}

export type Sl651Json = {
  readonly func: string;
  readonly station: string;
  readonly serial: number | null;
  readonly sendTime: string | null;
  readonly items: readonly {
    readonly id: string;
    readonly value: number | string | null;
    readonly observedAt: string | null;
  }[];
  readonly packet?: { readonly total: number; readonly sequence: number };
  readonly events?: readonly number[];
};

/** The exact decimal as a number: 14420 with 3 decimals is 14.42. */
export const decimalOf = (digits: number, decimals: number): number => Number(`${digits}e-${decimals}`);

function jsonValue(item: Sl651Item): number | string | null {
  switch (item.kind) {
    case 'number':
      return decimalOf(item.digits, item.decimals);
    case 'missing':
      return null;
    case 'text':
    case 'unreadable':
      return item.text;
    case 'picture':
      return hexOf(item.bytes).toLowerCase();
    default:
      return item satisfies never;
  }
}

export function sl651Json(frame: Sl651Frame, report: Sl651Report): Sl651Json {
  const time = (atMs: number | null) => (atMs === null ? null : beijingIso(atMs));
  return {
    func: frame.func,
    station: frame.station,
    serial: report.serial,
    sendTime: time(report.sendTimeMs),
    items: report.items.map((item) => ({
      id: item.id,
      value: jsonValue(item),
      observedAt: time(item.observedAtMs),
    })),
    ...(frame.packet === null ? {} : { packet: frame.packet }),
    ...(report.events.length === 0 ? {} : { events: report.events }),
  };
}

/** A frame and what it says, or why not. */
export function decodeSl651(
  bytes: Uint8Array,
): Result<{ readonly frame: Sl651Frame; readonly report: Sl651Report }, Sl651Fault> {
  const frame = readFrame(bytes);
  if (!frame.ok) return frame;
  const report = readReport(frame.value);
  return report.ok ? ok({ frame: frame.value, report: report.value }) : report;
}
