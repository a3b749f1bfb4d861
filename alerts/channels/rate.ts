/**
 * At most so many messages in any minute, not on average: the platforms that count shut out whoever exceeds once. A part of
 * each minute is kept for the worst, so that a red never waits behind a minute full of blues.
 */

const MINUTE_MS = 60_000;

export type Rate = {
  /** Places in the minute that ends now: for any message, and for the worst ones. */
  readonly places: (monoMs: number) => { readonly any: number; readonly worst: number };
  /** How long until there is one. */
  readonly waitMs: (monoMs: number) => { readonly any: number; readonly worst: number };
  readonly take: (count: number, monoMs: number) => void;
};

/** A quarter of the minute, and nothing where there is hardly anything to divide. */
export const reservedOf = (perMinute: number): number => Math.floor(perMinute / 4);

/** `monoMs` never goes back. */
export function openRate(perMinute: number): Rate {
  /** The last `perMinute` instants, oldest at `next`. */
  const taken = new Float64Array(perMinute).fill(Number.NEGATIVE_INFINITY);
  let next = 0;
  const reserved = reservedOf(perMinute);
  const oldest = (nth: number): number => taken[(next + nth) % perMinute] ?? Number.NEGATIVE_INFINITY;
  /** They are in order, so those that are over are found by halving. */
  const free = (monoMs: number): number => {
    let [low, high] = [0, perMinute];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (oldest(middle) <= monoMs - MINUTE_MS) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const wait = (place: number, monoMs: number): number => Math.max(0, oldest(place) + MINUTE_MS - monoMs);
  return {
    places: (monoMs) => {
      const worst = free(monoMs);
      return { any: Math.max(0, worst - reserved), worst };
    },
    waitMs: (monoMs) => ({ any: wait(reserved, monoMs), worst: wait(0, monoMs) }),
    take: (count, monoMs) => {
      for (let n = 0; n < count; n++) {
        taken[next] = monoMs;
        next = (next + 1) % perMinute;
      }
    },
  };
}
