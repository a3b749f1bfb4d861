import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSteppedClock } from '#model/io/clock.ts';
import type { Reading } from '#model/reading.ts';
import { MINUTE_MS, SECOND_MS } from '#model/time.ts';
import { until } from '#test/support/until.ts';
import { type Box, good } from './support/box.ts';
import { type Chain, startChain } from './support/chain.ts';
import { type Answer, type ApiAlert, alertsOf, type Caller, get, post, signIn } from './support/client.ts';

const HEAD = 'luo-yongfu';
const clock = openSteppedClock(Date.parse('2026-06-10T00:00:00Z'));
let chain: Chain;
let box: Box;
let head: Caller;
beforeAll(async () => {
  chain = await startChain({ clock, tickMs: MINUTE_MS, logins: [HEAD], commandWaitMs: 2_000 });
  box = await chain.box('edge-shiqiao');
  head = await signIn(chain, HEAD);
});
afterAll(() => chain?.close());

/** The crack stands at so many millimetres for two samples and more. */
async function open(mm: number): Promise<void> {
  const rows: Reading[] = [];
  for (let step = 0; step < 3; step++) {
    clock.advanceTo(clock.nowMs() + SECOND_MS);
    rows.push(good('taoshuwan-crack', clock.nowMs(), mm * 100));
  }
  await box.send(rows);
  await chain.settled();
}
/** It closes again and stays so for longer than the off-delay, sample by sample. */
async function close(): Promise<void> {
  const fromMs = clock.nowMs();
  await chain.advance(32 * MINUTE_MS);
  const rows: Reading[] = [];
  for (let atMs = fromMs + SECOND_MS; atMs < clock.nowMs(); atMs += 30 * SECOND_MS)
    rows.push(good('taoshuwan-crack', atMs, 150));
  await box.send(rows);
  await chain.settled();
}
const landslides = async () => (await alertsOf(chain, 'taoshuwan')).filter((alert) => alert.hazard === 'landslide');
const standing = async (): Promise<ApiAlert> => {
  const found = (await landslides()).filter((alert) => alert.lifecycle !== 'closed');
  expect(found).toHaveLength(1);
  return found[0] as ApiAlert;
};
const act = (id: string, action: string, note = ''): Promise<Answer> =>
  post(chain, `/api/v1/alerts/${id}/${action}`, { note }, head);
const eventsOf = async (id: string) =>
  (await get(chain, `/api/v1/alerts/${id}/events?limit=500`)).body['items'] as { kind: string; by: string }[];

describe('an alert in people’s hands', () => {
  it('is acknowledged by a person, and asks again when it worsens', async () => {
    await open(25);
    const raised = await standing();
    expect([raised.level, raised.lifecycle]).toEqual(['yellow', 'raised']);
    const done = await act(raised.id, 'acknowledge', 'on my way');
    expect(done.status).toBe(200);
    expect(done.body).toMatchObject({ lifecycle: 'acknowledged', acknowledged: { by: HEAD, name: '罗永福' } });
    await open(50);
    const worse = await until('orange', 5_000, async () => {
      const alert = await standing();
      return alert.level === 'orange' ? alert : undefined;
    });
    expect(worse.id).toBe(raised.id);
    expect([worse.lifecycle, (worse as unknown as { round: number }).round]).toEqual(['raised', 2]);
    // What is said of the earlier screen stays on the record.
    expect(
      (await eventsOf(raised.id)).filter((event) => event.kind === 'acknowledged').map((event) => event.by),
    ).toEqual([HEAD]);
  });

  it('is handled, and cannot be closed as long as its condition stands', async () => {
    const { id } = await standing();
    expect((await act(id, 'acknowledge')).status).toBe(200);
    const handled = await act(id, 'handle', 'households leave');
    expect([handled.status, handled.body['lifecycle']]).toEqual([200, 'handling']);
    const tooEarly = await act(id, 'close', 'all is well');
    expect(tooEarly.status).toBe(409);
    expect(JSON.stringify(tooEarly.body)).toMatch(/refused/);
    expect((await standing()).lifecycle).toBe('handling');
  });

  it('is closed when the condition is over, never opens again, and what comes later is another alert', async () => {
    const { id } = await standing();
    await close();
    expect(await standing()).toMatchObject({ id, condition: 'cleared', level: expect.stringMatching(/blue|orange/) });
    expect((await act(id, 'close', 'checked on the spot')).body).toMatchObject({ lifecycle: 'closed' });
    expect((await act(id, 'acknowledge')).status).toBe(409);
    await open(25);
    const next = await standing();
    expect(next.id).not.toBe(id);
    const before = (await landslides()).find((alert) => alert.id === id);
    expect([before?.lifecycle, before?.level === next.level]).toEqual(['closed', before?.level === 'yellow']);
    const kinds = (await eventsOf(id)).map((event) => event.kind);
    for (const kind of ['raised', 'acknowledged', 'levelChanged', 'handling', 'closed']) expect(kinds).toContain(kind);
  });

  it('takes a command that was given while alerts was down, once, when it is back', async () => {
    const { id } = await standing();
    await chain.stop('alerts');
    const [first, second] = await Promise.all([act(id, 'acknowledge', 'heard'), act(id, 'note', 'rope is stretched')]);
    for (const answer of [first, second]) {
      expect(answer.status).toBe(202);
      expect(answer.body).toMatchObject({ queued: true, commandId: expect.any(String) });
    }
    expect((await standing()).lifecycle).toBe('raised');
    await chain.start('alerts');
    await until(
      'the acknowledgement to take effect',
      5_000,
      async () => (await standing()).lifecycle === 'acknowledged',
    );
    await chain.stop('alerts');
    await chain.start('alerts');
    expect((await act(id, 'note', 'after the restart')).status).toBe(200);
    const kinds = (await eventsOf(id)).map((event) => event.kind);
    expect(kinds.filter((kind) => kind === 'acknowledged')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'note')).toHaveLength(2);
    expect((await standing()).lifecycle).toBe('acknowledged');
  });

  it('needs a reason for a false alarm, and ends with it', async () => {
    const { id } = await standing();
    expect((await act(id, 'false-alarm')).status).toBeGreaterThanOrEqual(400);
    expect((await act(id, 'false-alarm', 'a goat on the wire')).body).toMatchObject({ lifecycle: 'falseAlarm' });
    expect((await post(chain, '/api/v1/alerts/no-such-alert/acknowledge', {}, head)).status).toBe(404);
  });
});
