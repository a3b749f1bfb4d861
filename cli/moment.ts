/** A moment as a person types it. */
import { openZone } from '#cli/load/zone.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';

/** ISO 8601 with an offset, or the county's own wall clock without one. */
export function parseMoment(raw: string, zone: string): EpochMs | undefined {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(raw)) {
    const atMs = Date.parse(raw);
    return Number.isFinite(atMs) ? atMs : undefined;
  }
  const wall = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d):(\d\d))?$/.exec(raw);
  const day = wall === null ? Number.NaN : Date.parse(`${wall[1]}T00:00:00Z`) / DAY_MS;
  if (wall === null || !Number.isFinite(day)) return undefined;
  return openZone(zone).toEpoch(day, Number(wall[2] ?? 0) * 60 + Number(wall[3] ?? 0));
}
