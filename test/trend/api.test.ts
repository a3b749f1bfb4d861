/** Trends over HTTP: what stands in history comes out as figures, by the county's calendar, for whoever sees the point. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConsolePorts } from '#dashboards/api/config.ts';
import { HistoryUnreadError } from '#model/history.ts';
import type { Reading } from '#model/reading.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import type { TrendLine } from '#model/trend.ts';
import { asToken, startUnderTest, type Under } from '#test/console/support/console-under-test.ts';
import { fakeAlert } from '#test/console/support/fake-alert.ts';
import { fakePorts } from '#test/console/support/fake-ports.ts';

type Item = {
  readonly sensorId: string;
  readonly part: string;
  readonly lines: readonly TrendLine[];
  readonly data: never;
};
type Answer = { readonly items: readonly Item[]; readonly error?: { readonly kind: string } };

const AT = Date.parse('2026-06-03T09:30:00+08:00');
const reading = (sensorId: string, measuredAtMs: number, value: number): Reading =>
  ({
    sensorId,
    measuredAtMs,
    value,
    raw: null,
    flags: [],
    timeQuality: 'synced',
    quality: 'good',
  }) as unknown as Reading;

/** A crack that moves 5 mm on 30 May, rain before it, and six Junes of rain of 2 mm an hour. */
function filled() {
  const fakes = fakePorts();
  const { history } = fakes;
  const bump = Date.parse('2026-05-30T00:00:00+08:00');
  for (let atMs = AT - 20 * DAY_MS; atMs <= AT; atMs += HOUR_MS) {
    const share = Math.min(1, Math.max(0, (atMs - bump) / DAY_MS));
    history.add(reading('crack-1', atMs, Math.round(share * 500 + 3 * Math.sin(atMs / 7e6))), 'simulated');
  }
  for (let year = 2020; year <= 2026; year++) {
    const middle = Date.parse(`${year}-06-03T09:30:00+08:00`);
    const endMs = year === 2026 ? AT : middle + 17 * DAY_MS;
    for (let atMs = middle - 17 * DAY_MS; atMs <= endMs; atMs += HOUR_MS)
      history.add(reading('slope-rain-1', atMs, year === 2026 ? 5_000 : 2_000), 'simulated');
  }
  return fakes;
}

let under: Under;
let asked = 0;
let broken: HistoryUnreadError | undefined;
beforeAll(async () => {
  const fakes = filled();
  const { query } = fakes.ports;
  const watched: ConsolePorts['query'] = {
    ...query,
    buckets: (ask) => {
      asked++;
      return broken === undefined ? query.buckets(ask) : Promise.reject(broken);
    },
  };
  const county = fakes.ports.registry.current();
  const points = new Map(county.points);
  const slope = points.get('slope-1');
  if (slope === undefined) throw new Error('the county has no slope');
  const rainFrequency = { source: '暴雨图集', rows: [{ hours: 24, meanMm: 80, cv: 0.5, cs: 1.75 }] };
  points.set('slope-1', { ...slope, rainFrequency });
  const registry = { current: () => ({ ...county, points }), onChange: () => () => {} };
  under = await startUnderTest({}, { ...fakes, ports: { ...fakes.ports, query: watched, registry } });
  const raisedAtMs = Date.parse('2026-05-30T10:00:00+08:00');
  under.alerts.put({ ...fakeAlert({ level: 'orange' }), origin: 'simulated', raisedAtMs });
});
afterAll(() => under?.stop());

const get = async (path: string, headers: Record<string, string> = asToken) => {
  const joint = path.includes('?') ? '&' : '?';
  const response = await fetch(`${under.base}/api/v1/points/${path}${joint}at=${AT}`, { headers });
  return { status: response.status, body: (await response.json()) as Answer };
};
const zh = (item: Item | undefined): readonly string[] =>
  (item?.lines ?? []).map(({ label, figure, basis }) => `${label.zh}｜${figure.zh}｜${basis.zh}`);

