/** Waits for a condition, with a limit; the only way in which tests wait. */
export async function until<T>(
  what: string,
  limitMs: number,
  look: () => T | undefined | false | null | Promise<T | undefined | false | null>,
): Promise<T> {
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
