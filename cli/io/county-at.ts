/** The county's folder as it is at a moment that a person typed; only reads. */
import { inspectCounty } from '#cli/load/io/read-county.ts';
import { openZone } from '#cli/load/zone.ts';
import type { Registry } from '#model/registry.ts';
import { err, formatLint, ok, type Result } from '#model/result.ts';
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

export type CountyAt = {
  readonly registry: Registry;
  readonly at: (atMs: EpochMs) => Registry;
  readonly atMs: EpochMs;
};

/** What is wrong is one text for the terminal. */
export function readCountyAt(dir: string, moment: string | undefined): Result<CountyAt, string> {
  const { county, lints } = inspectCounty(dir, Date.now());
  if (county === null) {
    const errors = lints.filter(({ severity }) => severity === 'error').map(formatLint);
    return err(`${errors.slice(0, 5).join('\n')}\nThe county in ${dir} cannot be read: run fengsui check.`);
  }
  const { zone } = county.registry.county;
  const atMs = moment === undefined ? Date.now() : parseMoment(moment, zone);
  if (atMs === undefined)
    return err(`"${moment}" is no moment: write "2026-06-03 14:00" (in ${zone}) or 2026-06-03T14:00:00+08:00.`);
  return ok({ registry: county.at(atMs), at: county.at, atMs });
}
