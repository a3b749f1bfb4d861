import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSteppedClock } from '#model/io/clock.ts';
import type { Reading } from '#model/reading.ts';
import { HOUR_MS, SECOND_MS } from '#model/time.ts';
import { until } from '#test/support/until.ts';
import { type Box, good } from './support/box.ts';
import { type Chain, startChain } from './support/chain.ts';
import { type ApiAlert, alertsOf, post } from './support/client.ts';
import { swap } from './support/county-copy.ts';

// A Tuesday of the roster's first week, ten in the morning in the county's zone.
const clock = openSteppedClock(Date.parse('2026-01-06T10:00:00+08:00'));
let chain: Chain;
let box: Box;
beforeAll(async () => {
  chain = await startChain({ clock, tickMs: HOUR_MS / 2 });
  box = await chain.box('edge-shiqiao');
});
afterAll(() => chain?.close());

/** Opens a crack past a colour, and gives the alert that it raises. */
async function raise(point: string, mm: number, level: string): Promise<ApiAlert> {
  for (let step = 0; step < 3; step++) {
    clock.advanceTo(clock.nowMs() + SECOND_MS);
    await box.send([good(`${point}-crack`, clock.nowMs(), mm * 100)]);
  }
  return until(`${level} at ${point}`, 5_000, async () =>
    (await alertsOf(chain, point)).find(
      (alert) => alert.hazard === 'landslide' && alert.level === level && alert.lifecycle !== 'closed',
    ),
  );
}
/** The crack closes for longer than the off-delay, and a person closes the alert. */
async function end(alert: ApiAlert): Promise<void> {
  const fromMs = clock.nowMs();
  await chain.advance(HOUR_MS);
  const rows: Reading[] = [];
  for (let atMs = fromMs + SECOND_MS; atMs < clock.nowMs(); atMs += 30 * SECOND_MS)
    rows.push(good(`${alert.subject.id}-crack`, atMs, 150));
  await box.send(rows);
  await chain.settled();
  const closed = await post(chain, `/api/v1/alerts/${alert.id}/close`, { note: 'end of a test' });
  expect([closed.status, closed.body['lifecycle']]).toEqual([200, 'closed']);
}
const told = (alert: ApiAlert, tier: number) =>
  new Set(alert.recipients.filter((one) => one.tier === tier).map((one) => one.personId));

describe('who is told', () => {
  it('are the posts of the point’s own village, so that two villages have nobody in common below the township', async () => {
    const first = await raise('taoshuwan', 25, 'yellow');
    const second = await raise('xiangshui', 25, 'yellow');
    expect([first.gridCode, second.gridCode]).toEqual(['451099101201', '451099101202']);
    expect(told(first, 3)).toEqual(new Set(['luo-yongfu', 'luo-caixia', 'wei-dashan', 'huang-xiaomei']));
    expect(told(second, 3)).toEqual(new Set(['cen-guangming', 'cen-fengying', 'nong-shouyi']));
    for (const { reason } of [...first.recipients, ...second.recipients]) expect(reason.length).toBeGreaterThan(4);
    await end(first);
    await end(second);
  });

  it('depends on who is on duty at that time: the day’s desk by day, the night’s by night, the next team a week later', async () => {
    const day = await raise('taoshuwan', 25, 'yellow');
    expect(told(day, 2)).toEqual(new Set(['qin-haiyan', 'pan-xiuying']));
    await end(day);
    await chain.advance(10 * HOUR_MS);
    const night = await raise('taoshuwan', 25, 'yellow');
    expect(told(night, 2)).toEqual(new Set(['luo-shengli', 'lan-tianyou']));
    expect(told(night, 3)).toEqual(told(day, 3));
    await end(night);
    await chain.advance(7 * 24 * HOUR_MS - 11 * HOUR_MS);
    const nextWeek = await raise('taoshuwan', 25, 'yellow');
    expect(told(nextWeek, 2)).toEqual(new Set(['lan-tianyou', 'luo-shengli']));
    expect(nextWeek.recipients.find((one) => one.personId === 'lan-tianyou')?.reason).toMatch(/A岗/);
    expect(night.recipients.find((one) => one.personId === 'lan-tianyou')?.reason).toMatch(/B岗/);
    await end(nextWeek);
  });

  it('moves with the point: after the edit of its place the people of the new village are told, and the old ones are not', async () => {
    const grid = chain.registry.current().grids.get('451099101203');
    const ring = (grid?.boundary[0] ?? []).slice(1);
    const middle = [0, 1].map((axis) => ring.reduce((sum, place) => sum + (place[axis] ?? 0), 0) / ring.length);
    await chain.edit('points.yaml', (text) =>
      swap(swap(text, 'lon: 106.3665', `lon: ${middle[0]}`), 'lat: 24.3984', `lat: ${middle[1]}`),
    );
    const moved = await raise('taoshuwan', 25, 'yellow');
    expect(moved.gridCode).toBe('451099101203');
    expect(told(moved, 3)).toEqual(new Set(['mo-youcai', 'mo-yanling']));
    await end(moved);
  });

  it('follows a person who is added to the county’s files', async () => {
    await chain.edit('people.yaml', (text) =>
      swap(
        text,
        '  # 响水洞村\n',
        '  # 响水洞村\n  - { id: new-member, name: 新网格员, phone: "13900002399", posts: [{ grid: "451099101202", post: member }] }\n',
      ),
    );
    const alert = await raise('xiangshui', 15, 'blue');
    expect(told(alert, 3)).toEqual(new Set(['cen-guangming', 'cen-fengying', 'nong-shouyi', 'new-member']));
    expect(told(alert, 2)).toEqual(new Set());
    await end(alert);
  });
});
