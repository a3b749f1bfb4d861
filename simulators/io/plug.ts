/** Whether a line's wire is in; what serves the line waits on it, and lets go when it is pulled. */

export type Plug = {
  readonly set: (isIn: boolean) => void;
  readonly isIn: () => boolean;
  /** Resolves when the wire is in, or the signal aborts. */
  readonly whenIn: (signal: AbortSignal) => Promise<void>;
  /** Aborts when the wire that is in now is pulled, or `signal` does; `release` when nobody waits for it any more. */
  readonly session: (signal: AbortSignal) => { readonly signal: AbortSignal; readonly release: () => void };
};

export function createPlug(): Plug {
  let isIn = true;
  const listeners = new Set<() => void>();
  return {
    isIn: () => isIn,
    set: (next) => {
      if (next === isIn) return;
      isIn = next;
      for (const run of [...listeners]) run();
    },
    whenIn: (signal) =>
      new Promise((resolve) => {
        const look = () => {
          if (!isIn && !signal.aborted) return;
          listeners.delete(look);
          signal.removeEventListener('abort', look);
          resolve();
        };
        listeners.add(look);
        signal.addEventListener('abort', look);
        look();
      }),
    session: (signal) => {
      const session = new AbortController();
      const look = () => {
        if (!isIn || signal.aborted) session.abort();
      };
      listeners.add(look);
      signal.addEventListener('abort', look);
      look();
      return {
        signal: session.signal,
        release: () => {
          listeners.delete(look);
          signal.removeEventListener('abort', look);
        },
      };
    },
  };
}

/** Serves again and again while the wire is in, until the signal aborts; what `serve` throws goes to its caller. */
export async function servePlugged(
  plug: Plug,
  signal: AbortSignal,
  serve: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await plug.whenIn(signal);
    const session = plug.session(signal);
    try {
      if (!session.signal.aborted) await serve(session.signal);
    } finally {
      session.release();
    }
  }
}
