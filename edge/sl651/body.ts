/** Bodies of SL 651-2014 (6.6, annex C): serial, times and elements of a HEX frame; what is missing stays missing. */
import { err, ok, type Result } from '../../model/result.ts';
import { type EpochMs, MINUTE_MS } from '../../model/time.ts';
import { hexByte } from './elements.ts';
import { hexOf, type Sl651Fault, type Sl651Frame } from './frame.ts';
import { bodyKindOf } from './functions.ts';
import { parseBeijing } from './time.ts';

/** One value of one element. `id` is two or (user elements) four hexadecimal digits. */
export type Sl651Item = {
  readonly id: string;
  /** The station's own clock; null when the frame gives no time, or none that is one. */
  readonly observedAtMs: EpochMs | null;
} & (
  | { readonly kind: 'number'; readonly digits: number; readonly decimals: number }
  | { readonly kind: 'missing' }
  /** Bytes that are no number: states, texts, codes; as people write them. */
  | { readonly kind: 'text'; readonly text: string }
  /** Not what the element's code allows. */
  | { readonly kind: 'unreadable'; readonly text: string }
  | { readonly kind: 'picture'; readonly bytes: Uint8Array }
);

export type Sl651Report = {
  readonly serial: number | null;
  readonly sendTimeMs: EpochMs | null;
  /** The twelve digits as sent, which a resend repeats. */
  readonly sendTimeDigits: string;
  /** The letter of the station's class. */
  readonly stationClass: string | null;
  readonly items: readonly Sl651Item[];
  /** Counters of the event log (50H). */
  readonly events: readonly number[];
};

const OBSERVED = 0xf0;
const ADDRESS = 0xf1;
const MANUAL = 0xf2;
const PICTURE = 0xf3;
const RAIN_HOUR = 0xf4;
const LEVEL_HOUR_LAST = 0xfc;
const USER = 0xff;
const TIME_STEP = 0x04;
const STATUS = 0x45;
/** The parameter that function 49H carries is a hexadecimal number. */
const PASSWORD = 0x03;
const SAMPLES_AN_HOUR = 12;

/** A number in BCD: FF in front is a minus sign, F throughout is "missing" (6.6.2). */
export function readBcd(bytes: Uint8Array): { kind: 'number'; digits: number } | { kind: 'missing' | 'unreadable' } {
  if (bytes.length === 0 || bytes.every((byte) => byte === 0xff)) return { kind: 'missing' };
  const negative = bytes[0] === 0xff;
  let digits = 0;
  for (const byte of negative ? bytes.subarray(1) : bytes) {
    if (byte >> 4 > 9 || (byte & 0xf) > 9) return { kind: 'unreadable' };
    digits = digits * 100 + (byte >> 4) * 10 + (byte & 0xf);
  }
  if (!Number.isSafeInteger(digits)) return { kind: 'unreadable' };
  return { kind: 'number', digits: negative ? -digits : digits };
}

type Cursor = {
  readonly bytes: Uint8Array;
  /** Offset of the body in the frame, for faults. */
  readonly base: number;
  at: number;
  observedAtMs: EpochMs | null;
  stepMs: number | null;
  stationClass: string | null;
  readonly items: Sl651Item[];
};

const fault = (cursor: Cursor, message: string): Sl651Fault => ({
  kind: 'body',
  offset: cursor.base + cursor.at,
  message,
});

const left = (cursor: Cursor): number => cursor.bytes.length - cursor.at;

function take(cursor: Cursor, count: number): Uint8Array {
  const taken = cursor.bytes.subarray(cursor.at, cursor.at + count);
  cursor.at += count;
  return taken;
}

const isDouble = (cursor: Cursor, mark: number): boolean =>
  cursor.bytes[cursor.at] === mark && cursor.bytes[cursor.at + 1] === mark;

function numberItem(id: string, bytes: Uint8Array, decimals: number, observedAtMs: EpochMs | null): Sl651Item {
  const read = readBcd(bytes);
  if (read.kind === 'number') return { id, observedAtMs, ...read, decimals };
  if (read.kind === 'missing') return { id, observedAtMs, kind: 'missing' };
  return { id, observedAtMs, kind: 'unreadable', text: hexOf(bytes) };
}

