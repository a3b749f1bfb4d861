/**
 * Decides whether a message may ask for a broadcast, and as what. A drill may only become a drill. Anything else needs
 * somebody's confirmation of exactly these words, given just now; a flow by itself never speaks to the people.
 */
import { isLevel } from '../../../model/level.ts';
import { err, ok, type Result } from '../../../model/result.ts';
import type { Text } from '../../../model/text.ts';
import { isFields } from './link.ts';
import type { Message } from './red.ts';

export type BroadcastWish = {
  readonly kind: 'drill' | 'warning';
  readonly body: { readonly [key: string]: unknown };
  /** What is done once; empty when the message has no identity. */
  readonly key: string;
  /** Who confirmed it; null for a drill. */
  readonly by: string | null;
};
export type BroadcastLimits = { readonly nowMs: number; readonly confirmedWithinMs: number };

const MAX_LENGTH_MS = 24 * 3_600_000;
const LEAST_LENGTH_MS = 5 * 60_000;
const MAX_AHEAD_MS = 60_000;
const CODE = /^[0-9A-Za-z_-]{1,64}$/;
const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

function instantOf(raw: unknown): number | undefined {
  if (typeof raw === 'number') return Number.isSafeInteger(raw) && raw > 1e11 ? raw : undefined;
  return typeof raw === 'string' && WITH_OFFSET.test(raw) ? Date.parse(raw) : undefined;
}

function readText(raw: unknown): Text | undefined {
  if (typeof raw === 'string') return { zh: raw.trim(), en: raw.trim() };
  if (!isFields(raw) || typeof raw['zh'] !== 'string') return undefined;
  const en = typeof raw['en'] === 'string' ? raw['en'].trim() : '';
  return { zh: raw['zh'].trim(), en: en === '' ? raw['zh'].trim() : en };
}

const NOTHING: Text = { zh: '', en: '' };
const optional = (raw: unknown): Text | undefined => (raw === undefined ? NOTHING : readText(raw));

/** The words that are confirmed: headline, description and instruction in Chinese, a line each. */
export const wordsOf = (texts: readonly Text[]): string =>
  texts
    .map(({ zh }) => zh)
    .filter((zh) => zh !== '')
    .join('\n');

/** Which of the county's own rows the message is about; undefined when it is about none. */
function originOf(message: Message): unknown {
  const { alert, reading, origin } = message;
  return (
    origin ?? [alert, reading].flatMap((one) => (isFields(one) ? [one['origin']] : [])).find((one) => one !== undefined)
  );
}

const keyOf = (message: Message): string => {
  const id = message['broadcastId'] ?? message._msgid;
  return typeof id === 'string' ? id : '';
};

function readGrids(payload: { readonly [key: string]: unknown }): readonly string[] | undefined {
  const raw = payload['grids'] ?? payload['grid'];
  const grids: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  const codes = grids.filter((code): code is string => typeof code === 'string' && CODE.test(code));
  return codes.length > 0 && codes.length === grids.length && new Set(codes).size === codes.length ? codes : undefined;
}

type Confirmed = { readonly by: string; readonly atMs: number };

function readConfirmation(raw: unknown, words: string, limits: BroadcastLimits): Result<Confirmed, string> {
  if (!isFields(raw)) return err('confirmed: neither a drill nor confirmed by anybody: {by, at, text}');
  const { by, at, text } = raw;
  if (typeof by !== 'string' || by.trim() === '' || by.length > 100) return err('confirmed.by: who confirmed it');
  const atMs = instantOf(at);
  if (atMs === undefined) return err('confirmed.at: ISO 8601 with an offset, or epoch milliseconds');
  if (atMs > limits.nowMs + MAX_AHEAD_MS) return err('confirmed.at: lies in the future');
  if (atMs < limits.nowMs - limits.confirmedWithinMs)
    return err(`confirmed.at: longer ago than ${Math.round(limits.confirmedWithinMs / 60_000)} minutes`);
  if (text !== words) return err('confirmed.text: not the words that would be said');
  return ok({ by: by.trim(), atMs });
}

