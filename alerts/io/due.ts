/** Runs what falls due in the parts: due times are stored, so a restart catches up and nothing hangs on a timer. */
import type { Clock } from '#model/time.ts';
import type { Directory } from '../directory.ts';
import { openBell } from './bell.ts';
import type { Store } from './store.ts';

export type Due = { readonly kick: () => void; readonly run: (signal: AbortSignal) => Promise<void> };

type Ports = {
  readonly clock: Clock;
  readonly directory: () => Directory;
  readonly onRun: (changed: readonly string[]) => void;
};

const LONGEST_WAIT_MS = 30_000;
/** Real time between two full commits, so that catching up after an outage holds up nothing else. */
const BREATH_MS = 2;

export function followDue(store: Store, { clock, directory, onRun }: Ports): Due {
  const bell = openBell(clock);
  return {
    kick: bell.ring,
    run: async (signal) => {
      while (!signal.aborted) {
        const dueMs = store.nextDueMs();
        const waitMs = dueMs === null ? LONGEST_WAIT_MS : dueMs - clock.nowMs();
        if (waitMs > 0) {
          await bell.wait(Math.min(waitMs, LONGEST_WAIT_MS), signal);
          continue;
        }
        onRun(store.runDue(directory(), clock.nowMs()));
        await new Promise<void>((resolve) => setTimeout(resolve, BREATH_MS));
      }
    },
  };
}
