import { describe, expect, it } from 'vitest';
import { type Bucket, DEFAULT_RETENTION, type HistoryPoint, type HistoryQuery } from '#model/history.ts';
import { DAY_MS } from '#model/time.ts';
import { joinHistories } from './history-query.ts';

const NOW_MS = Date.UTC(2026, 0, 31);
const RAW_MS = 40 * DAY_MS;
/** What the embedded store holds for certain. */
const EDGE_MS = NOW_MS - RAW_MS + 2 * DAY_MS;

const pointOf = (atMs: number, from: string): HistoryPoint =>
  ({ atMs, value: 1, raw: undefined, quality: 'good', flags: [], from }) as HistoryPoint;

/** Every day a reading; what it is asked for is written down. */
function storeOf(from: string, asked: string[], beginMs: number): HistoryQuery {
  const days = (fromMs: number, toMs: number): number[] => {
    const first = Math.ceil(Math.max(fromMs, beginMs) / DAY_MS);
    const last = Math.ceil(toMs / DAY_MS);
    return Array.from({ length: Math.max(0, last - first) }, (_, index) => (first + index) * DAY_MS);
  };
  return {
    range: async ({ fromMs, toMs, limit, newest = false }) => {
      asked.push(`${from} range`);
      const points = days(fromMs, toMs).map((atMs) => pointOf(atMs, from));
      return newest ? points.slice(-limit) : points.slice(0, limit);
    },
    buckets: async ({ sensorIds, fromMs, toMs }) => {
      asked.push(`${from} buckets`);
      const buckets = days(fromMs, toMs).map(
        (atMs) => ({ fromMs: atMs, toMs: atMs + DAY_MS, from }) as unknown as Bucket,
      );
      return new Map(sensorIds.map((id) => [id, buckets] as const));
    },
    latest: async (ids) => {
      asked.push(`${from} latest`);
      return new Map(ids.filter((id) => id.startsWith(from)).map((id) => [id, pointOf(0, from)]));
    },
    tallies: async () => [],
    close: async () => {},
  };
}

function open(retention = { ...DEFAULT_RETENTION, rawMs: RAW_MS }) {
  const asked: string[] = [];
  const embedded = storeOf('embedded', asked, EDGE_MS - DAY_MS);
  const query = joinHistories({ embedded, influx: storeOf('influx', asked, 0), retention, nowMs: () => NOW_MS });
  return { query, asked };
}
const ask = { sensorId: 's', origin: 'live' as const, limit: 1_000 };
const sourcesOf = (points: readonly unknown[]) => points.map((point) => (point as { from: string }).from);

describe('history of both stores', () => {
  it('asks the embedded one alone for what that one keeps', async () => {
    const { query, asked } = open();
    await query.range({ ...ask, fromMs: EDGE_MS, toMs: NOW_MS });
    await query.buckets({ sensorIds: ['s'], origin: 'live', fromMs: 0, toMs: NOW_MS, resolution: '1d' });
    expect(asked).toEqual(['embedded range', 'embedded buckets']);
  });

  it('puts older readings from InfluxDB before newer embedded ones, each day once, within the limit', async () => {
    const { query } = open();
    const [fromMs, toMs] = [EDGE_MS - 3 * DAY_MS, EDGE_MS + 2 * DAY_MS];
    const all = await query.range({ ...ask, fromMs, toMs });
    expect(all.map(({ atMs }) => (atMs - EDGE_MS) / DAY_MS)).toEqual([-3, -2, -1, 0, 1]);
    expect(sourcesOf(all)).toEqual(['influx', 'influx', 'influx', 'embedded', 'embedded']);
    expect(sourcesOf(await query.range({ ...ask, fromMs, toMs, limit: 3, newest: true }))).toEqual([
      'influx',
      'embedded',
      'embedded',
    ]);
    expect(sourcesOf(await query.range({ ...ask, fromMs, toMs, limit: 4 }))).toEqual([
      'influx',
      'influx',
      'influx',
      'embedded',
    ]);
  });

  it('asks for the newer end alone when it fills the limit: InfluxDB may be away', async () => {
    const { query, asked } = open();
    await query.range({ ...ask, fromMs: 0, toMs: NOW_MS, limit: 5, newest: true });
    expect(asked).toEqual(['embedded range']);
  });

  it('takes summaries from InfluxDB where the embedded ones are gone, and never where they are for ever', async () => {
    const { query, asked } = open({ ...DEFAULT_RETENTION, rawMs: RAW_MS, '10m': RAW_MS });
    const stretch = {
      sensorIds: ['s'],
      origin: 'live' as const,
      fromMs: EDGE_MS - 2 * DAY_MS,
      toMs: EDGE_MS + 2 * DAY_MS,
    };
    const joined = await query.buckets({ ...stretch, resolution: '10m' });
    expect(sourcesOf(joined.get('s') ?? [])).toEqual(['influx', 'influx', 'embedded', 'embedded']);
    await query.buckets({ ...stretch, resolution: '1h' });
    expect(asked).toEqual(['influx buckets', 'embedded buckets', 'embedded buckets']);
  });

  it('looks in InfluxDB for the newest reading of sensors that have long been silent', async () => {
    const { query } = open();
    const found = await query.latest(['embedded-1', 'influx-1', 'nobody'], 'live');
    expect([...found.keys()]).toEqual(['embedded-1', 'influx-1']);
    const { query: forEver, asked } = open({ ...DEFAULT_RETENTION, rawMs: 0 });
    await forEver.latest(['influx-1'], 'live');
    expect(asked).toEqual(['embedded latest']);
  });
});
