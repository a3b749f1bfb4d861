import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KEEP_ACKED_MS } from '#edge/io/outbox.ts';
import { NOTES_PER_PREFIX } from '#edge/io/outbox-memory.ts';
import { cycle, openOutbox, rainCycle, START_MS, waiting } from './outbox-support.ts';
import { tempDir } from './support.ts';

let folder = tempDir();
beforeEach(() => {
  folder = tempDir();
});
afterEach(() => folder.remove());

describe('what a protocol notes with a cycle', () => {
  it('is there after a restart together with the readings, and a later note under the same key takes its place', () => {
    const first = openOutbox(folder.path).outbox;
    first.commit(cycle(START_MS, [], [], { notes: [{ key: 'sl651/1/7', value: 'a' }] }));
    first.commit({ ...rainCycle(START_MS, 0, 5), notes: [{ key: 'sl651/1/7', value: 'b' }] });
    first.close(START_MS);
    const second = openOutbox(folder.path).outbox;
    expect(second.note('sl651/1/7')).toBe('b');
    expect(second.note('sl651/1/8')).toBeUndefined();
    expect(waiting(second).map(({ seq }) => seq)).toEqual([1]);
    second.close(START_MS);
  });

  it('is bounded per prefix: the oldest go, those of another station stay', () => {
    const { outbox } = openOutbox(folder.path);
    outbox.commit(cycle(START_MS, [], [], { notes: [{ key: 'sl651/other/1', value: 'x' }] }));
    const notes = Array.from({ length: NOTES_PER_PREFIX + 3 }, (_, at) => ({ key: `sl651/1/${at}`, value: 'v' }));
    outbox.commit(cycle(START_MS, [], [], { notes }));
    expect([0, 2, 3, NOTES_PER_PREFIX + 2].map((at) => outbox.note(`sl651/1/${at}`))).toEqual([
      undefined,
      undefined,
      'v',
      'v',
    ]);
    expect(outbox.note('sl651/other/1')).toBe('x');
    outbox.close(START_MS);
  });
});

describe('an engine that judges what is in the outbox', () => {
  it('finds its snapshot and exactly the rows behind it after a restart', () => {
    const first = openOutbox(folder.path).outbox;
    expect(first.engineState()).toBeUndefined();
    first.commit({ ...rainCycle(START_MS, 0, 1), engine: { judgedSeq: 'cycle' } });
    expect(first.engineState()).toEqual({ judgedSeq: 1, snapshotSeq: 0, snapshot: undefined });
    first.commit({ ...rainCycle(START_MS + 1, 1, 2), engine: { judgedSeq: 1, snapshot: Uint8Array.of(7) } });
    first.commit({ ...rainCycle(START_MS + 2, 1, 3), engine: { judgedSeq: 2 } });
    first.noteAcked([[2, 2]]);
    first.close(START_MS + 3);
    const second = openOutbox(folder.path).outbox;
    expect(second.engineState()).toEqual({ judgedSeq: 2, snapshotSeq: 1, snapshot: Uint8Array.of(7) });
    expect([...second.rowsAfter(1)].map(({ seq }) => seq)).toEqual([2, 3]);
    second.close(START_MS + 3);
  });

  it('keeps acked rows until its snapshot covers them, and lets go of them when it is taken out of use', () => {
    const { outbox } = openOutbox(folder.path);
    for (let at = 0; at < 4; at++)
      outbox.commit({ ...rainCycle(START_MS + at, 1, at), engine: { judgedSeq: 'cycle' } });
    outbox.noteAcked([[1, 4]]);
    outbox.commit(rainCycle(START_MS + 5, 1, 5));
    const lateMs = START_MS + 6 + KEEP_ACKED_MS;
    outbox.commit(cycle(lateMs, [], []));
    expect(outbox.missing([[1, 5]])).toEqual([]);
    outbox.commit(cycle(lateMs, [], [], { engine: { judgedSeq: 3, snapshot: new Uint8Array(3) } }));
    outbox.commit(cycle(lateMs, [], []));
    expect(outbox.missing([[1, 5]])).toEqual([[1, 3]]);
    outbox.commit(cycle(lateMs, [], [], { engine: null }));
    outbox.commit(cycle(lateMs, [], []));
    expect(outbox.missing([[1, 5]])).toEqual([[1, 4]]);
    expect(outbox.engineState()).toBeUndefined();
    outbox.close(lateMs);
  });

  it('cannot have judged what is not there yet', () => {
    const { outbox } = openOutbox(folder.path);
    expect(() => outbox.commit({ ...rainCycle(START_MS, 1, 1), engine: { judgedSeq: 2 } })).toThrow(/judged/);
    expect(waiting(outbox)).toEqual([]);
    outbox.close(START_MS);
  });
});
