/** What of the edge's judgement survives: a kill at each place, a disk that refuses, a file that is broken, rules that go. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { clockPolicy } from '#edge/acquire/clock-watch.ts';
import { openLocal } from '#edge/io/local.ts';
import { Outbox } from '#edge/io/outbox.ts';
import { openRecorder } from '#edge/io/recorder.ts';
import type { EdgeConfig } from '#model/edge-config.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import { eventsOnDisk, localConfig, PROFILES, RULES, story } from './local-rig.ts';
import { edgeConfig, tempDir, testContext } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

const START = Date.UTC(2026, 5, 1);

/** One life of an edge without its buses; `end` is what a kill leaves, `stop` what a clean end does. */
function live(config: EdgeConfig, clock: ReturnType<typeof openSteppedClock>, hasLocal = true) {
  const ctx = testContext(clock);
  const outbox = new Outbox({ dataDir: config.dataDir, log: ctx.log, metrics: ctx.metrics });
  const recorder = openRecorder(config, ctx, outbox, clockPolicy({ kind: 'real' }));
  const local = hasLocal ? openLocal(config, { ctx, outbox, recorder }) : undefined;
  const writes: boolean[] = [];
  local?.begin(() => ({
    write: async (_unitId, _register, on) => {
      writes.push(on);
      return { ok: true, value: undefined };
    },
    read: async () => ({ ok: true, value: [0] }),
  }));
  const spec = config.profiles[PROFILES.meter]?.registers[0];
  if (spec === undefined) throw new Error('the profile is missing');
  /** The crack's opening, as float32 in two registers. */
  const read = (mm: number): boolean => {
    clock.advanceTo(clock.nowMs() + 1_000);
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, mm);
    const words = [view.getUint16(0), view.getUint16(2)];
    const outcome = { kind: 'words', sensorId: 'crack', spec, measuredAtMs: clock.nowMs(), words } as const;
    return recorder.record({ busId: 'a', outcomes: [outcome], events: [], units: [] });
  };
  const end = () => outbox.close(clock.nowMs());
  const stop = async () => {
    await local?.endTests();
    await local?.stop();
    end();
  };
  return { ctx, outbox, recorder, local, read, end, stop, writes, siren: () => writes.at(-1) };
}

function village() {
  const folder = tempDir();
  cleanups.push(folder.remove);
  const config: EdgeConfig = { ...edgeConfig(folder.path, 1, []), local: localConfig() };
  const clock = openSteppedClock(START);
  return { config, clock, told: () => story(eventsOnDisk(config.dataDir)) };
}

describe('an edge that begins again', () => {
  it('tells what it had read and not yet judged when it was killed, once', async () => {
    const { config, clock, told } = village();
    const first = live(config, clock);
    first.read(5);
    await first.local?.endTests();
    first.end();
    // The batch is on disk, and the process ended before it was judged.
    const killed = live(config, clock, false);
    killed.read(82);
    killed.end();
    expect(told()).toEqual([]);
    for (let life = 0; life < 3; life++) {
      const again = live(config, clock);
      expect(again.siren()).toBe(true);
      expect(story((again.local?.active() ?? []).map((condition) => ({ kind: 'condition', condition })))).toEqual([
        'opening@1 none>red',
      ]);
      await again.local?.endTests();
      again.end();
    }
    expect(told()).toEqual(['opening@1 none>red', 'siren on red']);
  });

  it('does not tell again what it had told behind its last snapshot when it was killed', async () => {
    const { config, clock, told } = village();
    const first = live(config, clock);
    first.read(82);
    first.read(5);
    first.read(45);
    await first.local?.endTests();
    first.end();
    const before = told();
    const second = live(config, clock);
    second.read(82);
    await second.stop();
    expect(before).toEqual([
      'opening@1 none>red',
      'siren on red',
      'opening@1 red>none',
      'siren off none',
      'opening@1 none>orange',
    ]);
    expect(told()).toEqual([...before, 'opening@1 orange>red', 'siren on red']);
  });

  it('judges the same after a clean stop, and clears what is over', async () => {
    const { config, clock, told } = village();
    const first = live(config, clock);
    first.read(82);
    await vi.waitFor(() => expect(first.siren()).toBe(true));
    await first.stop();
    const second = live(config, clock);
    second.read(83);
    await vi.waitFor(() => expect(second.siren()).toBe(true));
    second.read(5);
    await vi.waitFor(() => expect(second.siren()).toBe(false));
    await second.stop();
    expect(told()).toEqual(['opening@1 none>red', 'siren on red', 'opening@1 red>none', 'siren off none']);
    expect([first.writes, second.writes]).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  it('sounds with a disk that refuses everything, and tells it when the disk is back', async () => {
    const { config, clock, told } = village();
    const edge = live(config, clock);
    edge.read(5);
    const commit = vi.spyOn(edge.outbox, 'commit').mockImplementation(() => {
      throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
    });
    expect(edge.read(82)).toBe(false);
    await vi.waitFor(() => expect(edge.siren()).toBe(true));
    commit.mockRestore();
    expect(edge.read(82)).toBe(true);
    expect(told()).toEqual(['opening@1 none>red', 'siren on red']);
    await edge.stop();
  });

  it('keeps judging when its file is broken and a new one begins', async () => {
    const { config, clock, told } = village();
    const first = live(config, clock);
    first.read(82);
    await first.stop();
    const [name = ''] = readdirSync(config.dataDir).filter((entry) => entry.endsWith('.sqlite'));
    writeFileSync(join(config.dataDir, name), Buffer.alloc(8_192, 7));
    const second = live(config, clock);
    second.read(5);
    second.read(82);
    second.read(5);
    // Whatever could not be saved of the old file: what is read now is judged.
    expect(told().slice(-2)).toEqual(['opening@1 red>none', 'siren off none']);
    await second.stop();
  });

  it('closes what its new rules do not know, and leaves the outbox free when it has none any more', async () => {
    const { config, clock, told } = village();
    const first = live(config, clock);
    first.read(82);
    await first.stop();
    const local = { ...config.local, ruleSet: { ...RULES, version: 'rules-2', rules: [] } };
    const second = live({ ...config, local }, clock);
    await second.stop();
    expect(told()).toEqual(['opening@1 none>red', 'siren on red', 'opening@1 red>none', 'siren off none']);
    const third = live({ ...config, local: { ...config.local, ruleSet: null } }, clock);
    expect(third.outbox.engineState()).toBeUndefined();
    expect(third.local?.ruleSetVersion()).toBeNull();
    await third.stop();
  });
});