const stampOf = (cursor: Cursor, index: number, stepMs: number): EpochMs | null =>
  cursor.observedAtMs === null ? null : cursor.observedAtMs + index * stepMs;

/** F4: twelve bytes of 0.1 mm, FF missing. F5–FC: twelve words of 0.01 m, FFFF missing. Their lengths are fixed. */
function takeHour(cursor: Cursor, id: number): Sl651Fault | undefined {
  const width = id === RAIN_HOUR ? 1 : 2;
  if (left(cursor) < SAMPLES_AN_HOUR * width)
    return fault(cursor, `${hexByte(id)} needs ${SAMPLES_AN_HOUR * width} bytes`);
  for (let index = 0; index < SAMPLES_AN_HOUR; index++) {
    const digits = take(cursor, width).reduce((sum, byte) => sum * 256 + byte, 0);
    const observedAtMs = stampOf(cursor, index, 5 * MINUTE_MS);
    const isMissing = digits === 256 ** width - 1;
    cursor.items.push({
      id: hexByte(id),
      observedAtMs,
      ...(isMissing ? { kind: 'missing' } : { kind: 'number', digits, decimals: width }),
    });
  }
  return undefined;
}

/** After a time step: one element, then its values up to the next group or the end. */
function takeSeries(
  cursor: Cursor,
  id: string,
  size: number,
  decimals: number,
  stepMs: number,
): Sl651Fault | undefined {
  for (let index = 0; left(cursor) > 0 && !isDouble(cursor, OBSERVED); index++) {
    if (left(cursor) < size) return fault(cursor, `value ${index + 1} of ${id} is cut off`);
    cursor.items.push(numberItem(id, take(cursor, size), decimals, stampOf(cursor, index, stepMs)));
  }
  return undefined;
}

function takeStep(cursor: Cursor, size: number): Sl651Fault | undefined {
  if (size !== 3 || left(cursor) < 3) return fault(cursor, 'a time step has three bytes: day, hour, minute');
  const text = hexOf(take(cursor, 3));
  const [days = 0, hours = 0, minutes = 0] = (text.match(/../g) ?? []).map(Number);
  const stepMs = ((days * 24 + hours) * 60 + minutes) * MINUTE_MS;
  if (!Number.isFinite(stepMs) || stepMs <= 0) return fault(cursor, `${text} is no time step`);
  cursor.stepMs = stepMs;
  cursor.items.push({ id: hexByte(TIME_STEP), observedAtMs: cursor.observedAtMs, kind: 'text', text });
  return undefined;
}

function takeValue(cursor: Cursor, id: string, first: number, def: number): Sl651Fault | undefined {
  const size = def >> 3;
  const decimals = def & 7;
  if (first === TIME_STEP && id.length === 2) return takeStep(cursor, size);
  if (left(cursor) < size) return fault(cursor, `${id} needs ${size} bytes, ${left(cursor)} are left`);
  const { stepMs, observedAtMs } = cursor;
  cursor.stepMs = null;
  if (stepMs !== null && size > 0) return takeSeries(cursor, id, size, decimals, stepMs);
  const bytes = take(cursor, size);
  const isCode = id.length === 2 && (first === STATUS || first === PASSWORD) && size !== 0 && decimals === 0;
  if (isCode && !(first === PASSWORD && readBcd(bytes).kind !== 'unreadable'))
    cursor.items.push({ id, observedAtMs, kind: 'text', text: hexOf(bytes) });
  else cursor.items.push(numberItem(id, bytes, decimals, observedAtMs));
  return undefined;
}

function takeObserved(cursor: Cursor): Sl651Fault | undefined {
  if (left(cursor) < 5) return fault(cursor, 'the observation time is cut off');
  cursor.observedAtMs = parseBeijing(hexOf(take(cursor, 5))) ?? null;
  cursor.stepMs = null;
  return undefined;
}

