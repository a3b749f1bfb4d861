import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSteppedClock } from '#model/io/clock.ts';
import type { Reading } from '#model/reading.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '#model/time.ts';
import { until } from '#test/support/until.ts';
import { type Box, good } from './support/box.ts';
import { type Chain, startChain } from './support/chain.ts';
import { alertsOf } from './support/client.ts';

const clock = openSteppedClock(Date.parse('2026-06-10T00:00:00Z'));
let chain: Chain;
let shiqiao: Box;
let qingxi: Box;
beforeAll(async () => {
  chain = await startChain({ clock, tickMs: 10 * SECOND_MS });
  shiqiao = await chain.box('edge-shiqiao');
  qingxi = await chain.box('edge-qingxi');
});
afterAll(() => chain?.close());

const crack = (value: number) => good('taoshuwan-crack', clock.nowMs(), value);
const other = (value: number) => good('xiangshui-crack', clock.nowMs(), value);
const wellAtLongtan = () => [good('longtan-rain', clock.nowMs(), 0), good('longtan-level', clock.nowMs(), 12_000)];

/** Time goes by while both boxes report every twenty seconds; Shiqiao's readings are made by the test. */
async function report(ms: number, readings: () => readonly Reading[]): Promise<void> {
  const endMs = clock.nowMs() + ms;
  while (clock.nowMs() < endMs) {
    await chain.advance(20 * SECOND_MS);
    await shiqiao.send(readings());
    await qingxi.send(wellAtLongtan());
    await chain.settled();
  }
}

/** What is said about silence, as `subject: sensors`. */
async function saidSilent(): Promise<readonly string[]> {
  await chain.settled();
  const { items } = chain.alerts.list({ gridCodes: ['451099'] }, 100, null);
  return items
    .filter((alert) => alert.hazard === 'equipment' && alert.condition === 'active')
    .map((alert) => {
      const active = alert.conditions.filter((condition) => condition.state === 'active');
      return `${alert.subject.kind}:${alert.subject.id} ${active
        .map((one) => one.evidence.sensorId ?? '-')
        .sort()
        .join(' ')}`;
    })
    .sort();
}
const PARK_NEVER_CAME = 'edge:edge-park -';

describe('silence', () => {
  it('of a sensor that never reported is missed, by the inventory', async () => {
    await report(40 * SECOND_MS, () => [crack(200), other(160)]);
    expect(await saidSilent()).toEqual([]);
    await report(2 * MINUTE_MS, () => [crack(200), other(160)]);
    expect(await saidSilent()).toEqual([PARK_NEVER_CAME, 'point:taoshuwan taoshuwan-rain']);
  });

  it('does not clear an alert: its condition becomes dataLost at the same level, for as long as it lasts', async () => {
    const rain = () => good('taoshuwan-rain', clock.nowMs(), 0);
    await report(40 * SECOND_MS, () => [crack(2_500), other(160), rain()]);
    const landslide = async () => (await alertsOf(chain, 'taoshuwan')).find((alert) => alert.hazard === 'landslide');
    expect(await landslide()).toMatchObject({ level: 'yellow', condition: 'active' });
    await report(3 * MINUTE_MS, () => [other(160), rain()]);
    const lost = await landslide();
    expect(lost).toMatchObject({ level: 'yellow', condition: 'dataLost', lifecycle: 'raised' });
    expect(await saidSilent()).toEqual([PARK_NEVER_CAME, 'point:taoshuwan taoshuwan-crack']);
    await report(5 * MINUTE_MS, () => [other(160), rain()]);
    expect(await landslide()).toMatchObject({ id: lost?.id, level: 'yellow', condition: 'dataLost' });
    await report(40 * SECOND_MS, () => [crack(2_500), other(160), rain()]);
    expect(await landslide()).toMatchObject({ id: lost?.id, level: 'yellow', condition: 'active' });
  });

  it('is not held against the sensors when the centre was away, and counts again from its return', async () => {
    const before = await saidSilent();
    await chain.stop('ingest');
    await chain.stop('rules');
    await chain.advance(HOUR_MS);
    await chain.start('rules');
    await chain.start('ingest');
    const waiting = chain.journal.heads();
    await chain.advance(30 * SECOND_MS);
    await until('a tick of the centre that is back', 5_000, () =>
      [...chain.journal.heads()].some(([partition, head]) => head > (waiting.get(partition) ?? 0)),
    );
    const all = () => [crack(2_500), other(160), good('taoshuwan-rain', clock.nowMs(), 0)];
    expect(await saidSilent()).toEqual(before);
    await report(2 * MINUTE_MS, all);
    expect(await saidSilent()).toEqual([PARK_NEVER_CAME]);
    // The same hour with the centre there is silence.
    await report(2 * MINUTE_MS, () => [crack(2_500), good('taoshuwan-rain', clock.nowMs(), 0)]);
    expect(await saidSilent()).toEqual([PARK_NEVER_CAME, 'point:xiangshui xiangshui-crack']);
    await report(40 * SECOND_MS, all);
    expect(await saidSilent()).toEqual([PARK_NEVER_CAME]);
  });

  it('of a gateway is one message about the gateway, and none about its sensors', async () => {
    const openBefore = chain.alerts.list({ gridCodes: ['451099'] }, 100, null).items.length;
    shiqiao.die();
    const ticking = async (ms: number) => {
      const endMs = clock.nowMs() + ms;
      while (clock.nowMs() < endMs) {
        await chain.advance(20 * SECOND_MS);
        await qingxi.send(wellAtLongtan());
      }
    };
    await until('the last will on disk', 5_000, () =>
      [...chain.journal.heads()].some(([partition]) =>
        chain.journal.read(partition, 0, 100_000).some((row) => row.kind === 'edge' && row.state === 'lost'),
      ),
    );
    await ticking(5 * MINUTE_MS);
    expect(await saidSilent()).toEqual([PARK_NEVER_CAME, 'edge:edge-shiqiao -']);
    expect(chain.alerts.list({ gridCodes: ['451099'] }, 100, null).items.length).toBe(openBefore + 1);
    const landslide = (await alertsOf(chain, 'taoshuwan')).find((alert) => alert.hazard === 'landslide');
    expect(landslide).toMatchObject({ level: 'yellow', condition: 'dataLost' });
    shiqiao = await chain.box('edge-shiqiao');
    await ticking(20 * SECOND_MS);
    expect(await saidSilent()).toEqual([PARK_NEVER_CAME]);
  });
});
