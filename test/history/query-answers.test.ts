/** History's long questions, answered by InfluxDB: the same as worked out the plain way over what was written. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dayEdges } from '#ingest/influx/query/days.ts';
import { ASK_LIMITS } from '#ingest/io/influx-query/ask.ts';
import { openInfluxQuery } from '#ingest/io/influx-query/query.ts';
import type { HistoryPoint, HistoryQuery, InfluxTarget } from '#model/history.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { openZoneDays } from '#model/zone-day.ts';
import { startInfluxServer } from '#test/support/influx-server.ts';
import { startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';
import {
  bucketsBetween,
  countyFrom,
  linesOf,
  QUANTITY_CODES,
  quantityOfId,
  type Series,
  sorted,
  talliesOf,
  writeLines,
} from './query-support.ts';

const SEED = 20_261_122;
const BEGIN_MS = Date.UTC(2022, 5, 3);
const DAYS = 3;
const TO_MS = BEGIN_MS + DAYS * DAY_MS;
/** The clocks of New York change on the second day. */
const SPRING_MS = Date.UTC(2022, 2, 12);

type Store = { readonly target: InfluxTarget; readonly token: string | undefined; readonly stop: () => Promise<void> };

async function openReal(): Promise<Store> {
  const database = await startInflux();
  const made = await fetch(`${database.url}/query?q=CREATE+DATABASE+fengsui`, { method: 'POST' });
  const said = await made.text();
  if (!made.ok) throw new Error(said);
  return { target: { version: 1, url: database.url, database: 'fengsui' }, token: undefined, stop: database.stop };
}
const TOKEN = 'secret-of-the-test';
async function openSpoken(version: 2 | 3): Promise<Store> {
  const server = await startInfluxServer({ version, token: TOKEN, org: 'county', database: 'fengsui' });
  const { url } = server;
  const target: InfluxTarget =
    version === 2 ? { version, url, org: 'county', bucket: 'fengsui' } : { version, url, database: 'fengsui' };
  return { target, token: TOKEN, stop: server.stop };
}

const stores: readonly { readonly name: string; readonly open: () => Promise<Store>; readonly isReal: boolean }[] = [
  { name: 'a real InfluxDB 1.x', open: openReal, isReal: true },
  { name: 'a server that speaks the API of 2.x', open: () => openSpoken(2), isReal: false },
  { name: 'a server that speaks the API of 3.x', open: () => openSpoken(3), isReal: false },
];

/** Readings of one instant have no order of their own. */
const byContent = (points: readonly HistoryPoint[]): readonly string[] =>
  points.map((point) => JSON.stringify(point, Object.keys(point).sort())).sort();

const [june = []] = fc.sample(countyFrom(BEGIN_MS, DAYS), { seed: SEED, numRuns: 1 });
const [march = []] = fc.sample(countyFrom(SPRING_MS, DAYS), { seed: SEED + 1, numRuns: 1 });

