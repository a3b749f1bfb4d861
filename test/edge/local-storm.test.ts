import { afterEach, expect, it } from 'vitest';
import { clockPolicy } from '#edge/acquire/clock-watch.ts';
import { Outbox } from '#edge/io/outbox.ts';
import { openRecorder } from '#edge/io/recorder.ts';
import { decodeBatch, MAX_BATCH_BYTES } from '#model/batch.ts';
import type { EdgeEvent } from '#model/edge-event.ts';
import { edgeConfig, tempDir, testContext } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const run of cleanups.splice(0).reverse()) run();
});

const condition = (index: number): EdgeEvent => ({
  kind: 'condition',
  condition: {
    ...{ rule: 'opening@1', hazard: 'landslide', pointId: `point-${index}`, from: 'none', to: 'red' },
    ...{ condition: 'active', atMs: 1, late: false, reason: { zh: '位移'.repeat(60), en: 'opening '.repeat(30) } },
    evidence: {
      ...{ sensorId: `sensor-${index}`, quantity: 'displacement', measure: 'value', windowMs: null },
      ...{ value: 8_200, limit: 8_000, limits: [], coverage: null },
    },
  },
});

it('a thousand conditions at once are split into batches that the centre takes, in their order and in one commit', () => {
  const folder = tempDir();
  cleanups.push(folder.remove);
  const ctx = testContext();
  const config = edgeConfig(folder.path, 1, []);
  const outbox = new Outbox({ dataDir: config.dataDir, log: ctx.log, metrics: ctx.metrics });
  cleanups.push(() => outbox.close(ctx.clock.nowMs()));
  const recorder = openRecorder(config, ctx, outbox, clockPolicy({ kind: 'real' }));
  const events = Array.from({ length: 1_000 }, (_, index) => condition(index));
  expect(recorder.record({ outcomes: [], events, units: [] })).toBe(true);
  expect(ctx.places).toEqual(['outbox.committed']);
  const bodies = [...outbox.rowsAfter(0)].map(({ body }) => body);
  expect(bodies.length).toBeGreaterThan(1);
  expect(Math.max(...bodies.map((body) => Buffer.byteLength(body)))).toBeLessThanOrEqual(MAX_BATCH_BYTES);
  expect(
    bodies.flatMap((body) => {
      const batch = decodeBatch(body);
      return batch.ok ? batch.value.events : [];
    }),
  ).toEqual(events);
});
