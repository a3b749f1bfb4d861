/**
 * Sends what is pushed one after the other, in its order, until it is on the centre's disk. Bounded: when it is full, what
 * comes is refused and what waits stays, so that nothing that was accepted is dropped for something newer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pushed } from '../link.ts';

export type Fate = Exclude<Pushed, { readonly kind: 'later' }> | { readonly kind: 'full' | 'closed' };
export type PushQueue = {
  readonly add: (body: string) => Promise<Fate>;
  readonly size: () => number;
  /** What waits is given back as `closed`; resolves to how much that was. */
  readonly close: () => number;
};
type Waiting = { readonly body: string; readonly settle: (fate: Fate) => void };
type Parts = {
  readonly push: (body: string) => Promise<Pushed>;
  readonly max: number;
  readonly onLater: (later: Extract<Pushed, { readonly kind: 'later' }>, waiting: number) => void;
  readonly firstWaitMs?: number;
};

const LONGEST_WAIT_MS = 60_000;

export function createPushQueue({ push, max, onLater, firstWaitMs = 1_000 }: Parts): PushQueue {
  const waiting: Waiting[] = [];
  const closing = new AbortController();
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    let waitMs = firstWaitMs;
    for (let first = waiting[0]; first !== undefined && !closing.signal.aborted; first = waiting[0]) {
      const pushed = await push(first.body);
      if (closing.signal.aborted) break;
      if (pushed.kind !== 'later') {
        waiting.shift();
        waitMs = firstWaitMs;
        first.settle(pushed);
        continue;
      }
      onLater(pushed, waiting.length);
      const pauseMs = Math.max(waitMs, pushed.afterMs ?? 0, pushed.isLogin ? 10 * firstWaitMs : 0);
      await sleep(Math.min(LONGEST_WAIT_MS, pauseMs), undefined, { signal: closing.signal }).catch(() => undefined);
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
    isRunning = false;
  }

  return {
    add: (body) =>
      new Promise((settle) => {
        if (closing.signal.aborted) return settle({ kind: 'closed' });
        if (waiting.length >= max) return settle({ kind: 'full' });
        waiting.push({ body, settle });
        if (!isRunning) void run();
      }),
    size: () => waiting.length,
    close: () => {
      closing.abort();
      const left = waiting.splice(0);
      for (const { settle } of left) settle({ kind: 'closed' });
      return left.length;
    },
  };
}
