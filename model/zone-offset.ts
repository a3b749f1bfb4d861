/** How far a zone's clocks stand from UTC, by the tables that the runtime carries; looked up once a quarter of an hour. */
import { type EpochMs, MINUTE_MS } from '#model/time.ts';

/** Every zone's clocks stand on a quarter of an hour, and change there. */
export const QUARTER_MS = 15 * MINUTE_MS;
/** Three years of quarters: whoever walks further begins anew. */
const KEPT = 105_000;

/** Milliseconds to add to an instant to get what clocks of the zone show. `zone` is an IANA name that the caller has checked. */
export function openZoneOffset(zone: string): (atMs: EpochMs) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const known = new Map<number, number>();
  let last = Number.NaN;
  let offsetMs = 0;
  const look = (quarter: number): number => {
    const found = known.get(quarter);
    if (found !== undefined) return found;
    const name = format.formatToParts(quarter * QUARTER_MS).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const match = /GMT([+-])(\d\d):(\d\d)/.exec(name);
    const minutes = match === null ? 0 : Number(match[2]) * 60 + Number(match[3]);
    const made = (match?.[1] === '-' ? -minutes : minutes) * MINUTE_MS;
    if (known.size >= KEPT) known.clear();
    known.set(quarter, made);
    return made;
  };
  return (atMs) => {
    const quarter = Math.floor(atMs / QUARTER_MS);
    if (quarter !== last) {
      offsetMs = look(quarter);
      last = quarter;
    }
    return offsetMs;
  };
}
