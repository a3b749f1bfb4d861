import { describe, expect, it, onTestFinished } from 'vitest';
import { describedReply } from './bus-rig.ts';
import { ADDRESSES, startOverTcp as start } from './bus-tcp-rig.ts';
import { until } from './support.ts';

describe('values that say where they come from', () => {
  const everyThird = (seed: number) => {
    let state = seed;
    return () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state / 2 ** 31;
    };
  };
  const expectOwnValues = (values: (sensorId: string) => readonly number[], unitIds: readonly number[]): number => {
    let seen = 0;
    for (const unitId of unitIds)
      for (const address of ADDRESSES) {
        const read = values(`${unitId}-${address}`);
        for (const value of read) expect(value).toBe(unitId * 1_000 + address);
        seen += read.length;
      }
    return seen;
  };
  it.each([1, 2, 3])(
    'never appear elsewhere, with late answers from random units and the line cut (seed %i)',
    async (seed) => {
      const random = everyThird(seed);
      const unitIds = [1, 2, 3, 4];
      const { values, line, count } = await start(
        (asked, reply) => {
          const luck = random();
          // Nearly twice the time that the profile allows, so that it comes in others' turns.
          reply(describedReply(asked), luck < 0.8 ? 0 : 60 + (luck - 0.8) * 275);
        },
        { unitIds, timeoutMs: 60, pollMs: 5 },
      );
      const cuts = [setTimeout(line.cut, 700), setTimeout(line.cut, 2_000)];
      onTestFinished(() => cuts.forEach(clearTimeout));
      const total = () => unitIds.reduce((sum, unitId) => sum + values(`${unitId}-20`).length, 0);
      await until('enough values', () => total() >= 60 && count('fengsui_edge_bus_reopens_total a') >= 2, 18_000);
      expect(expectOwnValues(values, unitIds)).toBeGreaterThan(100);
      expect(count('fengsui_edge_frames_bad_total a late')).toBeGreaterThan(0);
    },
  );

  it('a slow unit is not called dead, and its first slow answer is not lost', async () => {
    let asked = 0;
    const { reasons, values, events } = await start(
      (frame, reply) => {
        asked++;
        // Quick for long enough to be expected quick, then slow within its time.
        reply(describedReply(frame), frame.unitId === 1 && asked > 60 ? 250 : 0);
      },
      { unitIds: [1, 2], timeoutMs: 1_500 },
    );
    await until('slow answers are read', () => asked > 90 && values('1-20').length > 12, 20_000);
    expect(reasons('1-20')).toEqual([]);
    expect(events.some((event) => event.kind === 'unit')).toBe(false);
  });

  it('eight dead units of thirty-two cost the others next to nothing', async () => {
    const unitIds = Array.from({ length: 32 }, (_, at) => at + 1);
    const isDead = (unitId: number) => unitId % 4 === 0;
    let dead = false;
    const { values, events, reasons } = await start(
      (asked, reply) => {
        if (!dead || !isDead(asked.unitId)) reply(describedReply(asked));
      },
      { unitIds, pollMs: 10, timeoutMs: 200 },
    );
    await until('all answer', () => values('32-40').length > 0, 20_000);
    dead = true;
    const silent = () => events.filter((event) => event.kind === 'unit' && event.state === 'silent').length;
    await until('the dead are known', () => silent() === 8, 40_000);
    const from = values('1-20').length;
    const skippedFrom = reasons('4-20').filter((reason) => reason === 'skipped').length;
    await until('the living are read on', () => values('1-20').length >= from + 10, 20_000);
    expect(reasons('1-20')).toEqual([]);
    expect(reasons('4-20').filter((reason) => reason === 'skipped').length).toBeGreaterThan(skippedFrom + 5);
  }, 90_000);
});
