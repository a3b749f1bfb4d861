import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegisterSpec } from '../../model/device-profile.ts';
import { afterSilence, breakerPolicy, chooseUnits, HEALTHY, type UnitHealth } from './breaker.ts';
import { clockPolicy, judgeTime, watchClock } from './clock-watch.ts';
import { countSince } from './counter.ts';
import { judgeOutcome, type SensorMemory } from './judge.ts';
import { gapSince, nextPoll } from './schedule.ts';

const MINUTE = 60_000;
const RAIN: RegisterSpec = {
  name: 'rain',
  key: 'accumulated',
  quantity: 'rain',
  functionCode: 3,
  address: 0,
  type: 'uint32',
  order: 'ABCD',
  scale: 0.1,
  offset: 0,
  sentinels: [0xffffffff],
  counter: { modulus: 1_000_000 },
  plausible: { min: 0, max: 4, maxPerMinute: 4 },
};
const LEVEL: RegisterSpec = {
  ...RAIN,
  quantity: 'level',
  type: 'int32',
  scale: 0.001,
  counter: null,
  plausible: { min: -1, max: 100, maxPerMinute: 3 },
};
const wordsOf = (raw: number): number[] => [(raw >>> 16) & 0xffff, raw & 0xffff];
const poll = (spec: RegisterSpec, raw: number, measuredAtMs: number, before: SensorMemory) =>
  judgeOutcome({ kind: 'words', sensorId: 's', spec, measuredAtMs, words: wordsOf(raw) }, before, 'synced');

describe('counters', () => {
  it('the first reading sets the base and gives nothing', () => {
    expect(countSince(RAIN, 1_000_000, undefined, { raw: 777, atMs: 0 })).toEqual({ counts: 0, flags: ['first'] });
  });
  it('a wrap within the plausible rate is a rollover, any other step back a reset', () => {
    const base = { raw: 999_990, atMs: 0 };
    expect(countSince(RAIN, 1_000_000, base, { raw: 5, atMs: MINUTE })).toEqual({ counts: 15, flags: ['rollover'] });
    expect(countSince(RAIN, 1_000_000, { raw: 5_000, atMs: 0 }, { raw: 3, atMs: MINUTE })).toEqual({
      counts: 3,
      flags: ['reset'],
    });
  });
  it('a step back after weeks of silence is a reset, whatever could have fallen by the rate', () => {
    const weeks = 30 * 24 * 60 * MINUTE;
    expect(countSince(RAIN, 1_000_000, { raw: 5_000, atMs: 0 }, { raw: 3, atMs: weeks })).toEqual({
      counts: 3,
      flags: ['reset'],
    });
    expect(countSince(RAIN, 1_000_000, { raw: 995_000, atMs: 0 }, { raw: 3, atMs: weeks })).toEqual({
      counts: 5_003,
      flags: ['rollover'],
    });
  });
  it('a count that outlives a loss of power and falls is another device: nothing is known of what fell', () => {
    const kept = { ...RAIN, counter: { modulus: 1_000_000, reset: 'never' } } as const;
    expect(countSince(kept, 1_000_000, { raw: 5_000, atMs: 0 }, { raw: 900, atMs: MINUTE })).toEqual({
      counts: 0,
      flags: ['first', 'reset'],
    });
  });
  it('an increment over a long silence counts whole and is not suspected', () => {
    expect(countSince(RAIN, 1_000_000, { raw: 0, atMs: 0 }, { raw: 2_000, atMs: 60 * MINUTE })).toEqual({
      counts: 2_000,
      flags: [],
    });
  });
  it('a leap beyond the rate is kept and marked', () => {
    const { reading } = poll(RAIN, 5_000, MINUTE, { base: { raw: 0, atMs: 0 } });
    expect(reading).toMatchObject({ quality: 'suspect', value: 500_000, flags: ['rate'], raw: 5_000 });
  });
  it('the sum of the increments is what fell, through failures, rollovers and restarts of the process', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ tips: fc.integer({ min: 0, max: 40 }), fails: fc.boolean() }), { maxLength: 60 }),
        fc.integer({ min: 0, max: 999_999 }),
        (polls, start) => {
          let total = start;
          let sum = 0;
          let memory: SensorMemory = poll(RAIN, start, 0, {}).memory;
          for (const [index, { tips, fails }] of [...polls, { tips: 0, fails: false }].entries()) {
            total += tips;
            const at = (index + 1) * MINUTE;
            const judged = fails
              ? judgeOutcome(
                  { kind: 'failure', sensorId: 's', spec: RAIN, measuredAtMs: at, reason: 'timeout' },
                  memory,
                  'synced',
                )
              : poll(RAIN, total % 1_000_000, at, memory);
            // Only what is on disk outlives a restart.
            memory = JSON.parse(JSON.stringify(judged.memory)) as SensorMemory;
            if (judged.reading.quality !== 'bad') sum += judged.reading.value;
          }
          expect(sum).toBe((total - start) * 100);
        },
      ),
    );
  });
});

