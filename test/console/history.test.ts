/** A point's history over HTTP: readings and summaries, gaps as gaps, quality kept. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConsolePorts } from '#dashboards/api/config.ts';
import { HistoryUnreadError } from '#model/history.ts';
import type { Reading } from '#model/reading.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { asToken, startUnderTest, type Under } from './support/console-under-test.ts';
import { fakePorts } from './support/fake-ports.ts';

type Item = { readonly [key: string]: unknown };
type Answer = { readonly items: readonly Item[]; readonly error?: { readonly kind: string; readonly path?: string } };

const FROM = Date.parse('2026-06-01T00:00:00+08:00');
const stamp = (sensorId: string, measuredAtMs: number) =>
  ({ sensorId, measuredAtMs, timeQuality: 'synced', flags: [] }) as const;
const good = (sensorId: string, atMs: number, value: number): Reading => ({
  ...{ ...stamp(sensorId, atMs), quality: 'good', value },
});

let under: Under;
let broken: HistoryUnreadError | undefined;
beforeAll(async () => {
  const fakes = fakePorts();
  for (let minute = 0; minute < 30; minute++) {
    fakes.history.add(good('slope-rain-1', FROM + minute * MINUTE_MS, 200), 'simulated');
    fakes.history.add(good('crack-1', FROM + minute * MINUTE_MS, 1_000 + minute), 'simulated');
  }
  // Then two hours of silence, and a reading that brings no value.
  fakes.history.add({ ...stamp('crack-1', FROM + 3 * HOUR_MS), quality: 'bad', reason: 'link' }, 'simulated');
  fakes.history.add(good('crack-1', FROM, 99_999), 'drill');
  const { query } = fakes.ports;
  const watched: ConsolePorts['query'] = {
    ...query,
    buckets: (ask) => (broken === undefined ? query.buckets(ask) : Promise.reject(broken)),
  };
  under = await startUnderTest({}, { ...fakes, ports: { ...fakes.ports, query: watched } });
});
afterAll(() => under?.stop());

const get = async (query: string, point = 'slope-1', headers: Record<string, string> = asToken) => {
  const span = query.includes('from=') ? '' : `&from=${FROM}&to=${FROM + DAY_MS}`;
  const response = await fetch(`${under.base}/api/v1/points/${point}/history?${query}${span}`, { headers });
  return { status: response.status, body: (await response.json()) as Answer };
};

describe('history over HTTP', () => {
  test('sums rain, averages levels, and has no item where there was no reading', async () => {
    const rain = await get('sensor=slope-rain-1&resolution=10m');
    expect(rain.body.items.map(({ fromMs, n, sum, mean }) => [fromMs, n, sum, mean])).toEqual([
      [FROM, 10, 2, undefined],
      [FROM + 10 * MINUTE_MS, 10, 2, undefined],
      [FROM + 20 * MINUTE_MS, 10, 2, undefined],
    ]);
    const crack = await get('sensor=crack-1');
    expect(crack.body.items).toEqual([
      expect.objectContaining({
        ...{ fromMs: FROM, toMs: FROM + HOUR_MS, n: 30, bad: 0, unit: 'mm', origin: 'simulated' },
        ...{ min: 10, max: 10.29, last: 10.29, mean: 10.145 },
      }),
      expect.objectContaining({ fromMs: FROM + 3 * HOUR_MS, n: 0, bad: 1 }),
    ]);
    // A stretch without a good value has no figure, not even a zero.
    expect(Object.keys(crack.body.items[1] ?? {})).toEqual(expect.not.arrayContaining(['min', 'mean', 'sum', 'last']));
    expect((await get('resolution=1d')).body.items.map(({ sensorId }) => sensorId)).toEqual([
      'crack-1',
      'slope-rain-1',
    ]);
  });

  test('gives readings with their quality, each origin apart', async () => {
    const { body } = await get('sensor=crack-1&resolution=raw');
    expect(body.items).toHaveLength(31);
    expect(body.items.at(-1)).toMatchObject({ quality: 'bad', reason: 'link' });
    expect(body.items.at(-1)).not.toHaveProperty('value');
    const drill = await get('sensor=crack-1&resolution=raw&origin=drill');
    expect(drill.body.items).toMatchObject([{ value: 999.99, origin: 'drill' }]);
  });

  test('refuses what one answer cannot hold, never cuts it, and says when the store is away', async () => {
    expect(await get(`resolution=1m&from=0&to=${FROM}`)).toMatchObject({
      ...{ status: 400, body: { error: { kind: 'tooMuch', path: 'from' } } },
    });
    expect((await get(`from=${FROM}&to=${FROM}`)).status).toBe(400);
    expect((await get('resolution=2h')).status).toBe(400);
    expect((await get('sensor=level-1')).status).toBe(404);
    expect((await get('', 'no-such-point')).status).toBe(404);
    expect((await get('', 'slope-1', { cookie: await under.cookieOf('p-far') })).status).toBe(403);
    broken = new HistoryUnreadError({ kind: 'away', message: 'the database does not answer' });
    expect(await get('')).toMatchObject({ status: 503, body: { error: { kind: 'historyAway' } } });
    broken = undefined;
  });
});
