/** Rain while the disk takes nothing: it is judged as it falls, and counted once. */
import { afterEach, expect, it, vi } from 'vitest';
import { clockPolicy } from '#edge/acquire/clock-watch.ts';
import { openLocal } from '#edge/io/local.ts';
import { Outbox } from '#edge/io/outbox.ts';
import { openRecorder } from '#edge/io/recorder.ts';
import type { EdgeConfig } from '#model/edge-config.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { eventsOnDisk, localConfig, RULES, story } from './local-rig.ts';
import { EDGE_ID, edgeConfig, tempDir, testContext } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

/** Red at 50 mm in an hour. */
const RAIN_RULES: CompiledRuleSet = {
  ...RULES,
  inventory: [{ sensorId: 'rain', pointId: 'taoshuwan', edgeId: EDGE_ID, quantity: 'rain', staleAfterMs: 60_000 }],
  rules: [
    {
      ...{ rule: 'rain@1', title: { zh: '雨', en: 'rain' }, hazard: 'landslide', pointId: 'taoshuwan' },
      ...{ sensorId: 'rain', measure: { kind: 'rollingSum', windowMs: 3_600_000, bucketMs: 300_000 } },
      limits: [{ level: 'red', limit: 50_000, deadband: 0, onDelayMs: 0, offDelayMs: 0 }],
    },
  ],
};

function live() {
  const folder = tempDir();
  cleanups.push(folder.remove);
  const config: EdgeConfig = {
    ...edgeConfig(folder.path, 1, []),
    local: { ...localConfig(), ruleSet: RAIN_RULES },
  };
  const clock = openSteppedClock(Date.UTC(2026, 5, 1));
  const ctx = testContext(clock);
  const outbox = new Outbox({ dataDir: config.dataDir, log: ctx.log, metrics: ctx.metrics });
  const recorder = openRecorder(config, ctx, outbox, clockPolicy({ kind: 'real' }));
  const local = openLocal(config, { ctx, outbox, recorder });
  cleanups.push(async () => {
    await local.stop();
    outbox.close(clock.nowMs());
  });
  local.begin(() => ({
    write: async () => ({ ok: true, value: undefined }),
    read: async () => ({ ok: true, value: [0] }),
  }));
  const spec = config.profiles['sl651-rain-gauge']?.registers[0];
  if (spec === undefined) throw new Error('the profile is missing');
  const record = (more: { readonly quantity?: 'rain'; readonly counter?: null }, raw: number | null): boolean => {
    clock.advanceTo(clock.nowMs() + 60_000);
    const at = { sensorId: 'rain', spec: { ...spec, ...more }, measuredAtMs: clock.nowMs() };
    const outcome =
      raw === null
        ? ({ ...at, kind: 'failure', reason: 'timeout' } as const)
        : ({ ...at, kind: 'words', words: [raw >>> 16, raw & 0xffff] } as const);
    return recorder.record({ busId: 'a', outcomes: [outcome], events: [], units: [] });
  };
  const refuse = () => {
    const spy = vi.spyOn(outbox, 'commit').mockImplementation(() => {
      throw Object.assign(new Error('attempt to write a readonly database'), { errcode: 8 });
    });
    return () => spy.mockRestore();
  };
  return {
    /** Tips of 0.1 mm, counted by the gauge. */
    tips: (raw: number | null) => record({}, raw),
    /** Tenths of a millimetre of one hour, as a station sends them until they are confirmed. */
    hour: (raw: number) => record({ counter: null }, raw),
    refuse,
    level: () => local.active()[0]?.to ?? 'none',
    told: () => story(eventsOnDisk(config.dataDir)),
  };
}

it('raises the alarm with a disk that refuses every cycle, and tells it when the disk is back', () => {
  const { tips, refuse, level, told } = live();
  expect(tips(0)).toBe(true);
  const mend = refuse();
  for (const raw of [200, 400, 600]) expect(tips(raw)).toBe(false);
  expect(level()).toBe('red');
  mend();
  expect(tips(610)).toBe(true);
  expect(told()).toEqual(['rain@1 none>red', 'siren on red']);
});

it('counts once what fell meanwhile, also when the first cycle on disk brought no value', () => {
  const { tips, refuse, level } = live();
  tips(0);
  const mend = refuse();
  for (const raw of [100, 200, 300]) tips(raw);
  mend();
  expect(tips(null)).toBe(true);
  tips(310);
  // 31 mm, not 61: nothing stands, and 48 mm is nothing yet.
  tips(480);
  expect(level()).toBe('none');
  tips(510);
  expect(level()).toBe('red');
});

it('an hour of rain that a station sends again and again, since it is not confirmed, is no storm', () => {
  const { hour, refuse, level } = live();
  hour(0);
  const mend = refuse();
  for (let again = 0; again < 10; again++) hour(200);
  expect(level()).toBe('none');
  mend();
  hour(200);
  expect(level()).toBe('none');
});
