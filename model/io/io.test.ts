import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openLogReader, openLogWriter } from '#model/io/append-log.ts';
import { openClock, openSteppedClock } from '#model/io/clock.ts';
import { supervise } from '#model/io/supervise.ts';
import { openWakeWriter, watchWake } from '#model/io/wake.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean();
});
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'fengsui-'));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe('a log between two stages', () => {
  it('gives its reader every entry once, in order, also when the reader came first', () => {
    const path = join(folder(), 'a', 'log.sqlite');
    const reader = openLogReader<{ n: number }>(path);
    cleanups.push(reader.close);
    expect(reader.read(0, 10)).toEqual([]);
    const writer = openLogWriter<{ n: number }>(path);
    cleanups.push(writer.close);
    expect(
      writer.append([
        { key: 'a', entry: { n: 1 } },
        { key: 'b', entry: { n: 2 } },
      ]),
    ).toEqual([1, 2]);
    expect(writer.append([{ key: 'b', entry: { n: 2 } }])).toEqual([undefined]);
    writer.append([{ key: 'c', entry: { n: 3 } }]);
    expect(reader.read(0, 2).map(({ entry }) => entry.n)).toEqual([1, 2]);
    expect(reader.read(reader.read(0, 2).at(-1)?.pos ?? 0, 10).map(({ entry }) => entry.n)).toEqual([3]);
    expect(reader.head()).toBeGreaterThan(0);
  });

  it('wakes its reader after an append', async () => {
    const path = join(folder(), 'log.sqlite');
    const writer = openLogWriter<{ n: number }>(path);
    cleanups.push(writer.close);
    const reader = openLogReader<{ n: number }>(path);
    cleanups.push(reader.close);
    const seen = new Promise<number>((resolve) => {
      const stop = reader.onWake(() => {
        const entry = reader.read(0, 1)[0]?.entry;
        if (entry !== undefined) resolve(entry.n);
      });
      cleanups.push(stop);
    });
    writer.append([{ key: 'a', entry: { n: 7 } }]);
    expect(await seen).toBe(7);
  });
});

describe('wake-up files', () => {
  it('are watched although the writer makes them later', async () => {
    const path = join(folder(), 'x.wake');
    let woken = 0;
    const first = new Promise<void>((resolve) => {
      cleanups.push(
        watchWake(path, () => {
          woken++;
          resolve();
        }),
      );
    });
    const writer = openWakeWriter(path);
    cleanups.push(writer.close);
    writer.wake();
    await first;
    expect(woken).toBeGreaterThan(0);
  });
});

describe('clocks', () => {
  it('run as fast as asked', async () => {
    const clock = openClock({ kind: 'virtual', startMs: 1_000_000, speed: 1_000, anchorMs: undefined });
    const before = clock.nowMs();
    expect(await clock.sleep(5_000)).toBe(true);
    expect(clock.nowMs() - before).toBeGreaterThanOrEqual(4_000);
  });

  it('run their timers in order when stepped', async () => {
    const clock = openSteppedClock(1_000);
    const ran: string[] = [];
    clock.after(50, () => {
      ran.push(`b${clock.nowMs()}`);
    });
    clock.after(20, () => {
      ran.push(`a${clock.nowMs()}`);
      clock.after(10, () => ran.push(`c${clock.nowMs()}`));
    });
    const cancel = clock.after(30, () => ran.push('never'));
    cancel();
    clock.advanceTo(1_100);
    expect(ran).toEqual(['a1020', 'c1030', 'b1050']);
    expect(clock.nowMs()).toBe(1_100);
  });

  it('let a sleeper go when the signal aborts', async () => {
    const clock = openSteppedClock(0);
    const abort = new AbortController();
    const slept = clock.sleep(1_000, abort.signal);
    abort.abort();
    expect(await slept).toBe(false);
  });
});

describe('supervision', () => {
  it('starts a failing loop again until it ends by itself, and counts', async () => {
    const clock = openClock({ kind: 'virtual', startMs: 0, speed: 10_000, anchorMs: undefined });
    let runs = 0;
    let counted = 0;
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const metrics = {
      count: () => {
        counted++;
      },
      gauge: () => {},
    };
    await supervise({ name: 'test', log, metrics, clock, signal: new AbortController().signal }, async () => {
      runs++;
      if (runs < 3) throw new Error('boom');
    });
    expect([runs, counted]).toEqual([3, 2]);
  });
});