function takeElement(cursor: Cursor): Sl651Fault | undefined {
  const [first = 0, def = 0] = take(cursor, 2);
  const { observedAtMs } = cursor;
  if (first === OBSERVED && def === OBSERVED) return takeObserved(cursor);
  if (first === MANUAL && def === MANUAL) {
    const text = String.fromCharCode(...take(cursor, left(cursor)));
    cursor.items.push({ id: 'F2', observedAtMs, kind: 'text', text });
    return undefined;
  }
  if (first === PICTURE && def === PICTURE) {
    cursor.items.push({ id: 'F3', observedAtMs, kind: 'picture', bytes: take(cursor, left(cursor)) });
    return undefined;
  }
  if (first >= RAIN_HOUR && first <= LEVEL_HOUR_LAST) {
    cursor.stepMs = null;
    return takeHour(cursor, first);
  }
  if (first !== USER) return takeValue(cursor, hexByte(first), first, def);
  if (left(cursor) < 1) return fault(cursor, 'a user element has two bytes and its form');
  const [form = 0] = take(cursor, 1);
  return takeValue(cursor, `FF${hexByte(def)}`, first, form);
}

function takeAddress(cursor: Cursor, hasClass: boolean): Sl651Fault | undefined {
  if (!isDouble(cursor, ADDRESS)) return undefined;
  if (left(cursor) < 7) return fault(cursor, "the station's address is cut off");
  take(cursor, 7);
  const next = cursor.at + 1;
  if (!hasClass && !(cursor.bytes[next] === OBSERVED && cursor.bytes[next + 1] === OBSERVED)) return undefined;
  if (left(cursor) < 1) return fault(cursor, "the station's class is missing");
  cursor.stationClass = String.fromCharCode(...take(cursor, 1));
  return undefined;
}

const wordsOf = (bytes: Uint8Array): number[] =>
  Array.from(
    { length: bytes.length >> 1 },
    (_, at) => ((bytes[2 * at] as number) << 8) | (bytes[2 * at + 1] as number),
  );

function takeElements(cursor: Cursor, hasClass: boolean): Sl651Fault | undefined {
  const wrong = takeAddress(cursor, hasClass);
  if (wrong !== undefined) return wrong;
  while (left(cursor) > 0) {
    if (left(cursor) < 2) return fault(cursor, 'an element is cut off');
    const cut = takeElement(cursor);
    if (cut !== undefined) return cut;
  }
  return undefined;
}

/** The body of a HEX frame, or of the packets of one joined. A continuing packet has no head of its own. */
export function readHexBody(
  frame: Pick<Sl651Frame, 'func' | 'direction' | 'bodyAt'>,
  body: Uint8Array,
): Result<Sl651Report, Sl651Fault> {
  const cursor: Cursor = {
    ...{ bytes: body, base: frame.bodyAt, at: 0, observedAtMs: null, stepMs: null, stationClass: null, items: [] },
  };
  if (body.length < 8) return err(fault(cursor, 'the body needs serial and time, 8 bytes'));
  const [high = 0, low = 0] = take(cursor, 2);
  const sendTimeDigits = hexOf(take(cursor, 6));
  const kind = frame.direction === 'down' ? 'raw' : bodyKindOf(frame.func);
  let events: readonly number[] = [];
  if (kind === 'elements' || kind === 'bare') {
    const wrong = takeElements(cursor, kind === 'elements');
    if (wrong !== undefined) return err(wrong);
  } else if (kind !== 'times') {
    if (isDouble(cursor, ADDRESS)) take(cursor, 7);
    const rest = take(cursor, left(cursor));
    if (kind === 'events') events = wordsOf(rest);
    else if (rest.length > 0) cursor.items.push({ id: 'CFG', observedAtMs: null, kind: 'text', text: hexOf(rest) });
  }
  return ok({
    serial: high * 256 + low,
    sendTimeMs: parseBeijing(sendTimeDigits) ?? null,
    sendTimeDigits,
    stationClass: cursor.stationClass,
    items: cursor.items,
    events,
  });
}
