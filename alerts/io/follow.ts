/** Follows one log: takes what is new in bounded commits, on a wake-up or by a slow poll. */
import type { LogReader } from '#model/journal.ts';
import type { Log, Metrics } from '#model/ports.ts';
import type { Clock } from '#model/time.ts';
import { openBell } from './bell.ts';
import type { Store } from './store.ts';
import type { Entry, LogName, Taken } from './take-log.ts';

export type Following<T> = {
  readonly name: LogName;
  readonly log: LogReader<T>;
  readonly take: (entries: readonly Entry<T>[]) => Taken;
  readonly onTaken: (taken: Taken) => void;
};

type Ports = { readonly store: Store; readonly clock: Clock; readonly log: Log; readonly metrics: Metrics };

/** Bounds one commit, and with it how long deliveries and commands wait in a storm. */
const ENTRIES_A_COMMIT = 50;
/** Real time between two full commits: a storm must not keep the first messages from leaving. */
const BREATH_MS = 5;
const SLOW_POLL_MS = 60_000;

/** A log that ends before our cursor was written anew: begin it again, what was taken is recognised by its id. */
function checkCursor<T>(following: Following<T>, ports: Ports): void {
  const head = following.log.head();
  const cursor = ports.store.cursor(following.name);
  if (head === 0 || head >= cursor) return;
  ports.log.warn('a log begins anew, reading it from its start', { log: following.name, cursor, head });
  ports.store.resetCursor(following.name);
}

/** Takes everything that is there, giving way to others between commits. */
async function catchUp<T>(following: Following<T>, ports: Ports, signal: AbortSignal): Promise<void> {
  const { name } = following;
  // Each time: a log that is being written anew is still empty when its reader starts.
  checkCursor(following, ports);
  while (!signal.aborted) {
    const entries = following.log.read(ports.store.cursor(name), ENTRIES_A_COMMIT);
    if (entries.length > 0) {
      const taken = following.take(entries);
      ports.metrics.count('fengsui_alerts_entries_total', { log: name }, taken.entries);
      for (const { pos, reason } of taken.rejected) {
        ports.metrics.count('fengsui_alerts_rejected_total', { log: name });
        ports.log.error('entry set aside, it could not be taken', { log: name, pos, reason });
      }
      following.onTaken(taken);
    }
    ports.metrics.gauge('fengsui_alerts_lag_entries', Math.max(0, following.log.head() - ports.store.cursor(name)), {
      log: name,
    });
    if (entries.length < ENTRIES_A_COMMIT) return;
    await new Promise<void>((resolve) => setTimeout(resolve, BREATH_MS));
  }
}

export async function followLog<T>(following: Following<T>, ports: Ports, signal: AbortSignal): Promise<void> {
  const bell = openBell(ports.clock);
  const stopWatching = following.log.onWake(bell.ring);
  try {
    while (!signal.aborted) {
      await catchUp(following, ports, signal);
      await bell.wait(SLOW_POLL_MS, signal);
    }
  } finally {
    stopWatching();
  }
}
