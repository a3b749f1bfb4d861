/**
 * Writes the files into a folder without losing anybody's work: a file that is not ours, or that somebody has changed since
 * we wrote it, stays as it is. What we wrote is known by a list of checksums beside it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GrafanaFile } from '../files.ts';

const LIST = '.fengsui-grafana.json';

export type Written = {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  /** Not ours, or changed by somebody: left alone. */
  readonly foreign: readonly string[];
};

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

function readList(folder: string): ReadonlyMap<string, string> {
  const path = join(folder, LIST);
  if (!existsSync(path)) return new Map();
  try {
    const raw: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const entries = typeof raw === 'object' && raw !== null ? Object.entries(raw) : [];
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    // A list that cannot be read vouches for nothing.
    return new Map();
  }
}

function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.new`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}

/** With any foreign file in the way nothing at all is written, unless `force`. */
export function writeGrafanaFiles(folder: string, files: readonly GrafanaFile[], force: boolean): Written {
  const known = readList(folder);
  const looked = files.map(({ path, text, isSeed }) => {
    const at = join(folder, path);
    const there = existsSync(at) ? readFileSync(at, 'utf8') : undefined;
    if (there === undefined) return { path, text, state: 'new' as const };
    if (there === text || isSeed === true) return { path, text, state: 'same' as const };
    return { path, text, state: known.get(path) === sumOf(there) ? ('ours' as const) : ('foreign' as const) };
  });
  const pathsOf = (...states: readonly string[]) =>
    looked.filter(({ state }) => states.includes(state)).map(({ path }) => path);
  const foreign = pathsOf('foreign');
  if (foreign.length > 0 && !force) return { written: [], unchanged: pathsOf('same'), foreign };
  for (const { path, text, state } of looked) if (state !== 'same') writeWhole(join(folder, path), text);
  const sums = new Map([...known, ...looked.map(({ path, text }) => [path, sumOf(text)] as const)]);
  writeWhole(join(folder, LIST), `${JSON.stringify(Object.fromEntries(sums), null, 2)}\n`);
  return { written: pathsOf('new', 'ours', 'foreign'), unchanged: pathsOf('same'), foreign: [] };
}
