/**
 * The questions that are put to InfluxDB, as InfluxQL, which 1.x, 2.x and 3.x understand alike. Instants are written in
 * milliseconds; the server cuts what lies below, so that the places within a millisecond (docs/decisions/influx-schema.md)
 * order points and are never seen.
 */
import { measurementOf, READING_FIELDS } from '#model/influx.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';

const quoted = (name: string): string =>
  `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
const literal = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;

export const FIELDS = Object.values(READING_FIELDS);
const fieldList = FIELDS.map(quoted).join(', ');

/** Of a sensor whose quantity nobody knows any more, every measurement of the origin is looked through. */
const fromOf = (origin: Origin, quantity: QuantityCode | undefined): string =>
  quantity === undefined ? `/^${origin}_/` : quoted(measurementOf(origin, quantity));

/** Undefined: all of them. */
type Sensors = readonly SensorId[] | undefined;
const anyOf = (sensorIds: readonly SensorId[]): string =>
  `(${sensorIds.map((id) => `"sensor" = ${literal(id)}`).join(' OR ')})`;
const where = (...conditions: readonly (string | undefined)[]): string => {
  const given = conditions.filter((condition) => condition !== undefined);
  return given.length === 0 ? '' : ` WHERE ${given.join(' AND ')}`;
};
const among = (sensorIds: Sensors): string | undefined => (sensorIds === undefined ? undefined : anyOf(sensorIds));
const within = (fromMs: EpochMs, toMs: EpochMs): string => `time >= ${fromMs}ms AND time < ${toMs}ms`;

export type Series = { readonly origin: Origin; readonly quantity: QuantityCode | undefined };
type Stretch = { readonly fromMs: EpochMs; readonly toMs: EpochMs };

export function rangeQuery(
  { origin, quantity }: Series,
  sensorId: SensorId,
  { fromMs, toMs }: Stretch,
  order: { readonly limit: number; readonly newest: boolean },
): string {
  const limit = Number.isFinite(order.limit) ? ` LIMIT ${Math.max(0, Math.floor(order.limit))}` : '';
  return `SELECT ${fieldList} FROM ${fromOf(origin, quantity)}${where(anyOf([sensorId]), within(fromMs, toMs))} ORDER BY time ${order.newest ? 'DESC' : 'ASC'}${limit}`;
}

/** `offset` moves where buckets begin, as the county's day begins at another hour than that of UTC. */
export function bucketQuery(
  { origin, quantity }: Series,
  sensorIds: Sensors,
  { fromMs, toMs }: Stretch,
  width: { readonly stepMs: number; readonly offsetMs: number },
): string {
  const value = quoted(READING_FIELDS.value);
  const sums = ['count', 'min', 'max', 'sum', 'last'].map(
    (name) => `${name}(${value}) AS ${name === 'count' ? 'n' : name}`,
  );
  const counts = [READING_FIELDS.suspect, READING_FIELDS.bad].map((field) => `count(${quoted(field)}) AS ${field}`);
  const offset = width.offsetMs === 0 ? '' : `, ${width.offsetMs}ms`;
  return `SELECT ${[...sums, ...counts].map(aliased).join(', ')} FROM ${fromOf(origin, quantity)}${where(among(sensorIds), within(fromMs, toMs))} GROUP BY time(${width.stepMs}ms${offset}), "sensor" fill(none)`;
}
/** `min` and `last` are words of the language too. */
const aliased = (term: string): string => term.replace(/ AS (\w+)$/, ' AS "$1"');

export const latestQuery = ({ origin, quantity }: Series, sensorIds: Sensors): string =>
  `SELECT ${fieldList} FROM ${fromOf(origin, quantity)}${where(among(sensorIds))} GROUP BY "sensor" ORDER BY time DESC LIMIT 1`;

/** Every reading of a measurement in a stretch, series by series. */
export const allQuery = (measurement: string, { fromMs, toMs }: Stretch): string =>
  `SELECT ${fieldList} FROM ${quoted(measurement)} WHERE ${within(fromMs, toMs)} GROUP BY "sensor"`;

export const MEASUREMENTS_QUERY = 'SHOW MEASUREMENTS';
