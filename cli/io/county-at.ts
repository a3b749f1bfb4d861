/** The county's folder as it is at a moment that a person typed; only reads. */
import { inspectCounty } from '#cli/load/io/read-county.ts';
import { parseMoment } from '#cli/moment.ts';
import type { Registry } from '#model/registry.ts';
import { err, formatLint, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';

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
