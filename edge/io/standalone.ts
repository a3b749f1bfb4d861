/** Log, metrics and their door for an edge that runs without the centre's composition root. */
import { createServer, type Server } from 'node:http';
import { pino } from 'pino';
import { openClock } from '../../model/io/clock.ts';
import type { Metrics, StageContext } from '../../model/ports.ts';
import { type ClockSpec, parseClockSpec } from '../../model/time.ts';

type Labels = { readonly [label: string]: string };

const escaped = (text: string): string => text.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`));
const labelText = (labels: Labels): string => {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
};

/** Series by name; the text is Prometheus' exposition format 0.0.4. */
export function openMetrics(): Metrics & { readonly text: () => string } {
  const families = new Map<string, { type: 'counter' | 'gauge'; series: Map<string, number> }>();
  const family = (name: string, type: 'counter' | 'gauge') => {
    const found = families.get(name) ?? { type, series: new Map<string, number>() };
    families.set(name, found);
    return found.series;
  };
  return {
    count: (name, labels = {}, by = 1) => {
      const series = family(name, 'counter');
      const key = labelText(labels);
      series.set(key, (series.get(key) ?? 0) + by);
    },
    gauge: (name, value, labels = {}) => void family(name, 'gauge').set(labelText(labels), value),
    text: () =>
      [...families]
        .map(([name, { type, series }]) => {
          const lines = [...series].map(([labels, value]) => `${name}${labels} ${value}`);
          return [`# HELP ${name} See docs/protocols/modbus.md.`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
        })
        .join(''),
  };
}

/** `/metrics` on the loopback interface only; nothing else. */
export async function serveMetrics(port: number, text: () => string): Promise<{ port: number; server: Server }> {
  const server = createServer((request, response) => {
    const found = request.method === 'GET' && request.url === '/metrics';
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(found ? text() : 'only /metrics is here\n');
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : port, server };
}

export type Standalone = { readonly ctx: StageContext; readonly spec: ClockSpec; readonly metricsText: () => string };

export function openStandalone(clockText: string, signal: AbortSignal): Standalone | undefined {
  const spec = parseClockSpec(clockText);
  if (spec === undefined) return undefined;
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const metrics = openMetrics();
  const ctx: StageContext = {
    clock: openClock(spec),
    log: {
      info: (message, fields = {}) => logger.info(fields, message),
      warn: (message, fields = {}) => logger.warn(fields, message),
      error: (message, fields = {}) => logger.error(fields, message),
    },
    metrics,
    probe: () => undefined,
    signal,
  };
  return { ctx, spec, metricsText: metrics.text };
}
