/**
 * Line protocol as the servers read it, byte by byte (InfluxData's decoder of 2.x and 3.x, whose corpus proves this one):
 * what our writer sends is judged by the format's own rules, never by our encoder's idea of them.
 */

export type FieldValue =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int' | 'uint'; readonly value: bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string };
export type Point = {
  readonly name: string;
  /** Sorted by key, as they are stored. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly fields: readonly (readonly [key: string, value: FieldValue])[];
  readonly timeNs: bigint;
};
/** One entry of a body: a point, or what is wrong with it. Lines count from 1. */
export type Entry =
  | { readonly ok: true; readonly line: number; readonly point: Point }
  | { readonly ok: false; readonly line: number; readonly text: string; readonly message: string };

export type ReadOptions = {
  /** Nanoseconds that one unit of a line's time stands for. */
  readonly unitNs: bigint;
  /** Of a line without a time. */
  readonly defaultNs: bigint;
};

const codeOf = (char: string): number => char.charCodeAt(0);
const setOf = (chars: string): ReadonlySet<number> => new Set([...chars].map(codeOf));
const [NEWLINE, RETURN, SPACE, COMMA, EQUALS, QUOTE, BACKSLASH, HASH] = [...'\n\r ,="\\#'].map(codeOf) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];
const WHITESPACE = setOf(' \r\n');
const MEASUREMENT_END = setOf(', ');
const KEY_END = setOf(',= ');
const TAG_VALUE_END = setOf(',= \r\n');
const isControl = (byte: number): boolean => byte < 32 || byte === 127;

/** What a backslash before a byte stands for; before any other byte it is a backslash. */
const same = (chars: string): ReadonlyMap<number, number> =>
  new Map([...chars].map((char) => [codeOf(char), codeOf(char)]));
const MEASUREMENT_ESCAPES = same(' ,');
const KEY_ESCAPES = same(',= ');
const STRING_ESCAPES = same('"\\');

const MAX_INT = 2n ** 63n - 1n;
const MAX_UINT = 2n ** 64n - 1n;
const isInt64 = (value: bigint): boolean => value <= MAX_INT && value >= -MAX_INT - 1n;
const TRUE = new Set(['t', 'T', 'true', 'True', 'TRUE']);
const FALSE = new Set(['f', 'F', 'false', 'False', 'FALSE']);
const FLOAT = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The line cannot be read; what is wrong with it is for the answer to the client. */
class Unreadable extends Error {}
const refuse = (message: string): never => {
  throw new Unreadable(message);
};

type Cursor = { readonly bytes: Uint8Array; at: number; line: number };

const peek = (cursor: Cursor): number | undefined => cursor.bytes[cursor.at];
function skip(cursor: Cursor, byte: number): void {
  while (peek(cursor) === byte) cursor.at++;
}
function textOf(bytes: Uint8Array | readonly number[]): string {
  try {
    return utf8.decode(bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes));
  } catch {
    return refuse('invalid utf-8 sequence');
  }
}
function take(cursor: Cursor, isIn: (byte: number) => boolean): Uint8Array {
  const from = cursor.at;
  for (let byte = peek(cursor); byte !== undefined && isIn(byte); byte = peek(cursor)) cursor.at++;
  return cursor.bytes.subarray(from, cursor.at);
}

/** Takes bytes up to one that ends the token, with escapes resolved. */
function takeToken(cursor: Cursor, ends: (byte: number) => boolean, escapes: ReadonlyMap<number, number>): string {
  const taken: number[] = [];
  for (let byte = peek(cursor); byte !== undefined; byte = peek(cursor)) {
    const escaped = byte === BACKSLASH ? escapes.get(cursor.bytes[cursor.at + 1] ?? -1) : undefined;
    if (escaped !== undefined) {
      taken.push(escaped);
      if (cursor.bytes[cursor.at + 1] === NEWLINE) cursor.line++;
      cursor.at += 2;
      continue;
    }
    if (byte !== BACKSLASH && ends(byte)) break;
    if (byte === NEWLINE) cursor.line++;
    taken.push(byte);
    cursor.at++;
  }
  return textOf(taken);
}

