/**
 * Holds one relay in the state that is wanted: written at once, confirmed by the unit, repeated until it is, and said
 * again every minute while it is on, because a board that lost its supply comes back with its relays off.
 */
import type { Log } from '../../model/ports.ts';
import type { Result } from '../../model/result.ts';

/** What a bus can do for an output or a button. */
export type BusDoor = {
  readonly write: (
    unitId: number,
    register: string,
    on: boolean,
  ) => Promise<Result<void, { readonly reason: string; readonly detail: string }>>;
  readonly read: (unitId: number, register: string) => Promise<Result<readonly number[], { readonly detail: string }>>;
};

/** The bus as it runs now: a new configuration may have put another one in its place. */
export type DoorOf = (busId: string) => BusDoor | undefined;

export type Relay = {
  /** The newest wish holds; a write under way is followed by the one that it needs. */
  readonly want: (on: boolean) => void;
  /** Resolves when the unit has confirmed the newest wish, or after the limit. */
  readonly settled: (limitMs: number) => Promise<void>;
  /** Leaves the relay as it is. */
  readonly stop: () => void;
};

const REASSERT_MS = 60_000;
/** The bus has tried three times by then, for seconds: the pauses leave the line to the others. */
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 15_000;

export type RelayHow = {
  readonly outputId: string;
  readonly write: (on: boolean) => ReturnType<BusDoor['write']>;
  /** Told once a wish, however often it fails. */
  readonly onFailed: (wanted: boolean, detail: string) => void;
  readonly log: Log;
};

export function holdRelay({ outputId, write, onFailed, log }: RelayHow): Relay {
  let wanted: boolean | undefined;
  let confirmed: boolean | undefined;
  let isWriting = false;
  let isStopped = false;
  let toldFailure = false;
  let retryMs = FIRST_RETRY_MS;
  let timer: NodeJS.Timeout | undefined;
  const waiters: (() => void)[] = [];

  const later = (ms: number) => {
    clearTimeout(timer);
    timer = isStopped ? undefined : setTimeout(() => void hold(), ms);
  };
  const settle = () => {
    for (const resolve of waiters.splice(0)) resolve();
  };
  const noteFailure = (wish: boolean, detail: string) => {
    confirmed = undefined;
    log.warn('an output could not be switched', { output: outputId, wanted: wish, detail });
    if (!toldFailure) onFailed(wish, detail);
    toldFailure = true;
    later(retryMs);
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  };
  const noteConfirmed = (wish: boolean) => {
    if (confirmed !== wish) log.info('an output was switched', { output: outputId, on: wish });
    confirmed = wish;
    toldFailure = false;
    retryMs = FIRST_RETRY_MS;
    if (wish) later(REASSERT_MS);
    settle();
  };

  /** One write at a time; what was wished meanwhile is written next. */
  const hold = async (): Promise<void> => {
    if (isWriting || isStopped || wanted === undefined) return;
    isWriting = true;
    const wish = wanted;
    const result = await write(wish).catch((cause: unknown) => ({
      ok: false as const,
      error: { reason: 'bug', detail: String(cause) },
    }));
    isWriting = false;
    if (isStopped) return settle();
    if (wanted !== wish) return hold();
    if (result.ok) noteConfirmed(wish);
    else noteFailure(wish, result.error.detail);
  };

  return {
    want: (on) => {
      if (wanted === on) return;
      wanted = on;
      confirmed = undefined;
      toldFailure = false;
      retryMs = FIRST_RETRY_MS;
      clearTimeout(timer);
      void hold();
    },
    settled: (limitMs) =>
      new Promise((resolve) => {
        if (confirmed === wanted) return resolve();
        const limit = setTimeout(resolve, limitMs);
        waiters.push(() => {
          clearTimeout(limit);
          resolve();
        });
      }),
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      waiters.splice(0).forEach((resolve) => {
        resolve();
      });
    },
  };
}
