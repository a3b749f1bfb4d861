import { request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Reading } from '#model/reading.ts';
import { asToken, post, startUnderTest, type Under } from './support/console-under-test.ts';
import { fakeAlert } from './support/fake-alert.ts';
import { openSse } from './support/sse-client.ts';

let under: Under;
const open: { close: () => Promise<void> }[] = [];
beforeEach(async () => {
  under = await startUnderTest({ heartbeatMs: 50 });
});
afterEach(async () => {
  for (const stream of open.splice(0)) await stream.close();
  await under.stop();
});

const stream = async (headers: Record<string, string>, query = '') => {
  const opened = await openSse(`${under.base}/api/v1/stream${query}`, headers);
  open.push(opened);
  await opened.next('hello');
  return opened;
};
const crack = (value: number, measuredAtMs = Date.now()): Reading => ({
  sensorId: 'crack-1',
  measuredAtMs,
  timeQuality: 'synced',
  quality: 'good',
  value,
  flags: [],
});
const valueIs = (value: number) => (data: Record<string, unknown>) =>
  (data['readings'] as { readonly value?: number }[])[0]?.value === value;

test('a committed reading reaches the stream at once, and a burst of one point as few messages', async () => {
  const feed = await stream(asToken);
  under.journal.append([crack(100)], Date.now(), 'simulated');
  const first = await feed.next('state', valueIs(1));
  expect(first.data).toMatchObject({
    pointId: 'slope-1',
    readings: [{ sensorId: 'crack-1', origin: 'simulated', unit: 'mm' }],
  });
  for (let value = 101; value <= 150; value++) under.journal.append([crack(value)], Date.now());
  await feed.next('state', valueIs(1.5));
  expect(feed.events.filter((event) => event.event === 'state').length).toBeLessThan(25);
});

test('a HEAD of the stream ends at once and holds no place', async () => {
  // More than one viewer may hold open at once.
  const ask = async () => (await fetch(`${under.base}/api/v1/stream`, { method: 'HEAD', headers: asToken })).status;
  const statuses = await Promise.all(Array.from({ length: 25 }, ask));
  expect(new Set(statuses)).toEqual(new Set([200]));
});

test('a late reading does not replace a newer one', async () => {
  const feed = await stream(asToken);
  const nowMs = Date.now();
  under.journal.append([crack(200, nowMs)], nowMs);
  await feed.next('state', valueIs(2));
  under.journal.append([crack(900, nowMs - 3_600_000)], nowMs);
  under.journal.append([{ ...crack(400, nowMs), sensorId: 'slope-rain-1' }], nowMs);
  const both = await feed.next('state', (data) => (data['readings'] as unknown[]).length === 2);
  expect(both.data).toMatchObject({
    readings: [
      { sensorId: 'crack-1', value: 2 },
      { sensorId: 'slope-rain-1', value: 0.4 },
    ],
  });
});

test('nobody receives what lies outside his grids', async () => {
  const member = await stream({ cookie: await under.cookieOf('p-member') });
  const other = await stream({ cookie: await under.cookieOf('p-other') });
  under.alerts.put(fakeAlert());
  under.journal.append([crack(100)], Date.now());
  await member.next('alert', (data) => data['id'] === 'a-1');
  await member.next('state');
  await other.next('lag');
  expect(other.events.filter((event) => event.event !== 'lag' && event.event !== 'hello')).toEqual([]);
});

test('a broken stream goes on where it ended, each alert once and as it is now', async () => {
  under.alerts.put(fakeAlert());
  const first = await stream(asToken);
  under.alerts.put(fakeAlert({ level: 'red' }), 'levelChanged');
  const seen = await first.next('alert');
  await first.close();
  under.alerts.put(fakeAlert({ id: 'a-2' }));
  under.alerts.put(fakeAlert({ id: 'a-3' }));
  under.alerts.put(fakeAlert({ id: 'a-2', lifecycle: 'acknowledged' }), 'acknowledged');
  const again = await stream({ ...asToken, 'last-event-id': seen.id ?? '' });
  await again.next('alert', (data) => data['id'] === 'a-2');
  const alerts = again.events.filter((event) => event.event === 'alert');
  expect(alerts.map((event) => [event.id, (event.data as { id: string; lifecycle: string }).id])).toEqual([
    ['4', 'a-3'],
    ['5', 'a-2'],
  ]);
  expect(alerts[1]?.data).toMatchObject({ lifecycle: 'acknowledged' });
});

test('a place that this ledger does not know makes the page load its lists anew', async () => {
  const feed = await stream({ ...asToken, 'last-event-id': '999' });
  expect((await feed.next('hello')).data).toMatchObject({ reset: true });
  expect((await (await stream(asToken)).next('hello')).data).toMatchObject({ reset: false });
});

test('signing out closes the streams of that session and of no other', async () => {
  const cookie = await under.cookieOf('p-head');
  const mine = await stream({ cookie });
  const others = await stream({ cookie: await under.cookieOf('p-head') });
  await fetch(`${under.base}/api/v1/session`, { method: 'DELETE', headers: { cookie } });
  await mine.closed();
  under.alerts.put(fakeAlert());
  await others.next('alert');
});

test('an acknowledgement reaches every other page', async () => {
  under.alerts.put(fakeAlert());
  const feed = await stream({ cookie: await under.cookieOf('p-county') });
  await fetch(`${under.base}/api/v1/alerts/a-1/acknowledge`, post(asToken));
  const told = await feed.next('alert', (data) => data['lifecycle'] === 'acknowledged');
  expect(told.data).toMatchObject({ acknowledged: { by: 'api-token' } });
});

test('a reader that takes nothing is dropped, and the others go on', async () => {
  await under.stop();
  under = await startUnderTest({ heartbeatMs: 50, maxStreamBacklogBytes: 65_536 });
  const frozen = request(`${under.base}/api/v1/stream`, { headers: asToken });
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    frozen.on('response', resolve);
    frozen.on('error', reject);
    frozen.end();
  });
  frozen.on('error', () => {});
  response.on('error', () => {});
  response.pause();
  const healthy = await stream(asToken);
  const note = 'x'.repeat(50_000);
  const dropped = () => under.counts.get('fengsui_http_streams_dropped_total {}') ?? 0;
  for (let n = 0; n < 2_000 && dropped() === 0; n++) {
    const [condition] = fakeAlert().conditions;
    if (condition === undefined) throw new Error('the fake alert has a condition');
    under.alerts.put(fakeAlert({ id: `big-${n}`, conditions: [{ ...condition, rule: note }] }));
    await healthy.next('alert', (data) => data['id'] === `big-${n}`);
    healthy.events.length = 0;
  }
  expect(dropped()).toBe(1);
  frozen.destroy();
});
