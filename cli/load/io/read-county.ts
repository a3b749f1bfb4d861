/** Reads the county's folder. Findings name files as a person in this folder would type them. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { COUNTY_FOLDERS, type CountyReport, checkCounty, type GridLook, isCountyFile } from '#cli/load/county.ts';
import type { Profiles } from '#cli/load/edges.ts';
import type { Registry } from '#model/registry.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';

/** Names of the county's files in a folder, sorted, with `/` between folders. */
export function listCountyFiles(dir: string): readonly string[] {
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir).flatMap((name) =>
    COUNTY_FOLDERS.has(name) && statSync(join(dir, name)).isDirectory()
      ? readdirSync(join(dir, name)).map((inner) => `${name}/${inner}`)
      : [name],
  );
  return names.filter(isCountyFile).sort();
}

export function readCountyFiles(dir: string): ReadonlyMap<string, string> {
  return new Map(listCountyFiles(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]));
}

/** Reads and checks a folder, with what was looked at; for `fengsui check`. */
export function inspectCounty(dir: string, nowMs: EpochMs, profiles?: Profiles, look?: GridLook): CountyReport {
  const report = checkCounty(readCountyFiles(dir), nowMs, profiles, look);
  const shown = (file: string) => relative('', join(dir, file));
  return { ...report, lints: report.lints.map((lint) => ({ ...lint, file: shown(lint.file) })) };
}

/** The registry of a folder as it is now. */
export function readCounty(dir: string, nowMs: EpochMs, profiles?: Profiles): Result<Registry, readonly Lint[]> {
  const { county, lints } = inspectCounty(dir, nowMs, profiles);
  return county === null ? err(lints) : ok(county.registry);
}
