/** Joins tallies of the same series and day that were made of parts of its readings; sorted by sensor, origin, day. */
import type { DayTally } from '#model/history.ts';

export function joinTallies(tallies: readonly DayTally[]): readonly DayTally[] {
  const joined = new Map<string, DayTally>();
  for (const one of tallies) {
    const key = `${one.sensorId} ${one.origin} ${one.dayMs}`;
    const known = joined.get(key);
    const sum = known && { n: known.n + one.n, checksum: addChecksums(known.checksum, one.checksum) };
    joined.set(key, { ...one, ...sum });
  }
  return [...joined.values()].sort(
    (a, b) => compare(a.sensorId, b.sensorId) || compare(a.origin, b.origin) || a.dayMs - b.dayMs,
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** As model/tally.ts sums: two halves of 32 bits, each on its own. */
function addChecksums(a: string, b: string): string {
  const half = (text: string, from: number): number => Number.parseInt(text.slice(from, from + 8), 16);
  const added = (from: number): string => ((half(a, from) + half(b, from)) >>> 0).toString(16).padStart(8, '0');
  return added(0) + added(8);
}
