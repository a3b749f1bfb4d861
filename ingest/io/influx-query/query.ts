/** History's long questions put to InfluxDB: the same answers as from the embedded store, by InfluxQL over HTTP. */
import { dayEdges, foldDays, steadyOffset } from '#ingest/influx/query/days.ts';
import {
  allQuery,
  bucketQuery,
  latestQuery,
  MEASUREMENTS_QUERY,
  rangeQuery,
  type Series,
} from '#ingest/influx/query/influxql.ts';
import { bucketsOf, pointsOf, seriesKindOf } from '#ingest/influx/query/rows.ts';
import { RESOLUTION_MS } from '#model/bucket.ts';
import {
  type Bucket,
  type DayTally,
  type HistoryPoint,
  type HistoryQuery,
  HistoryUnreadError,
  type InfluxTarget,
} from '#model/history.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import type { Registry } from '#model/registry.ts';
import { createTally, type Tally } from '#model/tally.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '#model/time.ts';
import { openZoneDays } from '#model/zone-day.ts';
import { ASK_LIMITS, type Ask, type AskLimits, openAsk } from './ask.ts';

/** What the county's registry knows of sensors and days. */
export type QueryPlaces = () => {
  readonly sensors: ReadonlyMap<
    SensorId,
    Pick<Registry['sensors'] extends ReadonlyMap<string, infer S> ? S : never, 'quantity'>
  >;
  readonly county: Pick<Registry['county'], 'zone'>;
};

/** Sensors named in one question, whose text travels in the address; of very many all are asked for and those picked. */
const SENSORS_A_QUESTION = 50;
const SENSORS_NAMED = 2_000;
const MAX_BUCKETS = 3_000_000;
/** Days of one measurement read back at a time. */
const TALLY_DAYS = 31;
/** Every zone's clocks stand on a quarter of an hour. */
const QUARTER_MS = 15 * MINUTE_MS;
type Stretch = { readonly fromMs: EpochMs; readonly toMs: EpochMs };
type BucketAsk = Parameters<HistoryQuery['buckets']>[0];
type Buckets = Map<SensorId, readonly Bucket[]>;
type Named = {
  readonly series: Series;
  readonly sensorIds: readonly SensorId[] | undefined;
  readonly wanted: ReadonlySet<SensorId>;
};

/** By quantity, which is the measurement, in portions. */
function* portionsOf(
  sensorIds: readonly SensorId[],
  origin: Origin,
  places: ReturnType<QueryPlaces>,
): Generator<Named> {
  const groups = new Map<QuantityCode | undefined, SensorId[]>();
  for (const id of new Set(sensorIds)) {
    const quantity = places.sensors.get(id)?.quantity;
    const group = groups.get(quantity);
    if (group === undefined) groups.set(quantity, [id]);
    else group.push(id);
  }
  for (const [quantity, ids] of groups) {
    const series = { origin, quantity };
    const wanted = new Set(ids);
    if (ids.length > SENSORS_NAMED) yield { series, sensorIds: undefined, wanted };
    else
      for (let at = 0; at < ids.length; at += SENSORS_A_QUESTION)
        yield { series, sensorIds: ids.slice(at, at + SENSORS_A_QUESTION), wanted };
  }
}

async function readBuckets(ask: Ask, named: Named, stretch: Stretch, stepMs: number, offsetMs: number, into: Buckets) {
  const query = bucketQuery(named.series, named.sensorIds, stretch, { stepMs, offsetMs });
  for await (const series of ask(query)) {
    const id = series.tags['sensor'] ?? '';
    if (!named.wanted.has(id)) continue;
    into.set(id, [...(into.get(id) ?? []), ...bucketsOf(series, stepMs)]);
  }
}

function demandFew(sensors: number, { fromMs, toMs }: Stretch, stepMs: number): void {
  const buckets = sensors * Math.ceil((toMs - fromMs) / stepMs);
  if (buckets > MAX_BUCKETS)
    throw new HistoryUnreadError({
      kind: 'tooMuch',
      message: `up to ${buckets} buckets, at most ${MAX_BUCKETS}: ask for less or for longer ones`,
    });
}

/** Whole ones by the server where the county's clocks do not change, otherwise from quarters of an hour. */
async function readDays(ask: Ask, asked: BucketAsk, places: ReturnType<QueryPlaces>): Promise<Buckets> {
  const found: Buckets = new Map();
  const edges = dayEdges(openZoneDays(places.county.zone), asked.fromMs, asked.toMs);
  const [fromMs, toMs] = [edges[0], edges.at(-1)];
  if (fromMs === undefined || toMs === undefined) return found;
  const offset = steadyOffset(edges);
  const stepMs = offset === undefined ? QUARTER_MS : DAY_MS;
  demandFew(asked.sensorIds.length, { fromMs, toMs }, stepMs);
  for (const named of portionsOf(asked.sensorIds, asked.origin, places))
    await readBuckets(ask, named, { fromMs, toMs }, stepMs, offset ?? 0, found);
  if (offset === undefined) for (const [id, parts] of found) found.set(id, foldDays(parts, edges));
  return found;
}

