/** Reads the heartbeats and metrics that every process leaves in `run/`, for /readyz and /metrics. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client';

/** A process whose heartbeat is older than this is away. */
const AWAY_AFTER_MS = 5_000;

export type Heartbeat = {
  readonly name: string;
  readonly pid: number;
  readonly atMs: number;
  readonly state: 'starting' | 'ready' | 'stopping';
  readonly addresses: readonly string[];
};

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined; // Not there yet, or being replaced.
  }
}

const names = (runDir: string, ending: string): string[] => {
  try {
    return readdirSync(runDir).filter((name) => name.endsWith(ending));
  } catch {
    return [];
  }
};

/** Every process that has left a heartbeat, those that are away included. */
export function readHeartbeats(dataDir: string): readonly (Heartbeat & { readonly away: boolean })[] {
  const runDir = join(dataDir, 'run');
  return names(runDir, '.json')
    .filter((name) => !name.endsWith('.metrics.json'))
    .flatMap((name) => {
      const beat = readJson<Heartbeat>(join(runDir, name));
      return beat === undefined || typeof beat.atMs !== 'number'
        ? []
        : [{ ...beat, away: Date.now() - beat.atMs > AWAY_AFTER_MS }];
    });
}

/** The metrics of all processes as one Prometheus text, each sample labelled with its process. */
export async function readMetricsText(dataDir: string): Promise<string> {
  const runDir = join(dataDir, 'run');
  const all = names(runDir, '.metrics.json').flatMap((name) => {
    const metrics = readJson<MetricObjectWithValues<MetricValue<string>>[]>(join(runDir, name));
    return metrics === undefined ? [] : [metrics];
  });
  return all.length === 0 ? '' : await AggregatorRegistry.aggregate(all).metrics();
}
