/** Runs the rules stage: journal in, transitions out. */
import { supervise } from '#model/io/supervise.ts';
import type { JournalReader } from '#model/journal.ts';
import type { Service, StageContext } from '#model/ports.ts';
import { type Followers, type FollowOptions, follow } from './io/follow.ts';
import { openRulesStore } from './io/store.ts';

export type RulesConfig = { readonly dataDir: string } & Partial<FollowOptions>;

const DEFAULTS: FollowOptions = { snapshotRows: 20_000, snapshotMs: 60_000, cursorMs: 1_000 };

/** Follows the journal until it is stopped; what was judged and not yet on disk is judged again by the next run. */
export async function startRules(
  config: RulesConfig,
  ports: { readonly journal: JournalReader },
  ctx: StageContext,
): Promise<Service> {
  const { dataDir, ...given } = config;
  const options = { ...DEFAULTS, ...given };
  const store = openRulesStore(dataDir);
  const stopping = new AbortController();
  const signal = AbortSignal.any([ctx.signal, stopping.signal]);
  const { clock, log, metrics } = ctx;

  let waiting: (() => void) | undefined;
  const wakeUp = () => {
    waiting?.();
    waiting = undefined;
  };
  const unsubscribe = ports.journal.onWake(wakeUp);
  signal.addEventListener('abort', wakeUp, { once: true });
  const rowsMayHaveCome = (): Promise<void> =>
    new Promise((resolve) => {
      waiting = resolve;
      if (signal.aborted) wakeUp();
    });

  let current: Followers | undefined;
  const run = supervise({ name: 'rules', log, metrics, clock, signal }, async () => {
    // A fresh start after a failure too: engines come from their snapshots, never from a half-judged row.
    const followers = follow(ports.journal, store, options, ctx);
    current = followers;
    while (!signal.aborted) {
      const came = rowsMayHaveCome();
      while (!signal.aborted && followers.turn()) await new Promise<void>((resolve) => setImmediate(resolve));
      await came;
    }
  });

  return {
    name: 'rules',
    addresses: [],
    stop: async () => {
      stopping.abort();
      await run;
      unsubscribe();
      try {
        current?.finish();
      } catch (cause) {
        // The next run judges from the last snapshot that is whole.
        log.warn('the last snapshot was not written', { cause: String(cause) });
      }
      store.close();
    },
  };
}
