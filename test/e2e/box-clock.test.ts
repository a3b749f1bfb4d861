import { afterEach, describe, expect, it } from 'vitest';
import { edgeDir, edgeSecretFile } from '#cli/io/secrets.ts';
import { startEdge } from '#edge/main.ts';
import { type EdgeConfig, NOTHING_LOCAL } from '#model/edge-config.ts';
import { openClock } from '#model/io/clock.ts';
import { loadProfiles, registersReply, startScriptedUnit, testContext } from '#test/edge/support.ts';
import { until } from '#test/support/until.ts';
import { startChain } from './support/chain.ts';
import { alertsOf } from './support/client.ts';
import { swap } from './support/county-copy.ts';

const EDGE_ID = 'edge-shiqiao';
const SENSOR = 'taoshuwan-crack';
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

/** The centre, and a box whose crack meter shows 90 mm and whose own clock stands at `wallMs`. */
async function startRed(wallMs: number) {
  const chain = await startChain({
    edit: (county) => county.edit('rules/slope-displacement.yaml', (text) => swap(text, 'onDelay: 1s', 'onDelay: 0s')),
  });
  cleanups.push(() => chain.close());
  const words = [0x42b4, 0, 0, 0]; // 90.0 as a float, high word first
  const unit = await startScriptedUnit((request, reply) =>
    reply(registersReply(request, words.slice(0, request.count))),
  );
  cleanups.push(() => unit.stop());
  const edge = chain.registry.current().edges.get(EDGE_ID);
  const config: EdgeConfig = {
    ...{ edgeId: EDGE_ID, township: edge?.township ?? '', inventoryVersion: 'v1', profiles: loadProfiles() },
    buses: [
      {
        ...{ id: 'a', kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: unit.port, pollMs: 200 },
        units: [{ unitId: 2, profile: 'crack-meter-rs485', sensors: [{ sensorId: SENSOR, register: 'displacement' }] }],
      },
    ],
    ...{ links: [], local: NOTHING_LOCAL, mqttUrl: chain.mqttUrl() },
    credentialFile: edgeSecretFile(chain.dataDir, EDGE_ID),
    dataDir: edgeDir(chain.dataDir, EDGE_ID),
  };
  const real = openClock({ kind: 'real' });
  const shiftMs = wallMs - real.nowMs();
  const sinceMs = Date.now();
  const box = await startEdge(config, testContext({ ...real, nowMs: () => real.nowMs() + shiftMs }));
  cleanups.push(() => box.stop());
  return { chain, sinceMs };
}

describe('a box without a clock, from its wire to the alert', () => {
  it.each([
    ['1970', 5_000],
    ['2000', Date.UTC(2000, 0, 1)],
    ['2059', Date.UTC(2059, 0, 1)],
  ])(
    'that starts in %s raises its red now and says so; then it has the time',
    { timeout: 60_000 },
    async (_year, wallMs) => {
      const { chain, sinceMs } = await startRed(wallMs);
      const alert = await until('the red alert', 15_000, async () =>
        (await alertsOf(chain, 'taoshuwan')).find(({ hazard }) => hazard === 'landslide'),
      );
      expect(alert).toMatchObject({ level: 'red', condition: 'active' });
      const raised = chain.alerts.eventsAfter(0, 100).find(({ kind }) => kind === 'raised');
      expect(raised?.text.zh).toContain('设备时钟未校准，按接收时间判定');
      expect(raised?.atMs).toBeGreaterThanOrEqual(sinceMs - 1_000);
      expect(raised?.atMs).toBeLessThanOrEqual(Date.now());
      // History has every reading within these seconds, and takes the mark off once the box knows the time.
      const points = () => chain.history.range(SENSOR, 0, Number.MAX_SAFE_INTEGER, 1_000);
      await until(
        'readings of a known time',
        10_000,
        () => points().length >= 5 && points().every(({ flags }) => flags.length === 0),
      );
      for (const { atMs } of points()) {
        expect(atMs).toBeGreaterThanOrEqual(sinceMs - 1_000);
        expect(atMs).toBeLessThanOrEqual(Date.now() + 1_000);
      }
      expect((await alertsOf(chain, 'taoshuwan')).filter(({ hazard }) => hazard === 'landslide')).toHaveLength(1);
    },
  );
});
