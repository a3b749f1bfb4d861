/** Decides whether one more try is allowed: at most `limit` in `windowMs` a key, in bounded memory. */

export type Throttle = {
  /** 0 when allowed (and counted), otherwise the milliseconds to wait. */
  readonly take: (key: string, nowMs: number) => number;
};

/** When `maxKeys` are known the oldest key is forgotten first, so that a flood of names cannot fill the memory. */
export function createThrottle(limit: number, windowMs: number, maxKeys = 10_000): Throttle {
  const windows = new Map<string, { startMs: number; count: number }>();
  return {
    take: (key, nowMs) => {
      const window = windows.get(key);
      if (window === undefined || nowMs - window.startMs >= windowMs) {
        windows.delete(key);
        if (windows.size >= maxKeys) {
          const oldest = windows.keys().next();
          if (oldest.done === false) windows.delete(oldest.value);
        }
        windows.set(key, { startMs: nowMs, count: 1 });
        return 0;
      }
      if (window.count >= limit) return windowMs - (nowMs - window.startMs);
      window.count += 1;
      return 0;
    },
  };
}
