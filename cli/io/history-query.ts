/**
 * History for the console: the embedded store, and for what that one no longer keeps the county's InfluxDB. Each reading
 * and each bucket comes from one of them; when InfluxDB is asked and away, the question fails and nothing is passed off as a gap.
 */
import { influxTargetOf, openToken } from '#cli/io/influx-target.ts';
import { openHistoryQuery } from '#ingest/io/history-query.ts';
import { openInfluxQuery } from '#ingest/io/influx-query/query.ts';
import type { Bucket, HistoryPoint, HistoryQuery, Resolution, Retention } from '#model/history.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import type { Registry, RegistryPort } from '#model/registry.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';

/** What is removed goes by whole chunks and days: so much later the embedded store holds everything for certain. */
const MARGIN_MS = 2 * DAY_MS;

export type HistoryStores = {
  readonly embedded: HistoryQuery;
  readonly influx: HistoryQuery;
  readonly retention: Retention;
  readonly nowMs: () => EpochMs;
};

type RangeAsk = Parameters<HistoryQuery['range']>[0];

/** From when on the embedded store is asked. */
const edgeOf = ({ retention, nowMs }: HistoryStores, kept: 'rawMs' | Resolution): EpochMs => {
  // Summaries are kept at least as long as the readings that they are of.
  const keptMs =
    kept === 'rawMs' || retention[kept] === 0 ? retention[kept] : Math.max(retention[kept], retention.rawMs);
  const isForEver = keptMs === 0 || (kept !== 'rawMs' && retention.rawMs === 0);
  return isForEver ? Number.NEGATIVE_INFINITY : nowMs() - keptMs + MARGIN_MS;
};

async function readRange(stores: HistoryStores, ask: RangeAsk): Promise<readonly HistoryPoint[]> {
  const edge = edgeOf(stores, 'rawMs');
  const { embedded, influx } = stores;
  if (ask.fromMs >= edge) return await embedded.range(ask);
  if (ask.toMs <= edge) return await influx.range(ask);
  const [early, late] = [
    { ...ask, toMs: edge },
    { ...ask, fromMs: edge },
  ];
  // The end that is wanted first; the other only for what is left of the limit.
  const first = await (ask.newest === true ? embedded.range(late) : influx.range(early));
  const limit = ask.limit - first.length;
  if (limit <= 0) return first;
  if (ask.newest === true) return [...(await influx.range({ ...early, limit })), ...first];
  return [...first, ...(await embedded.range({ ...late, limit }))];
}

async function readBuckets(
  stores: HistoryStores,
  ask: Parameters<HistoryQuery['buckets']>[0],
): Promise<ReadonlyMap<SensorId, readonly Bucket[]>> {
  const edge = edgeOf(stores, ask.resolution);
  if (ask.fromMs >= edge) return await stores.embedded.buckets(ask);
  if (ask.toMs <= edge) return await stores.influx.buckets(ask);
  const [early, late] = await Promise.all([
    stores.influx.buckets({ ...ask, toMs: edge }),
    stores.embedded.buckets({ ...ask, fromMs: edge }),
  ]);
  const joined = new Map(early);
  for (const [id, buckets] of late) joined.set(id, [...(joined.get(id) ?? []), ...buckets]);
  return joined;
}

async function readLatest(
  stores: HistoryStores,
  ...[sensorIds, origin]: Parameters<HistoryQuery['latest']>
): Promise<ReadonlyMap<SensorId, HistoryPoint>> {
  const found = await stores.embedded.latest(sensorIds, origin);
  const silent = sensorIds.filter((id) => !found.has(id));
  if (silent.length === 0 || edgeOf(stores, 'rawMs') === Number.NEGATIVE_INFINITY) return found;
  return new Map([...found, ...(await stores.influx.latest(silent, origin))]);
}

/** Tallies are the embedded store's own: they compare stores, and must not be mixed. */
export const joinHistories = (stores: HistoryStores): HistoryQuery => ({
  range: (ask) => readRange(stores, ask),
  buckets: (ask) => readBuckets(stores, ask),
  latest: (sensorIds, origin) => readLatest(stores, sensorIds, origin),
  tallies: (ask) => stores.embedded.tallies(ask),
  close: async () => {
    await Promise.all([stores.embedded.close(), stores.influx.close()]);
  },
});

const originOfSensor = ({ sensors, edges }: Registry, sensorId: SensorId): Origin | undefined =>
  edges.get(sensors.get(sensorId)?.edgeId ?? '')?.origin;

/** Which stores there are is what the county said at the start; another InfluxDB takes force with the next one. */
export function openCountyHistory(
  dataDir: string,
  registry: RegistryPort,
  countyDir: string | undefined,
  nowMs: () => EpochMs,
): HistoryQuery {
  const { county, history } = registry.current();
  const embedded = openHistoryQuery(dataDir, {
    zone: county.zone,
    originOf: (sensorId) => originOfSensor(registry.current(), sensorId),
  });
  const target = countyDir === undefined ? undefined : influxTargetOf(registry.current(), countyDir);
  if (target === undefined || history === undefined) return embedded;
  const influx = openInfluxQuery(target, openToken(target), () => registry.current());
  return joinHistories({ embedded, influx, retention: history.retention, nowMs });
}