function readExpiry(payload: { readonly [key: string]: unknown }, nowMs: number): Result<string, string> {
  const { expires, minutes } = payload;
  const atMs = typeof minutes === 'number' && Number.isFinite(minutes) ? nowMs + minutes * 60_000 : instantOf(expires);
  if (atMs === undefined) return err('expires: an instant with an offset; or minutes');
  if (atMs < nowMs + LEAST_LENGTH_MS || atMs > nowMs + MAX_LENGTH_MS)
    return err('expires: 5 minutes to 24 hours from now');
  return ok(new Date(atMs).toISOString());
}

function readWarning(message: Message, limits: BroadcastLimits): Result<BroadcastWish, string> {
  const { payload } = message;
  if (!isFields(payload)) return err('payload: {hazard, headline, level, grids, expires}');
  const headline = readText(payload['headline']);
  const description = optional(payload['description']);
  const instruction = optional(payload['instruction']);
  if (headline === undefined || headline.zh === '') return err('headline: a text');
  if (description === undefined || instruction === undefined) return err('description, instruction: texts');
  const grids = readGrids(payload);
  if (grids === undefined) return err('grids: codes of grids, each once');
  const { level, hazard } = payload;
  if (!isLevel(level)) return err('level: blue, yellow, orange or red');
  if (typeof hazard !== 'string' || !/^[A-Za-z-]{1,40}$/.test(hazard)) return err('hazard: its kind, or other');
  const expires = readExpiry(payload, limits.nowMs);
  if (!expires.ok) return expires;
  const confirmed = readConfirmation(message['confirmed'], wordsOf([headline, description, instruction]), limits);
  if (!confirmed.ok) return confirmed;
  const { by, atMs } = confirmed.value;
  const note = `${by} 于 ${new Date(atMs).toISOString()} 确认（Node-RED）`;
  const areas = grids.map((grid) => ({ grid, level }));
  const body = { hazard, headline, description, instruction, expires: expires.value, areas, note };
  return ok({ kind: 'warning', body, key: keyOf(message), by });
}

function readDrill(message: Message): Result<BroadcastWish, string> {
  const { payload } = message;
  if (!isFields(payload)) return err('payload: {name, grid, point, hazard, level, reason, minutes}');
  const name = readText(payload['name'] ?? payload['headline']);
  if (name === undefined || name.zh === '') return err('name: a text');
  const { grid, point, hazard, level } = payload;
  const reason = readText(payload['reason'] ?? payload['headline'] ?? payload['name']);
  if (typeof grid !== 'string' || !CODE.test(grid)) return err('grid: the code of the grid that drills');
  const minutes = payload['minutes'] ?? 60;
  if (typeof minutes !== 'number' || !(minutes >= 5 && minutes <= 1_440)) return err('minutes: 5 to 1440');
  const isGivenSteps = Array.isArray(payload['steps']);
  if (
    !isGivenSteps &&
    (typeof point !== 'string' || typeof hazard !== 'string' || !isLevel(level) || reason === undefined)
  )
    return err('steps: a list, or point, hazard, level and reason');
  const steps = isGivenSteps ? payload['steps'] : [{ afterMs: 0, point, hazard, level, reason }];
  // Real sirens sound in a drill only where the message says so in so many words; the drill's plan keeps it.
  const broadcast = payload['broadcast'] === true;
  const body = { name, grid, broadcast, endsAfterMs: Math.round(minutes * 60_000), steps, note: '演练（Node-RED）' };
  return ok({ kind: 'drill', body, key: keyOf(message), by: null });
}

export function readBroadcast(message: Message, limits: BroadcastLimits): Result<BroadcastWish, string> {
  const origin = originOf(message);
  if (message['drill'] === true || origin === 'drill')
    return message['drill'] === true
      ? readDrill(message)
      : err('drill: what comes of a drill may only be a drill (msg.drill)');
  if (origin !== undefined && origin !== 'live')
    return err(`origin: what is ${typeof origin === 'string' ? origin : 'of no origin'} is never said to anybody`);
  return readWarning(message, limits);
}