/** True when the line ends here; its end is consumed. */
function takeLineEnd(cursor: Cursor): boolean {
  const byte = peek(cursor);
  const next = cursor.bytes[cursor.at + 1];
  if (byte === undefined) return true;
  if (byte === RETURN && (next === undefined || next === NEWLINE)) cursor.at++;
  else if (byte !== NEWLINE) return false;
  if (peek(cursor) === NEWLINE) {
    cursor.at++;
    cursor.line++;
  }
  return true;
}

function skipEmptyLines(cursor: Cursor): void {
  for (;;) {
    const from = cursor.at;
    skip(cursor, SPACE);
    const byte = peek(cursor);
    if (byte === HASH) {
      take(cursor, (each) => !isControl(each));
      if (takeLineEnd(cursor)) continue;
      cursor.at = from; // The comment holds something that may not stand there; the reader of the name says so.
      return;
    }
    if (byte === undefined || !takeLineEnd(cursor)) return;
  }
}

function demandTag(cursor: Cursor): void {
  if (peek(cursor) !== COMMA) return;
  cursor.at++;
  const byte = peek(cursor);
  if (byte === undefined || WHITESPACE.has(byte)) refuse('expected tag key after comma');
}

function readName(cursor: Cursor): string {
  const name = takeToken(cursor, (byte) => MEASUREMENT_END.has(byte) || isControl(byte), MEASUREMENT_ESCAPES);
  if (name === '') refuse('invalid character found at start of measurement name');
  if (name.startsWith('#')) refuse('invalid character found in comment line');
  demandTag(cursor);
  return name;
}

const takeKey = (cursor: Cursor): string =>
  takeToken(cursor, (byte) => KEY_END.has(byte) || isControl(byte), KEY_ESCAPES);

function readTags(cursor: Cursor): [string, string][] {
  const tags: [string, string][] = [];
  while (peek(cursor) !== SPACE) {
    const key = takeKey(cursor);
    if (key === '' || peek(cursor) !== EQUALS) refuse(`expected tag key or field, or '=' after tag key "${key}"`);
    cursor.at++;
    const value = takeToken(cursor, (byte) => TAG_VALUE_END.has(byte), KEY_ESCAPES);
    if (value === '') refuse(`expected tag value after tag key "${key}", but none found`);
    tags.push([key, value]);
    if (peek(cursor) === undefined) return tags;
    demandTag(cursor);
  }
  skip(cursor, SPACE);
  return tags;
}

function readWhole(digits: string, kind: 'int' | 'uint'): FieldValue {
  if (!(kind === 'int' ? /^-?\d+$/ : /^\d+$/).test(digits)) refuse(`invalid ${kind} value syntax`);
  const value = BigInt(digits);
  if (kind === 'int' ? !isInt64(value) : value > MAX_UINT) refuse('line-protocol value out of range');
  return { kind, value };
}

function readNumber(text: string): FieldValue {
  if (text.endsWith('i')) return readWhole(text.slice(0, -1), 'int');
  if (text.endsWith('u')) return readWhole(text.slice(0, -1), 'uint');
  if (!FLOAT.test(text)) refuse('invalid float value syntax');
  const value = Number(text);
  if (!Number.isFinite(value)) refuse('line-protocol value out of range');
  return { kind: 'float', value };
}