async function readShort(
  ask: Ask,
  asked: BucketAsk,
  stepMs: number,
  places: ReturnType<QueryPlaces>,
): Promise<Buckets> {
  const found: Buckets = new Map();
  const up = (atMs: EpochMs): EpochMs => Math.ceil(atMs / stepMs) * stepMs;
  const stretch = { fromMs: up(asked.fromMs), toMs: up(asked.toMs) };
  if (stretch.fromMs >= stretch.toMs) return found;
  demandFew(asked.sensorIds.length, stretch, stepMs);
  for (const named of portionsOf(asked.sensorIds, asked.origin, places))
    await readBuckets(ask, named, stretch, stepMs, 0, found);
  return found;
}

/** Every reading that the stretch holds passes through; what stays is a count and a checksum a series and day. */
async function readTallies(ask: Ask, { fromMs, toMs }: Stretch): Promise<readonly DayTally[]> {
  const measurements: string[] = [];
  for await (const series of ask(MEASUREMENTS_QUERY))
    for (const [name] of series.values) if (typeof name === 'string') measurements.push(name);
  const found: DayTally[] = [];
  for (const measurement of measurements) {
    const kind = seriesKindOf(measurement);
    if (kind === undefined) continue;
    for (let from = fromMs; from < toMs; ) {
      const to = Math.min(toMs, (Math.floor(from / DAY_MS) + TALLY_DAYS) * DAY_MS);
      const days = new Map<string, { readonly sensorId: SensorId; readonly dayMs: EpochMs; readonly tally: Tally }>();
      for await (const series of ask(allQuery(measurement, { fromMs: from, toMs: to }))) {
        const sensorId = series.tags['sensor'] ?? '';
        for (const point of pointsOf(series)) {
          const dayMs = Math.floor(point.atMs / DAY_MS) * DAY_MS;
          const key = `${dayMs} ${sensorId}`;
          let day = days.get(key);
          if (day === undefined) {
            day = { sensorId, dayMs, tally: createTally() };
            days.set(key, day);
          }
          day.tally.add(point);
        }
      }
      for (const { sensorId, dayMs, tally } of days.values())
        found.push({ sensorId, origin: kind.origin, dayMs, n: tally.n(), checksum: tally.checksum() });
      from = to;
    }
  }
  return found;
}

async function readLatest(
  ask: Ask,
  sensorIds: readonly SensorId[],
  origin: Origin,
  places: ReturnType<QueryPlaces>,
): Promise<Map<SensorId, HistoryPoint>> {
  const found = new Map<SensorId, HistoryPoint>();
  for (const named of portionsOf(sensorIds, origin, places))
    for await (const series of ask(latestQuery(named.series, named.sensorIds))) {
      const id = series.tags['sensor'] ?? '';
      if (!named.wanted.has(id)) continue;
      const [point] = pointsOf(series);
      const known = found.get(id);
      if (point !== undefined && (known === undefined || point.atMs > known.atMs)) found.set(id, point);
    }
  return found;
}

export function openInfluxQuery(
  target: InfluxTarget,
  token: () => string | undefined,
  places: QueryPlaces,
  limits: AskLimits = ASK_LIMITS,
): HistoryQuery {
  const stopping = new AbortController();
  const ask = openAsk(target, token, stopping.signal, limits);
  return {
    range: async ({ sensorId, origin, fromMs, toMs, limit, newest = false }) => {
      if (limit <= 0 || fromMs >= toMs) return [];
      const series = { origin, quantity: places().sensors.get(sensorId)?.quantity };
      const points: HistoryPoint[] = [];
      for await (const piece of ask(rangeQuery(series, sensorId, { fromMs, toMs }, { limit, newest })))
        for (const point of pointsOf(piece)) points.push(point);
      return newest ? points.reverse() : points;
    },
    buckets: async (asked) =>
      asked.resolution === '1d'
        ? await readDays(ask, asked, places())
        : await readShort(ask, asked, RESOLUTION_MS[asked.resolution], places()),
    latest: async (sensorIds, origin) => await readLatest(ask, sensorIds, origin, places()),
    tallies: async (asked) => await readTallies(ask, asked),
    close: async () => {
      stopping.abort(new Error('closed'));
    },
  };
}
