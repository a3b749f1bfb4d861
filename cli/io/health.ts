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

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // Not there yet, or being replaced.
  }
}

/** What a crash or a full disk may leave is no heartbeat and no metrics; it must not take the others with it. */
function parseHeartbeat(raw: unknown): Heartbeat | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { name, atMs, state, pid, addresses } = raw as { readonly [key in keyof Heartbeat]?: unknown };
  const isKnown = state === 'starting' || state === 'ready' || state === 'stopping';
  if (typeof name !== 'string' || typeof atMs !== 'number' || typeof pid !== 'number' || !isKnown) return undefined;
  return { name, atMs, pid, state, addresses: Array.isArray(addresses) ? (addresses as string[]) : [] };
}

type Metrics = MetricObjectWithValues<MetricValue<string>>[];
const isMetrics = (raw: unknown): raw is Metrics =>
  Array.isArray(raw) &&
  raw.every(
    (metric) => typeof metric?.name === 'string' && typeof metric.type === 'string' && Array.isArray(metric.values),
  );

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
      const beat = parseHeartbeat(readJson(join(runDir, name)));
      return beat === undefined ? [] : [{ ...beat, away: Date.now() - beat.atMs > AWAY_AFTER_MS }];
    });
}

/** What a gauge or counter stands at, in whichever process has it. */
export function readSamples(dataDir: string, name: string): readonly MetricValue<string>[] {
  const runDir = join(dataDir, 'run');
  return names(runDir, '.metrics.json').flatMap((file) => {
    const metrics = readJson(join(runDir, file));
    return isMetrics(metrics) ? metrics.filter((metric) => metric.name === name).flatMap(({ values }) => values) : [];
  });
}

/** The metrics of all processes as one Prometheus text, each sample labelled with its process. */
export async function readMetricsText(dataDir: string): Promise<string> {
  const runDir = join(dataDir, 'run');
  const all = names(runDir, '.metrics.json').flatMap((name) => {
    const metrics = readJson(join(runDir, name));
    return isMetrics(metrics) ? [metrics] : [];
  });
  return all.length === 0 ? '' : await AggregatorRegistry.aggregate(all).metrics();
}
