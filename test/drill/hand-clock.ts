/** A clock that a test moves: time stands still while something is awaited, however busy the machine is. */
import type { Clock, EpochMs } from '#model/time.ts';

const STEP_MS = 10_000;
const BREATH_MS = 4;

export type HandClock = Clock & { readonly pass: (toMs: EpochMs) => Promise<void> };

export function createHandClock(startMs: EpochMs): HandClock {
  let nowMs = startMs;
  const waiting = new Set<{ readonly atMs: number; readonly run: () => void }>();
  const after: Clock['after'] = (ms, run) => {
    const one = { atMs: nowMs + Math.max(ms, 0), run };
    if (ms <= 0) setImmediate(() => waiting.delete(one) && run());
    waiting.add(one);
    return () => waiting.delete(one);
  };
  const fire = (): void => {
    for (const one of [...waiting].sort((a, b) => a.atMs - b.atMs))
      if (one.atMs <= nowMs && waiting.delete(one)) one.run();
  };
  return {
    nowMs: () => nowMs,
    monoMs: () => nowMs - startMs,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const cancel = after(ms, () => resolve(true));
        signal?.addEventListener('abort', () => {
          cancel();
          resolve(false);
        });
      }),
    pass: async (toMs) => {
      while (nowMs < toMs) {
        nowMs = Math.min(nowMs + STEP_MS, toMs);
        fire();
        await new Promise((resolve) => setTimeout(resolve, BREATH_MS));
      }
    },
  };
}