describe.each(stores)('$name', ({ open, isReal }) => {
  const skip = isReal && !needs('influxd');
  const zone = { current: 'Asia/Shanghai' };
  const sensors = new Map(QUANTITY_CODES.map((quantity) => [`s-${quantity}`, { quantity }] as const));
  // The real one answers for every quantity; of the others a few show that it is asked alike.
  const [series, spring] = isReal ? [june, march] : [june.slice(0, 16), march.slice(0, 16)];
  const all: readonly Series[] = [...series, ...spring];
  let store: Store;
  let query: HistoryQuery;

  beforeAll(async () => {
    if (skip) return;
    store = await open();
    await writeLines(store.target, store.token, linesOf(all, quantityOfId));
    query = openInfluxQuery(
      store.target,
      () => store.token,
      () => ({ sensors, county: { zone: zone.current } }),
    );
  });
  afterAll(async () => {
    await query?.close();
    await store?.stop();
  });

  it.skipIf(skip)(
    'gives every reading back as it was, of all quantities and origins, steps, reasons and flags',
    async () => {
      let compared = 0;
      for (const { sensorId, origin, points } of series) {
        const ask = { sensorId, origin, fromMs: BEGIN_MS, toMs: TO_MS, limit: 1_000 };
        const answered = await query.range(ask);
        expect(answered.map(({ atMs }) => atMs)).toEqual(points.map(({ atMs }) => atMs));
        expect(byContent(answered)).toEqual(byContent(points));
        compared += answered.length;
        const newest = await query.range({ ...ask, limit: 3, newest: true });
        expect(newest.map(({ atMs }) => atMs)).toEqual(points.slice(-3).map(({ atMs }) => atMs));
        const oldest = await query.range({ ...ask, limit: 3 });
        expect(oldest.map(({ atMs }) => atMs)).toEqual(points.slice(0, 3).map(({ atMs }) => atMs));
      }
      expect(compared).toBeGreaterThan(isReal ? 2_000 : 500);
    },
  );

  it.skipIf(skip)('sums up minutes, ten minutes and hours, with gaps as gaps and doubts counted', async () => {
    for (const [resolution, stepMs] of [
      ['1m', MINUTE_MS],
      ['10m', 10 * MINUTE_MS],
      ['1h', HOUR_MS],
    ] as const) {
      // Neither end lies on an edge: what begins in between counts, whole.
      const [fromMs, toMs] = [BEGIN_MS + 7 * HOUR_MS + 12_345, BEGIN_MS + 2 * DAY_MS + 54_321];
      const first = Math.ceil(fromMs / stepMs) * stepMs;
      const count = Math.ceil((toMs - first) / stepMs);
      const edges = Array.from({ length: count + 1 }, (_, index) => first + index * stepMs);
      const ids = [...sensors.keys()];
      const answered = await query.buckets({ sensorIds: ids, origin: 'live', fromMs, toMs, resolution });
      const wanted = new Map(
        series
          .filter(({ origin }) => origin === 'live')
          .map(({ sensorId, points }) => [sensorId, bucketsBetween(points, edges)] as const)
          .filter(([, buckets]) => buckets.length > 0),
      );
      expect(new Map([...answered].toSorted())).toEqual(new Map([...wanted].toSorted()));
      expect(wanted.size).toBeGreaterThan(isReal ? 20 : 7);
    }
  });

  it.skipIf(skip).each([
    ['Asia/Shanghai', BEGIN_MS, series],
    ['America/New_York', SPRING_MS, spring],
    ['Asia/Kathmandu', BEGIN_MS, series],
  ] as const)('sums up the calendar days of %s', async (name, beginMs, of) => {
    zone.current = name;
    const [fromMs, toMs] = [beginMs - DAY_MS, beginMs + (DAYS + 1) * DAY_MS];
    const edges = dayEdges(openZoneDays(name), fromMs, toMs);
    expect(edges.length).toBe(DAYS + 3);
    const answered = await query.buckets({
      sensorIds: [...sensors.keys()],
      origin: 'live',
      fromMs,
      toMs,
      resolution: '1d',
    });
    for (const { sensorId, origin, points } of of)
      if (origin === 'live') expect(answered.get(sensorId) ?? []).toEqual(bucketsBetween(points, edges));
  });

  it.skipIf(skip)('knows the newest reading of each sensor and origin', async () => {
    const answered = await query.latest([...sensors.keys(), 's-nobody'], 'live');
    for (const { sensorId, origin, points } of series) {
      if (origin !== 'live') continue;
      expect(answered.get(sensorId)?.atMs).toBe(points.at(-1)?.atMs);
    }
    expect(answered.has('s-nobody')).toBe(false);
  });

  it.skipIf(skip)('tallies series and days as the readings themselves do', async () => {
    const answered = sorted(await query.tallies({ fromMs: SPRING_MS, toMs: TO_MS }));
    expect(answered).toEqual(talliesOf(all, SPRING_MS, TO_MS));
    expect(answered.length).toBeGreaterThan(isReal ? 200 : 60);
  });

  it.skipIf(skip)('answers alike in the smallest pieces', async () => {
    const places = () => ({ sensors, county: { zone: 'Asia/Shanghai' } });
    const small = openInfluxQuery(store.target, () => store.token, places, { ...ASK_LIMITS, rows: 3 });
    const of = series.find(({ points }) => points.length > 30);
    const range = {
      sensorId: of?.sensorId ?? '',
      origin: of?.origin ?? 'live',
      fromMs: BEGIN_MS,
      toMs: TO_MS,
      limit: 1_000,
    };
    expect(await small.range(range)).toEqual(await query.range(range));
    const day = { fromMs: BEGIN_MS, toMs: BEGIN_MS + DAY_MS };
    expect(sorted(await small.tallies(day))).toEqual(talliesOf(all, day.fromMs, day.toMs));
    const hours = { sensorIds: [...sensors.keys()], origin: 'live' as const, ...day, resolution: '1h' as const };
    expect(await small.buckets(hours)).toEqual(await query.buckets(hours));
    await small.close();
  });

  it.skipIf(skip)('finds the readings of a sensor that the county no longer has', async () => {
    const of = series.find(({ origin, points }) => origin === 'live' && points.length > 5);
    const gone = openInfluxQuery(
      store.target,
      () => store.token,
      () => ({ sensors: new Map(), county: { zone: 'UTC' } }),
    );
    const ask = { sensorId: of?.sensorId ?? '', origin: 'live' as const, fromMs: BEGIN_MS, toMs: TO_MS, limit: 1_000 };
    expect(byContent(await gone.range(ask))).toEqual(byContent(of?.points ?? []));
    await gone.close();
  });

  it.skipIf(skip)('says what is wrong: a refusal, a store that is away, a question that is too large', async () => {
    const ask = { sensorId: 's-rain', origin: 'live' as const, fromMs: BEGIN_MS, toMs: TO_MS, limit: 10 };
    const places = () => ({ sensors, county: { zone: 'UTC' } });
    const other = openInfluxQuery({ ...store.target, database: 'other' }, () => store.token, places);
    await expect(other.range(ask)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/not found/),
    });
    const away = openInfluxQuery({ ...store.target, url: 'http://127.0.0.1:1' }, () => store.token, places);
    await expect(away.range(ask)).rejects.toMatchObject({ kind: 'away' });
    const long = { sensorIds: ['s-rain'], origin: 'live' as const, fromMs: 0, toMs: TO_MS, resolution: '1m' as const };
    await expect(query.buckets(long)).rejects.toMatchObject({ kind: 'tooMuch' });
    await Promise.all([other.close(), away.close()]);
  });
});