describe('gauges', () => {
  it('a value is whole steps of its quantity', () => {
    expect(poll(LEVEL, 14_420, 0, {}).reading).toMatchObject({ quality: 'good', value: 14_420, raw: 14_420 });
  });
  it('out of range or too fast is suspect and keeps its value', () => {
    expect(poll(LEVEL, 150_000, 0, {}).reading).toMatchObject({ quality: 'suspect', flags: ['range'] });
    const before = poll(LEVEL, 1_000, 0, {}).memory;
    expect(poll(LEVEL, 9_000, 1_000, before).reading).toMatchObject({
      quality: 'suspect',
      flags: ['rate'],
      value: 9_000,
    });
    expect(poll(LEVEL, 9_000, 3 * MINUTE, before).reading).toMatchObject({ quality: 'good' });
  });
  it('the device code for no value gives a reason and no value', () => {
    const { reading } = poll(RAIN, 0xffffffff, 0, {});
    expect(reading).toMatchObject({ quality: 'bad', reason: 'sentinel' });
    expect(reading).not.toHaveProperty('value');
  });
  it('a number that does not fit the travelling 32 bits is no value', () => {
    expect(poll({ ...LEVEL, scale: 1 }, 2_000_000_000, 0, {}).reading).toMatchObject({
      quality: 'bad',
      reason: 'decode',
    });
  });
});

describe('the circuit breaker', () => {
  const policy = breakerPolicy(1_000);
  const silence = (times: number): UnitHealth => {
    let health = HEALTHY;
    for (let time = 0; time < times; time++) health = afterSilence(health, policy, 0);
    return health;
  };
  it('opens at the third silence and probes at growing intervals up to a minute', () => {
    expect([1, 2, 3, 4, 5, 20].map((times) => silence(times).probeEveryMs)).toEqual([
      0, 0, 2_000, 4_000, 8_000, 60_000,
    ]);
  });
  it('asks the answering first, one silent unit a cycle, and skips the others', () => {
    const health = new Map([
      [1, silence(5)],
      [2, HEALTHY],
      [3, silence(1)],
      [4, silence(3)],
    ]);
    expect(chooseUnits(health, [1, 2, 3, 4, 5], 9_000)).toEqual({ ask: [2, 5, 3, 4], skip: [1] });
    expect(chooseUnits(health, [1, 2, 3, 4, 5], 0)).toEqual({ ask: [2, 5, 3], skip: [1, 4] });
  });
});

describe('the schedule', () => {
  it('keeps to its grid and counts what it missed', () => {
    expect(nextPoll(1_000, 500, 1_200)).toEqual({ dueMs: 1_500, missed: 0 });
    expect(nextPoll(1_000, 500, 1_600)).toEqual({ dueMs: 1_500, missed: 0 });
    expect(nextPoll(1_000, 500, 3_100)).toEqual({ dueMs: 3_000, missed: 3 });
  });
  it('tells a gap when a poll was due in it', () => {
    expect(gapSince(undefined, 10, 5)).toBeUndefined();
    expect(gapSince(1_000, 1_900, 1_000)).toBeUndefined();
    expect(gapSince(1_000, 9_000, 1_000)).toEqual({ fromMs: 1_000, toMs: 9_000 });
  });
});

describe('the clock', () => {
  const policy = clockPolicy({ kind: 'real' });
  const at = Date.UTC(2026, 5, 1);
  const sight = { nowMs: at, monoMs: 1_000, newestBatchMs: undefined, centreOffsetMs: undefined };
  it('is unsure before the year of the software and behind its own outbox', () => {
    expect(judgeTime(policy, { ...sight, nowMs: 1_000 })).toBe('unsure');
    expect(judgeTime(policy, sight)).toBe('synced');
    expect(judgeTime(policy, { ...sight, newestBatchMs: at + 5_000 })).toBe('unsure');
    expect(judgeTime(policy, { ...sight, newestBatchMs: at + 5_000, centreOffsetMs: 200 })).toBe('synced');
  });
  it('a step beyond a second is told with the instant of the boot; a smaller one is not', () => {
    const first = watchClock(policy, 'b', undefined, sight);
    expect(first.event).toBeUndefined();
    const same = watchClock(policy, 'b', first.state, { ...sight, nowMs: at + 5_900, monoMs: 6_000 });
    expect(same.event).toBeUndefined();
    const moved = watchClock(policy, 'b', same.state, { ...sight, nowMs: at + 65_000, monoMs: 7_000 });
    expect(moved.event).toEqual({ kind: 'clock', bootId: 'b', utcAtMonoZeroMs: at + 58_000, stepMs: 59_000 });
  });
  it('a clock that becomes sure is told, whatever its step', () => {
    const first = watchClock(policy, 'b', undefined, { ...sight, nowMs: 5_000, monoMs: 5_000 });
    expect(first.state.quality).toBe('unsure');
    const set = watchClock(policy, 'b', first.state, { ...sight, nowMs: at, monoMs: 6_000 });
    expect(set).toMatchObject({ state: { quality: 'synced' }, event: { utcAtMonoZeroMs: at - 6_000 } });
  });
});
