import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSteppedClock } from '#model/io/clock.ts';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { until } from '#test/support/until.ts';
import { type Box, good } from './support/box.ts';
import { type Chain, startChain } from './support/chain.ts';
import { alertsOf } from './support/client.ts';

const START_MS = Date.parse('2026-06-10T00:00:00Z');

const shown = (chain: Chain, sensorId: string) =>
  chain.history
    .range(sensorId, 0, Number.MAX_SAFE_INTEGER, 1_000)
    .map((point) => [point.atMs, point.value, point.flags.includes('clock-unsure') ? 'unsure' : 'sure']);

describe('a box whose clock was never set', () => {
  let chain: Chain;
  let box: Box;
  const clock = openSteppedClock(START_MS);
  const bootMs = START_MS - 5 * MINUTE_MS;
  beforeAll(async () => {
    chain = await startChain({ clock, tickMs: MINUTE_MS });
    box = await chain.box('edge-shiqiao');
  });
  afterAll(() => chain?.close());

  /** A reading of `ageMs` before its batch was written, which was at `monoMs` of this boot; the wall clock says 1970. */
  const unsure = (monoMs: number, ageMs: number, value: number) =>
    [[good('taoshuwan-crack', monoMs - ageMs, value)], { monoMs, writtenAtMs: monoMs, timeQuality: 'unsure' }] as const;

  it('has its rows dated by when they came, and marked, as long as nothing better is known', async () => {
    clock.advanceTo(bootMs + 6 * MINUTE_MS);
    // Sent at once: right by luck. Written two minutes ago: two minutes too late.
    await box.send(...unsure(6 * MINUTE_MS, 1_000, 200));
    await box.send(...unsure(4 * MINUTE_MS, 1_000, 201));
    await until('both in history', 5_000, () => shown(chain, 'taoshuwan-crack').length === 2);
    expect(shown(chain, 'taoshuwan-crack')).toEqual([
      [bootMs + 6 * MINUTE_MS - 1_000, 200, 'unsure'],
      [bootMs + 6 * MINUTE_MS - 1_000, 201, 'unsure'],
    ]);
  });

  it('has them at their right time once the clock is set: those stored before, and those still to come', async () => {
    clock.advanceTo(bootMs + 10 * MINUTE_MS);
    const event = { kind: 'clock', bootId: 'boot-edge-shiqiao', utcAtMonoZeroMs: bootMs, stepMs: bootMs } as const;
    await box.send([good('taoshuwan-crack', clock.nowMs() - 500, 203)], { events: [event] });
    await box.send(...unsure(5 * MINUTE_MS, 2_000, 202));
    const right = [
      [bootMs + 4 * MINUTE_MS - 1_000, 201, 'sure'],
      [bootMs + 5 * MINUTE_MS - 2_000, 202, 'sure'],
      [bootMs + 6 * MINUTE_MS - 1_000, 200, 'sure'],
      [bootMs + 10 * MINUTE_MS - 500, 203, 'sure'],
    ];
    await until('all four in history', 5_000, () => shown(chain, 'taoshuwan-crack').length === 4);
    expect(shown(chain, 'taoshuwan-crack')).toEqual(right);
    // Also when ingest has been away in between, and has written everything out.
    await chain.stop('ingest');
    expect(shown(chain, 'taoshuwan-crack')).toEqual(right);
    await chain.start('ingest');
    await box.send(...unsure(7 * MINUTE_MS, 0, 204));
    await until('the fifth', 5_000, () => shown(chain, 'taoshuwan-crack').length === 5);
    expect(shown(chain, 'taoshuwan-crack')).toEqual([
      ...right.slice(0, 3),
      [bootMs + 7 * MINUTE_MS, 204, 'sure'],
      ...right.slice(3),
    ]);
  });
});

describe('rows of an outage that come late', () => {
  let chain: Chain;
  let box: Box;
  const clock = openSteppedClock(START_MS);
  const at = (hours: number) => START_MS + hours * HOUR_MS;
  beforeAll(async () => {
    chain = await startChain({
      clock,
      tickMs: 10 * MINUTE_MS,
      // What comes late is the matter here: the national signals of rain, and the opening of a crack.
      edit: (county) => county.keepRules('rainstorm-national', 'slope-displacement', 'silence'),
    });
    box = await chain.box('edge-shiqiao');
  });
  afterAll(() => chain?.close());
  const rain = (hours: number, mm: number) => good('taoshuwan-rain', at(hours), mm * 1_000);
  const crack = (hours: number, mm: number) => good('taoshuwan-crack', at(hours), mm * 100);
  const judged = async (hazard: string) => {
    await chain.settled();
    return (await alertsOf(chain, 'taoshuwan')).filter((alert) => alert.hazard === hazard);
  };

  it('raise at once what the outage hid, and call the people of now', async () => {
    await box.send([rain(0, 10), crack(0, 2)]);
    await chain.advance(8 * HOUR_MS);
    // The line is back: the newest goes first, and by itself it says that all is well.
    await box.send([rain(8, 0), crack(8, 2)]);
    expect(await judged('rainstorm')).toEqual([]);
    // 45 mm in two hours, five hours ago: 55 mm in 12 hours is blue; six and three hours stay below their limits.
    await box.send([1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75, 3].map((hours) => rain(hours, 5)));
    const [alert, ...more] = await until('the blue alert', 5_000, async () => {
      const found = await judged('rainstorm');
      return found.length > 0 ? found : undefined;
    });
    expect(more).toEqual([]);
    expect([alert?.level, alert?.condition]).toEqual(['blue', 'active']);
    expect(alert?.recipients.map((recipient) => recipient.personId)).toContain('luo-yongfu');
    const history = shown(chain, 'taoshuwan-rain').map(([atMs, value]) => [atMs, value]);
    expect(history).toHaveLength(11);
    expect(history).toEqual([...history].sort(([a], [b]) => Number(a) - Number(b)));
  });

  it('leave a spike that lay wholly in the past as a finding, which calls nobody', async () => {
    const before = chain.alerts.head();
    // A minute and a half at 90 mm (red) at half past three, long over: the crack meter reads 2 mm before and after.
    const spike = [3.5, 3.51, 3.52].map((hours) => crack(hours, 90));
    await box.send([crack(3.4, 2), ...spike, crack(3.6, 2)]);
    const finding = await until('the late finding', 5_000, () =>
      chain.alerts.eventsAfter(before, 100).find((event) => event.kind === 'lateFinding'),
    );
    await chain.settled();
    const events = chain.alerts.eventsAfter(before, 100);
    expect(new Set(events.map((event) => event.kind))).toEqual(new Set(['lateFinding']));
    expect(finding.text.zh).toMatch(/位移 90\.0 mm.*迟到/);
    expect(await judged('landslide')).toEqual([]);
    expect(chain.alerts.deliveries(finding.alertId)).toEqual([]);
    expect(shown(chain, 'taoshuwan-crack').map(([, value]) => value)).toEqual([
      200, 200, 9_000, 9_000, 9_000, 200, 200,
    ]);
    // The same values now are another matter.
    await box.send([
      good('taoshuwan-crack', clock.nowMs() + 1_000, 9_000),
      good('taoshuwan-crack', clock.nowMs() + 3_000, 9_000),
    ]);
    const [now] = await until('the red alert of now', 5_000, async () => {
      const found = await judged('landslide');
      return found.length > 0 ? found : undefined;
    });
    expect(now?.level).toBe('red');
  });
});
