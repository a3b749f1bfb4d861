/**
 * What the writer leaves to a refill that runs beside it: readings that are not the newest of their series, of days that
 * the refill has yet to compare. Written at once, one that is equal to a missing one would be taken for it. Newest ones
 * are newer than anything that is compared, and are written as ever.
 */
import { DAY_MS, type EpochMs } from '#model/time.ts';

export type LeftDays = {
  /** These days are compared now; what was left before is among them. */
  readonly begin: (days: Iterable<EpochMs>) => void;
  readonly compared: (dayMs: EpochMs) => void;
  /** True when the reading is the refill's; then its day is looked at once more. */
  readonly leaves: (atMs: EpochMs) => boolean;
  /** Days of which something was left since `begin`. */
  readonly left: () => ReadonlySet<EpochMs>;
  /** Nothing is left any more. */
  readonly end: () => void;
};

export function createLeftDays(): LeftDays {
  let pending = new Set<EpochMs>();
  let left = new Set<EpochMs>();
  return {
    begin: (days) => {
      pending = new Set(days);
      left = new Set();
    },
    compared: (dayMs) => pending.delete(dayMs),
    leaves: (atMs) => {
      const dayMs = Math.floor(atMs / DAY_MS) * DAY_MS;
      if (!pending.has(dayMs)) return false;
      left.add(dayMs);
      return true;
    },
    left: () => left,
    end: () => {
      pending = new Set();
      left = new Set();
    },
  };
}
