/** The golden county: small, with everything that is vacant, split, borderline or asleep somewhere. */
import { fileURLToPath } from 'node:url';
import { type Directory, indexRegistry } from '#alerts/directory.ts';
import { checkCounty, type LoadedCounty } from '#cli/load/county.ts';
import { readCountyFiles } from '#cli/load/io/read-county.ts';
import { formatLint, type Lint } from '#model/result.ts';

export const GOLDEN_DIR = fileURLToPath(new URL('./county', import.meta.url));

export function loadGolden(): { readonly county: LoadedCounty; readonly lints: readonly Lint[] } {
  const { county, lints } = checkCounty(readCountyFiles(GOLDEN_DIR), Date.parse('2026-06-03T14:00:00+08:00'));
  if (county === null) throw new Error(lints.map(formatLint).join('\n'));
  return { county, lints };
}

/** The directory as it is at an instant, with the roster written out around it. */
export function directoryAt(county: LoadedCounty): (atMs: number) => Directory {
  const known = new Map<number, Directory>();
  return (atMs) => {
    const found = known.get(atMs) ?? indexRegistry(county.at(atMs));
    known.set(atMs, found);
    return found;
  };
}
