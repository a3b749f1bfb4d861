import { describe, expect, it } from 'vitest';
import { createGapWatch } from './gaps.ts';

const TIMES = { afterMs: 30_000, pauseMs: 60_000, longestPauseMs: 600_000 };
const watchOf = (known: readonly (readonly [number, number])[] = []) =>
  createGapWatch(new Map([['e/p', known]]), TIMES);
/** Seconds at which a request goes out, when the watch is asked every second. */
const asked = (watch: ReturnType<typeof createGapWatch>, fromS: number, toS: number) => {
  const at: number[] = [];
  for (let s = fromS; s <= toS; s++) if (watch.due('e', s * 1_000) !== undefined) at.push(s);
  return at;
};

describe('holes in what an edge sent', () => {
  it('are asked for when they have stood for 30 s, then ever more rarely while nothing comes', () => {
    const watch = watchOf();
    for (const seq of [1, 2, 5, 9]) watch.seen('e', 'p', seq);
    expect(watch.due('e', 0)).toBeUndefined();
    expect(watch.due('e', 30_000)?.ranges).toEqual([
      [3, 4],
      [6, 8],
    ]);
    expect(asked(watch, 31, 1_000)).toEqual([90, 210, 450, 930]);
  });

  it('are no matter while they fill, and not at all when they are filled', () => {
    const watch = watchOf([[1, 10]]);
    watch.stands('e', 'p', 200);
    const at: number[] = [];
    for (let s = 0; s < 190; s++) {
      if (s > 40) watch.seen('e', 'p', 11 + s - 41);
      if (watch.due('e', s * 1_000) !== undefined) at.push(s);
    }
    expect(at).toEqual([30]);
    for (let seq = 11; seq < 200; seq++) watch.seen('e', 'p', seq);
    expect(asked(watch, 190, 2_000)).toEqual([]);
  });

  it('are forgotten when the edge does not have them any more, and when it writes another outbox', () => {
    const watch = watchOf([[4, 10]]);
    watch.stands('e', 'p', 11);
    watch.settled('e', 'p', [[1, 3]]);
    expect(asked(watch, 0, 100)).toEqual([]);
    watch.stands('e', 'p', 15);
    watch.stands('e', 'new', 1);
    expect(asked(watch, 100, 1_000)).toEqual([]);
  });

  it('are greeted with what is missing and all that is beyond, once a minute', () => {
    const watch = watchOf([
      [1, 3],
      [6, 8],
    ]);
    expect(watch.greet('e', 0)).toBeUndefined();
    watch.stands('e', 'p', 6);
    const ranges = [
      [4, 5],
      [9, Number.MAX_SAFE_INTEGER],
    ];
    expect(watch.greet('e', 1_000)).toMatchObject({ edgeId: 'e', epoch: 'p', ranges });
    expect(watch.greet('e', 2_000)).toBeUndefined();
    expect(watch.greet('e', 61_000)).toMatchObject({ ranges });
  });

  it('come in messages of at most 64 ranges', () => {
    const watch = watchOf();
    for (let seq = 1; seq < 400; seq += 2) watch.seen('e', 'p', seq);
    watch.due('e', 0);
    expect(watch.due('e', 30_000)?.ranges).toHaveLength(64);
  });
});
