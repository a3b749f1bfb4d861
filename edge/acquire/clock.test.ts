import { describe, expect, it, test } from 'vitest';
import { addUndated, dateEarlier, readBootLine, writeBootLine } from './boot-line.ts';
import { centreLine, type HeardTime, noteCentre } from './centre-clock.ts';
import { type ClockSight, clockPolicy, judgeTime, leadBy, onNewLine, watchClock } from './clock-watch.ts';

const NOW = Date.UTC(2026, 5, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const Y2059 = Date.UTC(2059, 0, 1);
const policy = clockPolicy({ kind: 'real' });
const sight = (nowMs: number, more: Partial<ClockSight> = {}): ClockSight => ({
  ...{ nowMs, monoMs: 1_000, newestBatchMs: undefined, centreOffsetMs: undefined },
  ...more,
});

describe('a wall clock beside the centre', () => {
  test.each([
    ['2059, when the centre is heard', sight(Y2059, { centreOffsetMs: Y2059 - NOW }), 'unsure', NOW - Y2059],
    ['2059, before the centre is heard', sight(Y2059), 'synced', 0],
    ['1970', sight(5_000, { centreOffsetMs: 5_000 - NOW }), 'unsure', NOW - 5_000],
    ['2000', sight(Date.UTC(2000, 0, 1)), 'unsure', 0],
    [
      'three hours behind, as it was when the power went',
      sight(NOW - 3 * HOUR, { centreOffsetMs: -3 * HOUR }),
      'unsure',
      3 * HOUR,
    ],
    ['nine minutes ahead', sight(NOW, { centreOffsetMs: 9 * MINUTE }), 'synced', 0],
    ['eleven minutes ahead', sight(NOW, { centreOffsetMs: 11 * MINUTE }), 'unsure', -11 * MINUTE],
    ['right, and the centre in 2015', sight(NOW, { centreOffsetMs: NOW - Date.UTC(2015, 0, 1) }), 'synced', 0],
    ['behind its own outbox, which is of 2059', sight(NOW, { newestBatchMs: Y2059, centreOffsetMs: 50 }), 'synced', 0],
    [
      'behind its own outbox, two minutes off',
      sight(NOW, { newestBatchMs: Y2059, centreOffsetMs: 2 * MINUTE }),
      'unsure',
      -2 * MINUTE,
    ],
  ] as const)('%s', (_name, seen, quality, byMs) => {
    expect(judgeTime(policy, seen)).toBe(quality);
    expect(leadBy(policy, seen, false)).toBe(byMs);
  });

  it('is not compared where a virtual clock is shared', () => {
    const virtual = clockPolicy({ kind: 'virtual', startMs: NOW, speed: 100, anchorMs: undefined });
    expect(judgeTime(virtual, sight(NOW, { centreOffsetMs: HOUR }))).toBe('synced');
    expect(leadBy(virtual, sight(5_000, { centreOffsetMs: 5_000 - NOW }), false)).toBe(0);
  });

  it('is led again when its crystal has run away ten seconds, and not for less', () => {
    expect(leadBy(policy, sight(NOW, { centreOffsetMs: 9_000 }), true)).toBe(0);
    expect(leadBy(policy, sight(NOW, { centreOffsetMs: 11_000 }), true)).toBe(-11_000);
    expect(leadBy(policy, sight(NOW, { centreOffsetMs: 11_000 }), false)).toBe(0);
  });
});

describe('what is told of a clock that was set', () => {
  const first = (nowMs: number) => watchClock(policy, 'b', undefined, sight(nowMs)).state;
  const told = (fromMs: number, toMs: number) => watchClock(policy, 'b', first(fromMs), sight(toMs)).event;

  it('an unset clock that is set to another unset time tells nothing, since the first that is told stands', () => {
    expect(told(5_000, Date.UTC(2010, 0, 1))).toBeUndefined();
    expect(told(5_000, NOW)).toMatchObject({ utcAtMonoZeroMs: NOW - 1_000 });
  });
  it('a right clock that is spoiled tells what this boot knew before', () => {
    expect(told(NOW, 5_000)).toMatchObject({ utcAtMonoZeroMs: NOW - 1_000, stepMs: 5_000 - NOW });
  });
  it('a right clock that is put right by an hour, either way, tells the new time', () => {
    for (const step of [HOUR, -HOUR])
      expect(told(NOW, NOW + step)).toMatchObject({ utcAtMonoZeroMs: NOW + step - 1_000, stepMs: step });
  });
  it('a reading of a poll that began before is put on the new line, one that began after stays', () => {
    const step = NOW - 5_000;
    expect(onNewLine(4_000, step, NOW)).toBe(NOW - 1_000);
    expect(onNewLine(NOW - 1_000, step, NOW)).toBe(NOW - 1_000);
    expect(onNewLine(NOW + HOUR - 1_000, -HOUR, NOW)).toBe(NOW - 1_000);
  });
});

describe("the centre's clock", () => {
  const heard = (list: readonly Partial<HeardTime>[]) =>
    centreLine(
      list.reduce<readonly Parameters<typeof centreLine>[0][number][]>(
        (samples, one) => noteCentre(samples, { centreMs: NOW, monoMs: 0, rttMs: 40, ...one }),
        [],
      ),
    );
  it('is not known before the first ack, and known from the first', () => {
    expect(centreLine([])).toBeUndefined();
    expect(heard([{ monoMs: 5_000 }])).toBe(NOW - 5_000 + 20);
    expect(heard([{ monoMs: 5_000, rttMs: undefined }])).toBe(NOW - 5_000);
  });
  it('is the median of the quickest: neither a stalled line nor one wrong ack moves it', () => {
    const usual = [{ monoMs: 0 }, { centreMs: NOW + 100, monoMs: 100 }, { centreMs: NOW + 200, monoMs: 200 }];
    expect(heard(usual)).toBe(NOW + 20);
    expect(heard([...usual, { centreMs: NOW + 300, monoMs: 90_300, rttMs: 90_000 }])).toBe(NOW + 20);
    expect(heard([{ centreMs: 0, monoMs: 0 }, ...usual])).toBe(NOW + 20);
  });
  it('is not told by an ack that was kept on its way', () => {
    const kept = { centreMs: NOW, monoMs: 1_800_000, rttMs: 1_800_000 };
    expect(noteCentre([], kept, 60_000)).toEqual([]);
    expect(noteCentre([], { ...kept, rttMs: 59_000 }, 60_000)).toHaveLength(1);
  });
  it('that was set itself is followed after as many acks as are kept', () => {
    const old = Array.from({ length: 20 }, (_, at) => ({ centreMs: NOW + at, monoMs: at }));
    const set = Array.from({ length: 7 }, (_, at) => ({ centreMs: NOW + HOUR + at, monoMs: at }));
    expect(heard([...old, ...set])).toBe(NOW + HOUR + 20);
  });
});

describe('processes of one boot of the machine', () => {
  const line = addUndated(addUndated(readBootLine(undefined, 'm1'), { bootId: 'a', zeroMs: 10_000 }), {
    bootId: 'b',
    zeroMs: 70_000,
  });
  it('that crashed before the clock was set are dated by the one that sees it set', () => {
    const again = readBootLine(writeBootLine(line), 'm1');
    expect(again).toEqual(line);
    expect(dateEarlier(again, { bootId: 'b', zeroMs: 70_000 }, NOW)).toEqual([
      { kind: 'clock', bootId: 'a', utcAtMonoZeroMs: NOW - 60_000, stepMs: 0 },
    ]);
  });
  it('count for nothing after the machine was started anew, nor when the note is broken', () => {
    expect(readBootLine(writeBootLine(line), 'm2').undated).toEqual([]);
    for (const text of [
      '',
      'null',
      '[]',
      '{"machineId":"m1","undated":3}',
      '{"machineId":"m1","undated":[{"bootId":1}]}',
    ])
      expect(readBootLine(text, 'm1').undated).toEqual([]);
  });
  it('are kept in number', () => {
    const many = Array.from({ length: 100 }, (_, at) => ({ bootId: `b${at}`, zeroMs: at }));
    const kept = many.reduce(addUndated, readBootLine(undefined, 'm1')).undated;
    expect(kept.at(-1)?.bootId).toBe('b99');
    expect(writeBootLine({ machineId: 'm'.repeat(36), undated: kept }).length).toBeLessThan(4_096);
  });
});
