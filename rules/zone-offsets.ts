/** The offsets of a zone from UTC as a list, so that an engine needs no table of zones and a replay none of today's. */
import type { ZoneOffsets } from '#model/rule-set.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '#model/time.ts';

/** Rules by season are judged between these; before and after the offset of the nearest end holds. */
const FROM_MS = Date.UTC(1985, 0, 1);
const TO_MS = Date.UTC(2061, 0, 1);
/** Two changes of a zone are further apart than this. */
const STEP_MS = 14 * DAY_MS;

const known = new Map<string, ZoneOffsets>();

/** Minutes east of UTC, from a text such as `GMT+08:00`. */
function offsetOf(format: Intl.DateTimeFormat, atMs: EpochMs): number {
  const name = format.formatToParts(new Date(atMs)).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const match = /GMT([+-])(\d\d):(\d\d)/.exec(name);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -minutes : minutes) * MINUTE_MS;
}

/** From 1985 to 2060; the same list for the same zone. */
export function zoneOffsets(zone: string): ZoneOffsets {
  const found = known.get(zone);
  if (found !== undefined) return found;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const fromMs = [FROM_MS];
  let after = offsetOf(format, FROM_MS);
  const offsetsMs = [after];
  for (let atMs = FROM_MS; atMs < TO_MS; atMs += STEP_MS) {
    const before = after;
    after = offsetOf(format, atMs + STEP_MS);
    if (before === after) continue;
    let low = atMs;
    let high = atMs + STEP_MS;
    while (high - low > MINUTE_MS) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
      if (offsetOf(format, middle) === before) low = middle;
      else high = middle;
    }
    fromMs.push(high);
    offsetsMs.push(after);
  }
  const made = { zone, fromMs, offsetsMs };
  known.set(zone, made);
  return made;
}
