/** Which of a gauge's values are doubted, and that every value is kept. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegisterSpec } from '../../model/device-profile.ts';
import { doubtGauge, type GaugeMemory } from './doubts.ts';
import { noteSign, type SignOfLife } from './sign-of-life.ts';

const spec: RegisterSpec = {
  name: 'crack',
  key: 'crack',
  quantity: 'displacement',
  functionCode: 3,
  address: 0,
  type: 'int16',
  order: 'ABCD',
  scale: 1,
  offset: 0,
  sentinels: [],
  counter: null,
  plausible: { min: -50, max: 2000, maxPerMinute: null },
};
const S = 1_000;

/** `value flags` of each poll, ten seconds apart. */
function flagsOf(values: readonly number[], given: Partial<RegisterSpec>, everyMs = 10 * S): string[] {
  let memory: GaugeMemory = {};
  return values.map((inUnit, index) => {
    const doubted = doubtGauge({ ...spec, ...given }, memory, { inUnit, atMs: index * everyMs }, inUnit);
    memory = doubted.memory;
    return [inUnit, ...doubted.flags].join(' ');
  });
}

describe('a value that leaves', () => {
  it('and comes back was a spike, and its way back is none', () => {
    expect(flagsOf([10, 10, 500, 10, 11], { spike: 20 })).toEqual(['10', '10', '500 spike', '10', '11']);
  });
  it('and stays is believed from the second poll on, also when it goes on moving', () => {
    expect(flagsOf([10, 500, 501, 502], { spike: 20 })).toEqual(['10', '500 spike', '501', '502']);
    expect(flagsOf([10, 60, 140, 300], { spike: 20 })).toEqual(['10', '60 spike', '140', '300 spike']);
    expect(flagsOf([10, 60, 140, 300, 700], { spike: 20 }).at(-1)).toBe('700');
  });
  it('and jumps to the other side is doubted again', () => {
    expect(flagsOf([0, 500, -50, 500, -50], { spike: 20 })).toEqual([
      '0',
      '500 spike',
      '-50 spike',
      '500 spike',
      '-50 spike',
    ]);
  });
  it('is no spike where the profile names none', () => {
    expect(flagsOf([10, 500, 10], {})).toEqual(['10', '500', '10']);
  });
});

describe('a value that moves faster than the device can', () => {
  const plausible = { min: -50, max: 2000, maxPerMinute: 60 };
  it('is doubted once, and the pace is counted from the minute', () => {
    expect(flagsOf([10, 60, 130, 400, 401], { plausible })).toEqual(['10', '60', '130 rate', '400 rate', '401']);
  });
  it('is not doubted for the way back of a spike', () => {
    expect(flagsOf([10, 500, 10, 12], { plausible, spike: 20 })).toEqual(['10', '500 rate spike', '10', '12']);
  });
});

describe('a value that does not move', () => {
  it('is doubted when it has stood longer than its device can stand still, until it moves', () => {
    const flat = flagsOf([7, 7, 7, 7, 7, 8, 8], { flatAfterMs: 30 * S });
    expect(flat).toEqual(['7', '7', '7', '7', '7 flat', '8', '8']);
  });
});

describe('whatever comes', () => {
  it('a real collapse is doubted for one poll at most, wherever it begins', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -40, max: 100, noNaN: true }),
        fc.array(fc.double({ min: 25, max: 400, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (start, steps) => {
          // Every step is at least as large as the one before: it accelerates, as slopes do.
          const grown = [...steps].sort((a, b) => a - b);
          const way = [start];
          for (const step of grown) way.push((way.at(-1) ?? start) + step);
          const told = flagsOf(way, { spike: 20, plausible: { min: -1e6, max: 1e6, maxPerMinute: null } });
          for (let poll = 1; poll < told.length; poll++)
            expect(told[poll]?.includes('spike') && told[poll - 1]?.includes('spike')).not.toBe(true);
        },
      ),
    );
  });
});

describe("a device's own sign of life", () => {
  it('is as old as the poll at which it last moved', () => {
    let sign: SignOfLife | undefined;
    const seen = [[1], [1], [2], [2], [2]].map((words, index) => {
      sign = noteSign(sign, words, index * S);
      return sign.movedMs;
    });
    expect(seen).toEqual([0, 0, 2 * S, 2 * S, 2 * S]);
  });
});
