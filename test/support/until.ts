/** Shorter limits fail on busy machines only; it is below the limit of a test, whose failure would not say what was waited for. */
const LEAST_MS = 18_000;

/** Waits for a condition, with a limit; the only way in which tests wait. How soon it must be, a test says by itself. */
export async function until<T>(
  what: string,
  wantedMs: number,
  look: () => T | undefined | false | null | Promise<T | undefined | false | null>,
): Promise<T> {
  const limitMs = Math.max(wantedMs, LEAST_MS);
  const startedMs = performance.now();
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false && found !== null) return found;
      last = undefined;
    } catch (cause) {
      last = cause;
    }
    if (performance.now() - startedMs > limitMs) {
      throw new Error(`waited ${limitMs} ms in vain for ${what}${last === undefined ? '' : `: ${String(last)}`}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}
