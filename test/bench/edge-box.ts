/** The edge that is measured, in a process of its own as on its box: told its configuration, it tells what it counted. */
import { keepHeapSmall } from '#edge/io/small-heap.ts';
import { startEdge } from '#edge/main.ts';
import type { EdgeConfig } from '#model/edge-config.ts';
import { openClock } from '#model/io/clock.ts';

export type BoxCounts = {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly counts: { readonly [name: string]: number };
};

keepHeapSmall();
process.once('message', (config: EdgeConfig) => {
  const counts: { [name: string]: number } = {};
  const count = (name: string, labels: { readonly [label: string]: string } = {}, by = 1) => {
    const key = [name, ...Object.values(labels)].join(' ');
    counts[key] = (counts[key] ?? 0) + by;
  };
  const warn = (message: string, fields?: object) =>
    void (process.env['BENCH_LOG'] !== undefined && process.stderr.write(`${message} ${JSON.stringify(fields)}\n`));
  const ctx = {
    clock: openClock({ kind: 'real' }),
    log: { info: () => undefined, warn, error: warn },
    metrics: { count, gauge: () => undefined },
    probe: () => undefined,
    signal: new AbortController().signal,
  };
  startEdge(config, ctx).then(
    () => {
      process.on('message', () => {
        const { user, system } = process.cpuUsage();
        const told: BoxCounts = {
          atMs: performance.now(),
          cpuMs: (user + system) / 1_000,
          rssMb: process.memoryUsage.rss() / 1_048_576,
          counts,
        };
        process.send?.(told);
      });
      process.send?.({ ready: true });
    },
    (cause: unknown) => {
      process.stderr.write(`${String(cause)}\n`);
      process.exit(1);
    },
  );
});
