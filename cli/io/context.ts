/** What every stage gets in this process: log, metrics, clock, probe, and the signal that ends it. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { Counter, collectDefaultMetrics, Gauge, Registry as MetricRegistry } from 'prom-client';
import type { Settings } from '#cli/settings.ts';
import { openClock } from '#model/io/clock.ts';
import type { Log, Metrics, Probe, StageContext } from '#model/ports.ts';

export type ProcessContext = StageContext & {
  readonly name: string;
  readonly settings: Settings;
  readonly abort: AbortController;
  /** Writes the heartbeat that /readyz and /metrics of the console look at. */
  readonly beat: (state: 'starting' | 'ready' | 'stopping', addresses: readonly string[]) => void;
  readonly close: () => void;
};

const BEAT_EVERY_MS = 1_000;

export function openLog(name: string): Log {
  const logger = pino(
    { base: { name }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 1, sync: true }),
  );
  return {
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  };
}

function openMetrics(registry: MetricRegistry): Metrics {
  const counters = new Map<string, Counter<string>>();
  const gauges = new Map<string, Gauge<string>>();
  return {
    count: (name, labels = {}, by = 1) => {
      let counter = counters.get(name);
      if (counter === undefined) {
        counter = new Counter({
          name,
          help: name.replaceAll('_', ' '),
          labelNames: Object.keys(labels),
          registers: [registry],
        });
        counters.set(name, counter);
      }
      counter.inc(labels, by);
    },
    gauge: (name, value, labels = {}) => {
      let gauge = gauges.get(name);
      if (gauge === undefined) {
        gauge = new Gauge({
          name,
          help: name.replaceAll('_', ' '),
          labelNames: Object.keys(labels),
          registers: [registry],
        });
        gauges.set(name, gauge);
      }
      gauge.set(labels, value);
    },
  };
}

/**
 * `FENGSUI_KILL_AT=place:count` ends this process by SIGKILL at that pass of that place. Only crash tests set it;
 * unset, the probe costs one call.
 */
function openProbe(raw: string | undefined): Probe {
  if (raw === undefined || raw === '') return () => {};
  const left = new Map(raw.split(',').map((part) => [part.split(':')[0] ?? '', Number(part.split(':')[1] ?? 1)]));
  return (place) => {
    const count = left.get(place);
    if (count === undefined) return;
    left.set(place, count - 1);
    if (count <= 1) process.kill(process.pid, 'SIGKILL');
  };
}

/** Atomically, so that a reader never sees half a file. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function openContext(name: string, settings: Settings): ProcessContext {
  const log = openLog(name);
  const registry = new MetricRegistry();
  registry.setDefaultLabels({ process: name });
  collectDefaultMetrics({ register: registry });
  const runDir = join(settings.dataDir, 'run');
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  const abort = new AbortController();
  let state: 'starting' | 'ready' | 'stopping' = 'starting';
  let addresses: readonly string[] = [];
  const write = async () => {
    const beat = { name, pid: process.pid, atMs: Date.now(), state, addresses };
    try {
      writeWhole(join(runDir, `${name}.json`), JSON.stringify(beat));
      writeWhole(join(runDir, `${name}.metrics.json`), JSON.stringify(await registry.getMetricsAsJSON()));
    } catch (cause) {
      log.warn('heartbeat could not be written', { cause: String(cause) });
    }
  };
  const timer = setInterval(write, BEAT_EVERY_MS);
  timer.unref();
  return {
    name,
    settings,
    clock: openClock(settings.clock),
    log,
    metrics: openMetrics(registry),
    probe: openProbe(process.env['FENGSUI_KILL_AT']),
    signal: abort.signal,
    abort,
    beat: (next, at) => {
      state = next;
      addresses = at;
      void write();
    },
    close: () => clearInterval(timer),
  };
}
