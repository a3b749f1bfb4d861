import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from '#model/batch.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import { MINUTE_MS } from '#model/time.ts';
import { until } from '#test/support/until.ts';
import { type Box, good } from './support/box.ts';
import { type Chain, startChain } from './support/chain.ts';
import { alertsOf } from './support/client.ts';

const START_MS = Date.parse('2026-06-10T00:00:00Z');
const Y2059 = Date.parse('2059-01-01T00:00:00Z');
const SAID = {
  zh: '设备时钟未校准，按接收时间判定',
  en: "the device's clock is not set, judged by the time of receipt",
};

/** What a box writes whose wall clock is not the world's; `monoMs` counts from `bootMs` of the world. */
const wrongly = (wallMs: number, monoMs: number, timeQuality: Batch['timeQuality']) =>
  ({ writtenAtMs: wallMs, monoMs, timeQuality }) as const;

describe.each([
  { name: 'starts in 1970', wallMs: 60_000, quality: 'unsure' },
  { name: 'starts in 2000', wallMs: Date.UTC(2000, 0, 1, 0, 1), quality: 'unsure' },
  { name: 'stands in 2059 and does not know it', wallMs: Y2059, quality: 'synced' },
] as const)('a live red from a box whose clock $name', ({ wallMs, quality }) => {
  let chain: Chain;
  let box: Box;
  const clock = openSteppedClock(START_MS);
  const bootMs = START_MS - MINUTE_MS;
  beforeAll(async () => {
    chain = await startChain({ clock, tickMs: MINUTE_MS });
    box = await chain.box('edge-shiqiao');
  });
  afterAll(() => chain?.close());
  /** Cracks of 90 mm, one a second, the last just now. */
  const red = () => [3, 2, 1, 0].map((age) => good('taoshuwan-crack', wallMs - age * 1_000, 9_000));
  const points = () => chain.history.range('taoshuwan-crack', 0, Number.MAX_SAFE_INTEGER, 100);
  const landslides = async () => {
    await chain.settled();
    return (await alertsOf(chain, 'taoshuwan')).filter(({ hazard }) => hazard === 'landslide');
  };

  it('raises the alert now, at the time of receipt, and says so', async () => {
    await box.send(red(), wrongly(wallMs, MINUTE_MS, quality));
    const [alert] = await until('the red alert', 10_000, async () => {
      const found = await landslides();
      return found.length > 0 ? found : undefined;
    });
    expect(alert).toMatchObject({ level: 'red', condition: 'active' });
    const raised = chain.alerts.eventsAfter(0, 100).find(({ kind }) => kind === 'raised');
    expect(raised?.text.zh).toContain(SAID.zh);
    expect(raised?.text.en).toContain(SAID.en);
    expect(Math.abs((raised?.atMs ?? 0) - START_MS)).toBeLessThanOrEqual(3_000);
  });

  it('keeps every reading, marked, and quarantines none', async () => {
    await until('four points', 5_000, () => points().length === 4);
    expect(points().map(({ atMs, flags }) => [atMs, flags])).toEqual(
      [3, 2, 1, 0].map((age) => [START_MS - age * 1_000, ['clock-unsure']]),
    );
  });

  it('does not deafen the sensor: what a right clock says next is judged, and re-dates what was before', async () => {
    await chain.advance(2 * MINUTE_MS);
    const fix = { kind: 'clock', bootId: 'boot-edge-shiqiao', utcAtMonoZeroMs: bootMs, stepMs: bootMs } as const;
    const safe = good('taoshuwan-crack', clock.nowMs() - 500, 200);
    const monoMs = clock.nowMs() - bootMs;
    await box.send([safe], { writtenAtMs: clock.nowMs(), monoMs, timeQuality: 'synced', events: [fix] });
    await until(
      'all are dated',
      5_000,
      () => points().length === 5 && points().every(({ flags }) => flags.length === 0),
    );
    expect(points().map(({ atMs }) => atMs)).toEqual([
      ...[3, 2, 1, 0].map((age) => START_MS - age * 1_000),
      clock.nowMs() - 500,
    ]);
    for (let minute = 0; minute < 33; minute++) {
      await chain.advance(MINUTE_MS);
      await box.send([good('taoshuwan-crack', clock.nowMs(), 200)]);
    }
    const [alert, ...more] = await landslides();
    expect(more).toEqual([]);
    expect(alert?.condition).toBe('cleared');
  });
});

describe('rain of a box whose clock was set later', () => {
  let chain: Chain;
  let box: Box;
  const clock = openSteppedClock(START_MS);
  const bootMs = START_MS - 10 * MINUTE_MS;
  beforeAll(async () => {
    chain = await startChain({ clock, tickMs: 10 * MINUTE_MS });
    box = await chain.box('edge-shiqiao');
  });
  afterAll(() => chain?.close());
  const storms = async () => {
    await chain.settled();
    return (await alertsOf(chain, 'taoshuwan')).filter(({ hazard }) => hazard === 'rainstorm');
  };

  it('counts once: where it stood at receipt it stays, when history moves it', async () => {
    // 30 mm that fell before the clock was set, in one batch of the backlog and one of now.
    for (const monoMs of [5, 9])
      await box.send(
        [good('taoshuwan-rain', monoMs * MINUTE_MS, 15_000)],
        wrongly(monoMs * MINUTE_MS, monoMs * MINUTE_MS, 'unsure'),
      );
    const fix = { kind: 'clock', bootId: 'boot-edge-shiqiao', utcAtMonoZeroMs: bootMs, stepMs: bootMs } as const;
    const now = { writtenAtMs: START_MS, monoMs: 10 * MINUTE_MS, timeQuality: 'synced' } as const;
    await box.send([good('taoshuwan-rain', START_MS, 15_000)], { ...now, events: [fix] });
    // 45 mm: counted twice the first 30 would make 75 and be yellow and orange.
    await chain.advance(10 * MINUTE_MS);
    expect(await storms()).toEqual([]);
    const at = () =>
      chain.history.range('taoshuwan-rain', 0, Number.MAX_SAFE_INTEGER, 10).map(({ atMs, value }) => [atMs, value]);
    await until('history is re-dated', 5_000, () => at().length === 3 && at()[0]?.[0] === bootMs + 5 * MINUTE_MS);
    expect(at()).toEqual([
      [bootMs + 5 * MINUTE_MS, 15_000],
      [bootMs + 9 * MINUTE_MS, 15_000],
      [START_MS, 15_000],
    ]);
    // 51 mm: with what rules took at receipt this is the orange of three hours, so none of it was lost either.
    await box.send([good('taoshuwan-rain', clock.nowMs(), 6_000)]);
    const [alert] = await until('the alert', 5_000, async () => {
      const found = await storms();
      return found.length > 0 ? found : undefined;
    });
    expect(alert?.level).toBe('orange');
  });
});
