/** A bell: wakes one waiting loop, and remembers a ring that came while the loop was busy. */
import type { Clock } from '#model/time.ts';

export type Bell = {
  readonly ring: () => void;
  /** Resolves at the next ring, after `ms` of the chain's time, or when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
};

export function openBell(clock: Clock): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const finish = () => {
          cancel();
          signal.removeEventListener('abort', finish);
          wake = undefined;
          rung = false;
          resolve();
        };
        const cancel = clock.after(ms, finish);
        signal.addEventListener('abort', finish, { once: true });
        wake = finish;
        if (rung || signal.aborted) finish();
      }),
  };
}
