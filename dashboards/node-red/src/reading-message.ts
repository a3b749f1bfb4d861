/** Decides which readings enter a flow, and how one looks as a message: without a value there is no payload, never a 0. */
import { fromSteps, isQuantityCode, QUANTITIES } from '../../../model/quantity.ts';
import { parseTopic } from '../../../model/topics.ts';
import { liesIn } from './alert-change.ts';
import { isFields } from './link.ts';
import type { Message } from './red.ts';

/** A reading as the console says it, with its place. */
export type ReadingIn = {
  readonly sensorId: string;
  readonly pointId: string;
  readonly gridCode: string;
  readonly quantity: string;
  readonly unit: string;
  readonly atMs: number;
  readonly quality: 'good' | 'suspect' | 'bad';
  readonly value?: number;
  readonly reason?: string;
  /** Null where the source does not say it: over MQTT, until the console has been asked. */
  readonly origin: string | null;
  readonly flags: readonly string[];
};
export type ReadingFilter = {
  readonly grids: readonly string[];
  readonly points: readonly string[];
  readonly sensors: readonly string[];
  readonly quantities: readonly string[];
  readonly origins: readonly string[];
};
/** What the console knows of a sensor. */
export type SensorFacts = {
  readonly quantity: string;
  readonly unit: string;
  readonly pointId: string;
  readonly gridCode: string;
  readonly origin: string | null;
};
export type SensorTable = ReadonlyMap<string, SensorFacts>;

const QUALITIES = ['good', 'suspect', 'bad'] as const;
const textsOf = (raw: unknown): readonly string[] =>
  Array.isArray(raw) ? raw.filter((one): one is string => typeof one === 'string') : [];
const anyOr = (names: readonly string[], name: string): boolean => names.length === 0 || names.includes(name);

export const isWantedReading = (filter: ReadingFilter, reading: ReadingIn): boolean =>
  liesIn(reading.gridCode, filter.grids) &&
  anyOr(filter.points, reading.pointId) &&
  anyOr(filter.sensors, reading.sensorId) &&
  anyOr(filter.quantities, reading.quantity) &&
  reading.origin !== null &&
  filter.origins.includes(reading.origin);

/** The common facts of a reading from either source; undefined when it is none. */
function parseCommon(raw: unknown) {
  if (!isFields(raw)) return undefined;
  const quality = QUALITIES.find((one) => one === raw['quality']);
  if (quality === undefined) return undefined;
  const { value, reason } = raw;
  // Quality and value are one: what is bad has none, what is not bad has one.
  const isThere = quality !== 'bad' && typeof value === 'number' && Number.isFinite(value);
  if (quality !== 'bad' && !isThere) return undefined;
  return {
    quality,
    ...(isThere ? { value } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    flags: textsOf(raw['flags']),
  };
}

/** The readings of a `state` event of the console's stream. */
export function readStateEvent(data: unknown): readonly ReadingIn[] {
  if (!isFields(data) || !Array.isArray(data['readings'])) return [];
  const { pointId, gridCode } = data;
  if (typeof pointId !== 'string' || typeof gridCode !== 'string') return [];
  return data['readings'].flatMap((raw: unknown): readonly ReadingIn[] => {
    const common = parseCommon(raw);
    if (common === undefined || !isFields(raw)) return [];
    const { sensorId, quantity, unit, measuredAtMs, origin } = raw;
    if (typeof sensorId !== 'string' || typeof quantity !== 'string' || typeof measuredAtMs !== 'number') return [];
    const more = { unit: String(unit ?? ''), atMs: measuredAtMs, origin: typeof origin === 'string' ? origin : null };
    return [{ sensorId, pointId, gridCode, quantity, ...more, ...common }];
  });
}

/** The readings of a `…/state` message of MQTT, whose values are whole steps; `unknown` names sensors that the table lacks. */
export function readStateTopic(
  topic: string,
  payload: string,
  table: SensorTable,
): { readonly readings: readonly ReadingIn[]; readonly unknown: readonly string[] } {
  const parsed = parseTopic(topic);
  const body = parsed.ok && parsed.value.kind === 'grid' ? parseJson(payload) : undefined;
  if (!isFields(body) || !isFields(body['sensors'])) return { readings: [], unknown: [] };
  const unknown: string[] = [];
  const readings = Object.entries(body['sensors']).flatMap(([sensorId, raw]): readonly ReadingIn[] => {
    const common = parseCommon(raw);
    if (common === undefined || !isFields(raw) || typeof raw['atMs'] !== 'number') return [];
    const facts = table.get(sensorId);
    if (facts === undefined || facts.origin === null || !isQuantityCode(facts.quantity)) {
      unknown.push(sensorId);
      return [];
    }
    const { quantity, pointId, gridCode, origin } = facts;
    const { value, ...rest } = common;
    const inUnit = value === undefined ? {} : { value: fromSteps(quantity, value) };
    const unit = QUANTITIES[quantity].unit;
    return [{ sensorId, pointId, gridCode, quantity, unit, atMs: raw['atMs'], origin, ...rest, ...inUnit }];
  });
  return { readings, unknown };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Good and suspect values have a payload; a missing one has none, and stands on the second output. */
export function messageOfReading(reading: ReadingIn): Message {
  const { value, ...facts } = reading;
  return {
    topic: `reading/${reading.gridCode}/${reading.pointId}/${reading.sensorId}`,
    ...(value === undefined ? {} : { payload: value }),
    reading: value === undefined ? facts : { ...facts, value },
  };
}

/** Lets a reading through when it is newer than the sensor's last one: a point's message repeats all of its sensors. */
export function createNewestOnly(): (reading: ReadingIn) => boolean {
  const last = new Map<string, string>();
  const newest = new Map<string, number>();
  return ({ sensorId, atMs, quality, value, reason }) => {
    const before = newest.get(sensorId) ?? Number.NEGATIVE_INFINITY;
    const said = `${atMs}|${quality}|${String(value)}|${String(reason)}`;
    if (atMs < before || last.get(sensorId) === said) return false;
    newest.set(sensorId, atMs);
    last.set(sensorId, said);
    return true;
  };
}
