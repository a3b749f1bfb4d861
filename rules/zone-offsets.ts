/** The offsets of a zone from UTC as a list, so that an engine needs no table of zones and a replay none of today's. */
import type { ZoneOffsets } from '#model/rule-set.ts';
import { DAY_MS, MINUTE_MS } from '#model/time.ts';
import { openZoneOffset } from '#model/zone-offset.ts';

/** Rules by season are judged between these; before and after the offset of the nearest end holds. */
const FROM_MS = Date.UTC(1985, 0, 1);
const TO_MS = Date.UTC(2061, 0, 1);
/** Two changes of a zone are further apart than this. */
const STEP_MS = 14 * DAY_MS;

const known = new Map<string, ZoneOffsets>();

/** From 1985 to 2060; the same list for the same zone. */
export function zoneOffsets(zone: string): ZoneOffsets {
  const found = known.get(zone);
  if (found !== undefined) return found;
  const offsetOf = openZoneOffset(zone);
  const fromMs = [FROM_MS];
  let after = offsetOf(FROM_MS);
  const offsetsMs = [after];
  for (let atMs = FROM_MS; atMs < TO_MS; atMs += STEP_MS) {
    const before = after;
    after = offsetOf(atMs + STEP_MS);
    if (before === after) continue;
    let low = atMs;
    let high = atMs + STEP_MS;
    while (high - low > MINUTE_MS) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
      if (offsetOf(middle) === before) low = middle;
      else high = middle;
    }
    fromMs.push(high);
    offsetsMs.push(after);
  }
  const made = { zone, fromMs, offsetsMs };
  known.set(zone, made);
  return made;
}
