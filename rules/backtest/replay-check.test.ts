import { describe, expect, it } from 'vitest';
import type { DoubtNote } from '#model/transition.ts';
import { openReplayCheck, sayMismatch } from './replay-check.ts';

const note = (id: string, atMs: number): DoubtNote => ({
  ...{ kind: 'doubt', id, rule: 'lone@1', sensorId: 's', pointId: 'p', origin: 'live', doubted: true },
  ...{ atMs, decidedAtMs: atMs, late: false, reason: { zh: '孤立', en: 'alone' }, partition: 1, pos: atMs },
});

describe('a replay compared with what came live', () => {
  it('finds equal what has the same content, in whatever order its keys stand', () => {
    const check = openReplayCheck([note('a', 1)]);
    check.take([Object.fromEntries(Object.entries(note('a', 1)).reverse()) as unknown as DoubtNote]);
    expect(check.finish()).toEqual({ equal: 1, mismatches: [] });
  });

  it('names what is missing, what is new and what part differs', () => {
    const check = openReplayCheck([note('a', 1), note('b', 2)]);
    check.take([{ ...note('a', 1), doubted: false }, note('c', 3)]);
    const { equal, mismatches } = check.finish();
    expect(equal).toBe(0);
    expect(mismatches.map(({ kind, id, parts }) => [kind, id, ...parts])).toEqual([
      ['different', 'a', 'doubted'],
      ['extra', 'c'],
      ['missing', 'b'],
    ]);
    expect(mismatches.map(sayMismatch)).toEqual(['different in doubted: a', 'replay only: c', 'live only: b']);
  });
});
