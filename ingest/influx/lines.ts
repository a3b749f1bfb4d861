/**
 * Readings as line protocol: the tags of a sensor once, the fields and the instant of each reading. Nothing but whole
 * and decimal numbers can come out, exact to the quantity's last digit.
 */
import type { HistoryPoint } from '#model/history.ts';
import { measurementOf, READING_FIELDS, READING_TAGS, type ReadingTag } from '#model/influx.ts';
import { QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import { BAD_REASONS, flagBits, type Origin, type SensorId } from '#model/reading.ts';
import { type Registry, topicPlace } from '#model/registry.ts';

/** What a sensor's lines begin with, but for the origin. */
export type SensorPlace = {
  readonly quantity: QuantityCode;
  readonly tags: string;
  /** Its gateway's: what readings are that were stored before origins were kept. */
  readonly origin: Origin;
};
export type Places = ReadonlyMap<SensorId, SensorPlace>;

export function placesOf(registry: Pick<Registry, 'sensors' | 'points' | 'grids' | 'edges'>): Places {
  const grids = new Map<string, ReturnType<typeof topicPlace>>();
  const gridOf = (code: string) => {
    const known = grids.get(code) ?? topicPlace(registry, code);
    grids.set(code, known);
    return known;
  };
  const places = new Map<SensorId, SensorPlace>();
  for (const { id, pointId, edgeId, quantity } of registry.sensors.values()) {
    const place = gridOf(registry.points.get(pointId)?.gridCode ?? '');
    const tags: { readonly [tag in ReadingTag]: string } = { ...place, edge: edgeId, point: pointId, sensor: id };
    const text = READING_TAGS.map((tag) => `,${tag}=${escapeTag(tags[tag])}`).join('');
    places.set(id, { quantity, tags: text, origin: registry.edges.get(edgeId)?.origin ?? 'live' });
  }
  return places;
}

/** Line protocol: commas, equal signs and spaces of a tag's value are escaped; an empty one may not be, and no tag holds an end of line. */
export function escapeTag(text: string): string {
  const escaped = text.replace(/[\r\n]/g, ' ').replace(/[,= ]/g, '\\$&');
  // A backslash at the end would escape what follows it.
  return escaped === '' ? '-' : escaped.endsWith('\\') ? `${escaped}\\ ` : escaped;
}

/** Measurement and tags of one sensor's readings of one origin. */
export const prefixOf = (origin: Origin, place: SensorPlace): string =>
  measurementOf(origin, place.quantity) + place.tags;

const TAILS = [0, 1, 2, 3].map((decimals) =>
  Array.from({ length: 10 ** decimals }, (_, rest) =>
    decimals === 0 ? '' : `.${String(rest).padStart(decimals, '0')}`,
  ),
);

/** `formatSteps` for the writer's inner loop: the last digits come out of a table. */
export function decimalText(decimals: number, steps: number): string {
  const tails = TAILS[decimals];
  if (tails === undefined) throw new Error(`no quantity has ${decimals} decimals`);
  const amount = steps < 0 ? -steps : steps;
  const whole = Math.floor(amount / tails.length);
  return (steps < 0 ? '-' : '') + whole + tails[amount - whole * tails.length];
}

/** What a line says of one reading; `NaN` stands for a number that is not there. */
export type LineFields = {
  readonly value: number;
  readonly raw: number;
  readonly bits: number;
  /** −1 good, 2 suspect beside a value; the reason's index where there is none: as a batch bears it. */
  readonly code: number;
};
const { value: VALUE, suspect: SUSPECT, bad: BAD, raw: RAW, flags: FLAGS } = READING_FIELDS;

export function fieldsText(decimals: number, { value, raw, bits, code }: LineFields): string {
  let text = Number.isNaN(value)
    ? ` ${BAD}=${code + 1}i`
    : ` ${code < 0 ? VALUE : SUSPECT}=${decimalText(decimals, value)}`;
  if (!Number.isNaN(raw)) text += `,${RAW}=${raw}i`;
  if (bits !== 0) text += `,${FLAGS}=${bits}i`;
  return text;
}

const OFFSETS = 1_000_000;

/** Nanoseconds as text: no number holds them, and BigInt is slow. `offset` is 0 … 999,999. */
export const nsText = (atMs: number, offset: number): string =>
  atMs + (offset === 0 ? '000000' : String(OFFSETS + offset).slice(1));

const LAST_NS_MS = 9_223_372_036_854;
/** Before this day of 1970 no centre ran; instants keep their number of digits. */
const FIRST_MS = 1_000_000;

/** What InfluxDB could not hold; verified readings never are such, so this guards against whatever else writes lines. */
export function isWritable(atMs: number, { value, raw, code, bits }: LineFields): boolean {
  const isValueSound = Number.isNaN(value) ? code >= 0 && code < BAD_REASONS.length : Number.isSafeInteger(value);
  const isRawSound = Number.isNaN(raw) || Number.isSafeInteger(raw);
  const isTimeSound = Number.isSafeInteger(atMs) && atMs >= FIRST_MS && atMs < LAST_NS_MS;
  return isValueSound && isRawSound && isTimeSound && Number.isInteger(bits) && bits >= 0;
}

export function fieldsOf(point: HistoryPoint): LineFields {
  const { value = Number.NaN, raw = Number.NaN, quality, flags, reason } = point;
  const code = quality === 'good' ? -1 : quality === 'suspect' ? 2 : BAD_REASONS.indexOf(reason ?? 'timeout');
  return { value, raw, bits: flagBits(flags), code };
}

/** One point of history as a line without its end. */
export const lineOf = (origin: Origin, place: SensorPlace, point: HistoryPoint, offset: number): string =>
  `${prefixOf(origin, place)}${fieldsText(QUANTITIES[place.quantity].decimals, fieldsOf(point))} ${nsText(point.atMs, offset)}`;
