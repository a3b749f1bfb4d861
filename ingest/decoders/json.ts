/** JSON from outside: opened once, with a bound on depth, and places in it found by pointer (RFC 6901). */
import { ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import { type DecodeError, refuse } from './decoder.ts';

export type Fields = { readonly [key: string]: unknown };
export const isFields = (raw: unknown): raw is Fields => typeof raw === 'object' && raw !== null && !Array.isArray(raw);

const MAX_DEPTH = 12;

/** Deep nesting is nobody's measurement, and walking it would cost a stack. */
function isShallow(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter === '\\') at++;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === '{' || letter === '[') depth++;
    else if (letter === '}' || letter === ']') depth--;
    if (depth > MAX_DEPTH) return false;
  }
  return true;
}

export function parseJson(bytes: Uint8Array, offset = 0): Result<unknown, DecodeError> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('json', 'not UTF-8 text', offset);
  }
  if (!isShallow(text)) return refuse('json', `nested deeper than ${MAX_DEPTH}`, offset);
  try {
    return ok(JSON.parse(text) as unknown);
  } catch (cause) {
    return refuse('json', cause instanceof Error ? cause.message.slice(0, 120) : 'not JSON', offset);
  }
}

/** What a pointer names; undefined when it names nothing. Only own members count. */
export function resolvePointer(raw: unknown, pointer: string): unknown {
  if (pointer === '') return raw;
  if (!pointer.startsWith('/')) return undefined;
  let at: unknown = raw;
  for (const step of pointer.slice(1).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Fields)[key];
  }
  return at;
}

/** A value that stands for itself; objects and lists do not. */
export const isLeaf = (raw: unknown): raw is number | string | boolean | null =>
  raw === null || typeof raw === 'number' || typeof raw === 'string' || typeof raw === 'boolean';

const STAMP = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/;

/** An instant in ISO 8601; without a zone it is UTC. Undefined when it is none. */
export function parseStamp(raw: unknown): EpochMs | undefined {
  if (typeof raw !== 'string' || raw.length > 40) return undefined;
  const match = STAMP.exec(raw);
  if (match === null) return undefined;
  const [, date = '', time = '', fraction = '', zone = 'Z'] = match;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const atMs = Date.parse(`${date}T${time}.${`${fraction}000`.slice(0, 3)}${offset}`);
  return Number.isFinite(atMs) ? atMs : undefined;
}