describe('trends over HTTP', () => {
  test('answer every question that makes sense of a point’s sensors', async () => {
    const { status, body } = await get('slope-1/trend');
    expect(status).toBe(200);
    expect(body.items.map(({ sensorId, part }) => `${sensorId} ${part}`)).toEqual([
      ...['crack-1 season', 'crack-1 sameDay', 'crack-1 accelerations', 'crack-1 outlook'],
      ...['slope-rain-1 season', 'slope-rain-1 returnPeriod', 'slope-rain-1 sameDay'],
    ]);
  });

  test('say the percentile with the days and years that it rests on', async () => {
    const { body } = await get('slope-1/season?sensor=slope-rain-1');
    // 24 hours of 5 mm against six Junes of 24 × 2 mm.
    expect(zh(body.items[0])[0]).toBe('近 24 小时雨量（含本小时）｜120.0 mm｜截至 2026-06-03 10:00');
    expect(zh(body.items[0])[1]).toMatch(
      /^历年同期（前后 15 日）｜第 100 百分位.*｜依据 6 年 186 个完整日，0 日缺测未计；p10 48\.0 mm/,
    );
    expect(zh(body.items[0])[3]).toMatch(/^近 365 日｜—｜只有 34 个完整日，少于 200 日，不作比较$/);
    expect(body.items[0]?.data).toMatchObject({ said: true, band: expect.any(Array) });
  });

  test('tell the return period by the county’s table, and no other: six Junes are no years', async () => {
    const { body } = await get('slope-1/return-period');
    const [item] = body.items;
    const day = zh(item).find((line) => line.includes('最大 24 小时'));
    // Mean 80, Cv 0.5, Cs 1.75: 120 mm is Φ = 1, which 12.9 % of the years exceed.
    expect(day).toMatch(/｜120\.0 mm；参数表 7\.\d 年一遇｜/);
    expect(day).toContain('暴雨图集；完整年份只有 0 年，不足 5 年，不作估计');
    expect(item?.lines.find(({ label }) => label.zh.includes(' 1 小时'))?.said).toBe(false);
  });

  test('compare with the same day, up to the running hour', async () => {
    const { body } = await get('slope-1/same-day?sensor=slope-rain-1');
    expect(zh(body.items[0]).map((line) => line.split('｜')[1])).toEqual(['50.0 mm', '50.0 mm', '20.0 mm', '20.0 mm']);
  });

  test('tell the acceleration with the rain before it and the alert that stood then', async () => {
    const { body } = await get('slope-1/accelerations');
    const [item] = body.items;
    expect(item?.lines[0]?.figure.zh).toBe('1 次');
    const [, episode] = zh(item);
    expect(episode).toMatch(/^加速 1｜2026-05-30 0\d:00 → 2026-05-3\d \d\d:00，位移 5\.\d mm，峰值 5\.\d mm\/d/);
    expect(episode).toMatch(/前 72 小时雨量 360\.0 mm \(slope-rain-1, 0\.0 km\)；当时预警 orange/);
  });

  test('are made once for all who ask within the minute', async () => {
    await get('slope-1/outlook');
    const before = asked;
    await Promise.all([get('slope-1/outlook'), get('slope-1/outlook')]);
    expect(asked).toBe(before);
  });

  test('belong to the point’s grid, and a sensor to its point', async () => {
    const far = { cookie: await under.cookieOf('p-far') };
    expect((await get('slope-1/trend', far)).status).toBe(403);
    expect((await get('slope-1/season?sensor=level-1', far)).status).toBe(403);
    expect((await get('slope-1/season?sensor=level-1')).status).toBe(404);
    expect((await get('no-such-point/trend')).status).toBe(404);
  });

  test('are refused for a while when history is away, and made anew when it is back', async () => {
    broken = new HistoryUnreadError({ kind: 'away', message: 'the database does not answer' });
    expect(await get('river-1/trend')).toMatchObject({ status: 503, body: { error: { kind: 'historyAway' } } });
    broken = undefined;
    expect((await get('river-1/trend')).status).toBe(200);
  });
});
