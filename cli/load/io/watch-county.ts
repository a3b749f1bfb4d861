/**
 * The registry in force, kept up with the county's folder: an edit that holds takes effect, one that does not leaves
 * the last good registry and is told line by line. Files change in real time, whatever the chain's clock does.
 */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadedCounty, ROSTER_SPAN_MS } from '#cli/load/county.ts';
import type { Profiles } from '#cli/load/edges.ts';
import { inspectCounty, listCountyFiles } from '#cli/load/io/read-county.ts';
import type { Log, Metrics } from '#model/ports.ts';
import type { Registry, RegistryPort } from '#model/registry.ts';
import { err, formatLint, type Lint, ok, type Result } from '#model/result.ts';
import type { Clock } from '#model/time.ts';

const POLL_MS = 2_000;

export type CountyWatch = RegistryPort & {
  /** Findings of the newest edit, also when it was refused. */
  readonly lints: () => readonly Lint[];
  readonly stop: () => void;
};

export type WatchOptions = {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Asked at every load, so that a new device profile counts as well. */
  readonly profiles?: () => Profiles;
  readonly pollMs?: number;
};

/** Name, size and time of change of every file: differs after an edit. */
function stamp(dir: string): string {
  return listCountyFiles(dir)
    .map((name) => {
      try {
        const { mtimeMs, size } = statSync(join(dir, name));
        return `${name} ${mtimeMs} ${size}`;
      } catch {
        return `${name} gone`;
      }
    })
    .join('\n');
}

function tell(log: Log, lints: readonly Lint[]): void {
  for (const lint of lints) {
    const fields = { place: `${lint.file}:${lint.line}:${lint.column}`, kind: lint.kind, finding: formatLint(lint) };
    if (lint.severity === 'error') log.error('county file has an error', fields);
    else log.warn('county file has a warning', fields);
  }
}

/** Loads the folder once, which must hold, and watches it from then on. */
export function watchCounty(dir: string, options: WatchOptions): Result<CountyWatch, readonly Lint[]> {
  const { clock, log } = options;
  const inspect = () => inspectCounty(dir, clock.nowMs(), options.profiles?.());
  let seen = stamp(dir);
  const first = inspect();
  tell(log, first.lints);
  if (first.county === null) return err(first.lints);
  let loaded: LoadedCounty = first.county;
  let registry: Registry = loaded.registry;
  let rosterAtMs = clock.nowMs();
  let changesAtMs = loaded.nextChangeMs(rosterAtMs);
  let lints = first.lints;
  const listeners = new Set<() => void>();

  const reload = () => {
    const report = inspect();
    lints = report.lints;
    tell(log, lints);
    if (report.county === null) {
      options.metrics?.count('fengsui_county_refused_total', { part: 'county' });
      log.error('the edited county is refused, the last good one stays in force', { version: registry.version });
      return;
    }
    loaded = report.county;
    registry = loaded.registry;
    rosterAtMs = clock.nowMs();
    changesAtMs = loaded.nextChangeMs(rosterAtMs);
  };
  /** The roster is written out for weeks around a moment, and a grid's code has days on which it begins and ceases. */
  const keepUp = () => {
    const nowMs = clock.nowMs();
    if (Math.abs(nowMs - rosterAtMs) <= ROSTER_SPAN_MS / 2 && nowMs < changesAtMs) return;
    registry = loaded.at(nowMs);
    rosterAtMs = nowMs;
    changesAtMs = loaded.nextChangeMs(nowMs);
  };
  let told = registry.version;
  const tellChange = () => {
    keepUp();
    if (registry.version === told) return;
    told = registry.version;
    log.info('county loaded anew', { version: registry.version, points: registry.points.size });
    for (const run of listeners) run();
  };

  // An editor may write several files, or one in pieces: an edit counts when two looks in a row agree.
  let settling: string | undefined;
  const look = () => {
    try {
      const now = stamp(dir);
      if (now === seen) settling = undefined;
      else if (now !== settling) settling = now;
      else {
        seen = now;
        settling = undefined;
        reload();
      }
      tellChange();
    } catch (cause) {
      log.error('county folder cannot be read', { dir, cause: String(cause) });
    }
  };
  const timer = setInterval(look, options.pollMs ?? POLL_MS);
  timer.unref();

  return ok({
    current: () => {
      keepUp();
      return registry;
    },
    onChange: (run) => {
      listeners.add(run);
      return () => listeners.delete(run);
    },
    lints: () => lints,
    stop: () => clearInterval(timer),
  });
}
