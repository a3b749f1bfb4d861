/** Bodies of ASCII frames of SL 651-2014: the same elements under their letters, parted by spaces. */
import { err, ok, type Result } from '../../model/result.ts';
import { type EpochMs, MINUTE_MS } from '../../model/time.ts';
import type { Sl651Item, Sl651Report } from './body.ts';
import { SL651_ASCII_NAMES } from './elements.ts';
import type { Sl651Fault, Sl651Frame } from './frame.ts';
import { parseBeijing } from './time.ts';

type Token = { readonly text: string; readonly at: number };

type Cursor = {
  readonly tokens: readonly Token[];
  next: number;
  observedAtMs: EpochMs | null;
  stepMs: number | null;
  stationClass: string | null;
  readonly items: Sl651Item[];
};

const SAMPLES_AN_HOUR = 12;
const NUMBER = /^([+-]?)(\d{1,11})(?:\.(\d{1,5}))?$/;
/** "Missing" in the hydrological telegrams that these names come from, or all F as in HEX. */
const MISSING = /^(?:M|N|F+)$/;
const STEP = /^DR([DHN])(\d\d)$/;
const STEP_MS: { readonly [letter: string]: number } = { D: 1_440 * MINUTE_MS, H: 60 * MINUTE_MS, N: MINUTE_MS };

function tokensOf(text: string, base: number): Token[] {
  return [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], at: base + match.index }));
}

function valueItem(id: string, text: string, observedAtMs: EpochMs | null): Sl651Item {
  if (id === '45' && /^[0-9A-Fa-f]{8}$/.test(text)) return { id, observedAtMs, kind: 'text', text: text.toUpperCase() };
  if (MISSING.test(text)) return { id, observedAtMs, kind: 'missing' };
  const match = NUMBER.exec(text);
  if (match === null) return { id, observedAtMs, kind: 'unreadable', text };
  const [, sign = '', whole = '', part = ''] = match;
  const digits = Number(whole + part);
  if (!Number.isSafeInteger(digits)) return { id, observedAtMs, kind: 'unreadable', text };
  return { id, observedAtMs, kind: 'number', digits: sign === '-' ? -digits : digits, decimals: part.length };
}

/** DRP and DRZ1–8 keep their hexadecimal samples, two or four characters each. */
function takeHour(cursor: Cursor, id: string, token: Token): Sl651Fault | undefined {
  const width = id === 'F4' ? 2 : 4;
  if (token.text.length !== SAMPLES_AN_HOUR * width || !/^[0-9A-Fa-f]+$/.test(token.text))
    return { kind: 'body', offset: token.at, message: `${SAMPLES_AN_HOUR} samples of ${width} hexadecimal digits` };
  for (let index = 0; index < SAMPLES_AN_HOUR; index++) {
    const digits = Number.parseInt(token.text.slice(index * width, (index + 1) * width), 16);
    const observedAtMs = cursor.observedAtMs === null ? null : cursor.observedAtMs + index * 5 * MINUTE_MS;
    const isMissing = digits === 16 ** width - 1;
    cursor.items.push({
      ...{ id, observedAtMs },
      ...(isMissing ? { kind: 'missing' } : { kind: 'number', digits, decimals: width / 2 }),
    });
  }
  return undefined;
}

const nameOf = (token: Token): string | undefined =>
  SL651_ASCII_NAMES.get(token.text.toUpperCase()) ?? (/^FF[0-9A-F]{2}$/.test(token.text) ? token.text : undefined);

/** Values of one element: one, or after a time step all up to the next name. */
function takeValues(cursor: Cursor, id: string): Sl651Fault | undefined {
  const { stepMs, observedAtMs } = cursor;
  cursor.stepMs = null;
  const first = cursor.tokens[cursor.next];
  if (first === undefined) return undefined;
  if (id >= 'F4' && id.length === 2) {
    cursor.next++;
    return takeHour(cursor, id, first);
  }
  for (let index = 0; ; index++) {
    const token = cursor.tokens[cursor.next];
    if (token === undefined || (index > 0 && (stepMs === null || nameOf(token) !== undefined || token.text === 'TT')))
      return undefined;
    cursor.next++;
    const atMs = observedAtMs === null || stepMs === null ? observedAtMs : observedAtMs + index * stepMs;
    cursor.items.push(valueItem(id, token.text, atMs));
  }
}

function takeStation(cursor: Cursor): void {
  cursor.next++;
  const letter = cursor.tokens[cursor.next];
  if (letter !== undefined && /^[A-Z]$/.test(letter.text)) {
    cursor.stationClass = letter.text;
    cursor.next++;
  }
}

function takeToken(cursor: Cursor, token: Token, body: string, base: number): Sl651Fault | undefined {
  const { text, at } = token;
  cursor.next++;
  if (text === 'ST') {
    takeStation(cursor);
    return undefined;
  }
  if (text === 'TT') {
    cursor.observedAtMs = parseBeijing(cursor.tokens[cursor.next++]?.text ?? '') ?? null;
    cursor.stepMs = null;
    return undefined;
  }
  if (text === 'RGZS') {
    const rest = body.slice(at - base + text.length + 1);
    cursor.items.push({ id: 'F2', observedAtMs: cursor.observedAtMs, kind: 'text', text: rest });
    cursor.next = cursor.tokens.length;
    return undefined;
  }
  const step = STEP.exec(text);
  if (step !== null) {
    cursor.stepMs = (STEP_MS[step[1] ?? ''] ?? 0) * Number(step[2]) || null;
    cursor.items.push({ id: '04', observedAtMs: cursor.observedAtMs, kind: 'text', text });
    return undefined;
  }
  const id = nameOf(token);
  return id === undefined
    ? { kind: 'body', offset: at, message: `${text.slice(0, 20)} is no element` }
    : takeValues(cursor, id);
}

/** Serial (four characters), time (twelve), then names and values. */
export function readAsciiBody(frame: Pick<Sl651Frame, 'bodyAt'>, bytes: Uint8Array): Result<Sl651Report, Sl651Fault> {
  let body = '';
  for (const byte of bytes) body += String.fromCharCode(byte);
  const head = /^([0-9A-Fa-f]{4}) ?(\d{12})(?= |$)/.exec(body);
  if (head === null)
    return err({
      kind: 'body',
      offset: frame.bodyAt,
      message: 'the body begins with serial and time, 4 and 12 digits',
    });
  const [whole, serial = '', sendTimeDigits = ''] = head;
  const base = frame.bodyAt + whole.length;
  const rest = body.slice(whole.length);
  const cursor: Cursor = {
    ...{ tokens: tokensOf(rest, base), next: 0, observedAtMs: null, stepMs: null, stationClass: null, items: [] },
  };
  for (let token = cursor.tokens[0]; token !== undefined; token = cursor.tokens[cursor.next]) {
    const wrong = takeToken(cursor, token, rest, base);
    if (wrong !== undefined) return err(wrong);
  }
  const { stationClass, items } = cursor;
  const sendTimeMs = parseBeijing(sendTimeDigits) ?? null;
  return ok({ serial: Number.parseInt(serial, 16), sendTimeMs, sendTimeDigits, stationClass, items, events: [] });
}