function readValue(cursor: Cursor): FieldValue {
  const first = peek(cursor);
  if (first === undefined) return refuse('expected field value, found end of input');
  if (first === QUOTE) {
    cursor.at++;
    const value = takeToken(cursor, (byte) => byte === QUOTE, STRING_ESCAPES);
    if (peek(cursor) !== QUOTE) refuse('expected closing quote for string field value, found end of input');
    cursor.at++;
    return { kind: 'string', value };
  }
  const isBool = /[tTfF]/.test(String.fromCharCode(first));
  if (!isBool && !/[-.0-9]/.test(String.fromCharCode(first))) return refuse('field value has unrecognized type');
  const text = Buffer.from(take(cursor, (byte) => byte !== COMMA && !WHITESPACE.has(byte))).toString('latin1');
  if (!isBool) return readNumber(text);
  if (!TRUE.has(text) && !FALSE.has(text)) refuse(`invalid bool value ${JSON.stringify(text)}`);
  return { kind: 'bool', value: TRUE.has(text) };
}

/** `ended`: the line was at its end after the last field. */
function readFields(cursor: Cursor): { readonly fields: [string, FieldValue][]; readonly ended: boolean } {
  const fields: [string, FieldValue][] = [];
  for (;;) {
    const key = takeKey(cursor);
    if (key === '') refuse('expected field key but none found');
    if (peek(cursor) !== EQUALS) refuse(`want '=' after field key "${key}"`);
    cursor.at++;
    fields.push([key, readValue(cursor)]);
    const next = peek(cursor);
    if (next === COMMA) {
      cursor.at++;
      continue;
    }
    if (next !== undefined && !WHITESPACE.has(next)) refuse('unexpected character after field');
    skip(cursor, SPACE);
    return { fields, ended: takeLineEnd(cursor) };
  }
}

function readTime(cursor: Cursor, { unitNs, defaultNs }: ReadOptions): bigint {
  const digits = Buffer.from(take(cursor, (byte) => /[-0-9]/.test(String.fromCharCode(byte)))).toString('latin1');
  const next = peek(cursor);
  if (next !== undefined && !WHITESPACE.has(next)) refuse('invalid timestamp');
  skip(cursor, SPACE);
  if (!takeLineEnd(cursor)) refuse('unexpected text after timestamp');
  if (digits === '') return defaultNs - (defaultNs % unitNs);
  if (!/^-?\d+$/.test(digits)) refuse('invalid timestamp: invalid syntax');
  const time = BigInt(digits);
  if (!isInt64(time) || !isInt64(time * unitNs)) refuse('invalid timestamp: line-protocol value out of range');
  return time * unitNs;
}

function readPoint(cursor: Cursor, options: ReadOptions): Point {
  const name = readName(cursor);
  const tags = readTags(cursor).sort(([a], [b]) => (a < b ? -1 : 1));
  const twice = tags.find(([key], index) => tags[index - 1]?.[0] === key);
  const { fields, ended } = readFields(cursor);
  const timeNs = ended ? options.defaultNs - (options.defaultNs % options.unitNs) : readTime(cursor, options);
  if (twice !== undefined) refuse(`duplicate tag key "${twice[0]}"`);
  return { name, tags, fields, timeNs };
}

/** Every entry of a body; an unreadable line does not take those behind it with it. */
export function readLines(bytes: Uint8Array, options: ReadOptions): readonly Entry[] {
  const cursor: Cursor = { bytes, at: 0, line: 1 };
  const entries: Entry[] = [];
  for (;;) {
    skipEmptyLines(cursor);
    if (peek(cursor) === undefined) return entries;
    const { at, line } = cursor;
    try {
      entries.push({ ok: true, line, point: readPoint(cursor, options) });
    } catch (cause) {
      if (!(cause instanceof Unreadable)) throw cause;
      const isAtLineStart = cursor.at > at && bytes[cursor.at - 1] === NEWLINE;
      if (!isAtLineStart) {
        take(cursor, (byte) => byte !== NEWLINE);
        takeLineEnd(cursor);
      }
      const text = Buffer.from(bytes.subarray(at, cursor.at)).toString('utf8').trimEnd();
      entries.push({ ok: false, line, text, message: cause.message });
    }
  }
}
