/** Waits on the real clock, for things of the wire and of this box; ends early with the signal. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });

/** True when the work was over in time; what it throws goes on to the caller. */
export async function within(work: Promise<unknown>, ms: number, signal: AbortSignal): Promise<boolean> {
  const limit = new AbortController();
  try {
    return await Promise.race([
      work.then(() => true),
      pause(ms, AbortSignal.any([limit.signal, signal])).then(() => false),
    ]);
  } finally {
    limit.abort();
  }
}
