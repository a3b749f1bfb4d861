/**
 * A prefecture's registry: how long its files take to be read, checked and bound (once, cold, from a disk), and how long
 * a place takes to find its grid, beside asking every boundary in turn.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocator } from '#cli/load/geometry.ts';
import { readCounty } from '#cli/load/io/read-county.ts';
import type { Registry } from '#model/registry.ts';
import { formatLint } from '#model/result.ts';
import { hash01, PREFECTURE, prefecture } from '#test/bench/prefecture.ts';
import type { BenchRow } from '#test/bench/row.ts';
import { locateNaively } from '#test/registry/naive-locator.ts';

const NOW = Date.UTC(2026, 5, 3, 6);
const DAY = '2026-06-03';
const LOOKUPS = 200_000;
const NAIVE_LOOKUPS = 40;

let loaded: Registry | undefined;

/** Seconds from the folder to a registry in force; a wrong number of anything is a failure. */
function loadPrefecture(): number {
  const dir = mkdtempSync(join(tmpdir(), 'fengsui-prefecture-'));
  try {
    for (const [name, text] of prefecture()) writeFileSync(join(dir, name), text);
    const began = performance.now();
    const read = readCounty(dir, NOW);
    const seconds = (performance.now() - began) / 1_000;
    if (!read.ok) throw new Error(read.error.slice(0, 3).map(formatLint).join('; '));
    const { grids, people, points } = read.value;
    const counts = { grids: grids.size, people: people.size, points: points.size };
    if (JSON.stringify(counts) !== JSON.stringify(PREFECTURE)) throw new Error(`loaded ${JSON.stringify(counts)}`);
    loaded = read.value;
    return seconds;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function registry(): Registry {
  if (loaded === undefined) loadPrefecture();
  if (loaded === undefined) throw new Error('no registry');
  return loaded;
}

const place = (step: number): readonly [number, number] => [
  107.5 + hash01(step, 11) * 1.36,
  27 + hash01(step, 13) * 1.3,
];

function locateMicroseconds(lookups: number, locate: (lon: number, lat: number) => string | null): number {
  let found = 0;
  const began = performance.now();
  for (let step = 0; step < lookups; step++) if (locate(...place(step)) !== null) found++;
  const spentMs = performance.now() - began;
  if (found < lookups * 0.95) throw new Error(`only ${found} of ${lookups} places lie in a grid`);
  return (spentMs * 1_000) / lookups;
}

export const rows: readonly BenchRow[] = [
  { name: 'grid.load_s', unit: 's', budget: 5, better: 'lower', run: async () => loadPrefecture() },
  {
    name: 'grid.locate_us',
    unit: 'µs',
    budget: 20,
    better: 'lower',
    run: async () => {
      const locate = openLocator(registry().grids.values(), DAY);
      locateMicroseconds(20_000, locate);
      return locateMicroseconds(LOOKUPS, locate);
    },
  },
  {
    name: 'grid.locate_naive_us',
    unit: 'µs',
    budget: null,
    better: 'lower',
    run: async () => {
      const grids = [...registry().grids.values()];
      return locateMicroseconds(NAIVE_LOOKUPS, (lon, lat) => locateNaively(grids, DAY, lon, lat));
    },
  },
];
