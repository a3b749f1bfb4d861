/** Starts and stops the InfluxDB writer's thread, starts it again when it dies, and tells how it fares. */
import { Worker } from 'node:worker_threads';
import type { InfluxTarget } from '#model/history.ts';
import type { StageContext } from '#model/ports.ts';
import type { RegistryPort } from '#model/registry.ts';
import { placesOf } from '../../influx/lines.ts';
import type { WriterAnswer, WriterData, WriterTask } from './worker.ts';
import { DEFAULT_WRITER, type WriterOptions } from './writer-options.ts';

export type InfluxWriter = { readonly close: () => Promise<void> };

const RESTART_MS = 1_000;
const CLOSE_LIMIT_MS = 5_000;
const STATES = ['ok', 'noDatabase', 'unauthorised', 'slowDown', 'away'] as const;

/** Another target in the registry takes force with the next start of this process. */
export function startInfluxWriter(
  dataDir: string,
  target: InfluxTarget,
  registry: RegistryPort,
  ctx: StageContext,
  options: Partial<WriterOptions> = {},
): InfluxWriter {
  let worker: Worker;
  let restart: NodeJS.Timeout | undefined;
  let closed: (() => void) | undefined;
  const tell = (task: WriterTask): void => worker.postMessage(task);
  const hear = createEar(ctx);

  const start = (): void => {
    const places = placesOf(registry.current());
    const data: WriterData = { dataDir, target, places, options: { ...DEFAULT_WRITER, ...options } };
    worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: data });
    worker.on('message', (answer: WriterAnswer) => (answer.kind === 'closed' ? closed?.() : hear(answer)));
    worker.on('error', (cause) => {
      ctx.metrics.count('fengsui_loop_restarts_total', { loop: 'influx' });
      ctx.log.error('the InfluxDB writer died, starting it again', { cause: String(cause) });
      if (closed !== undefined) return closed();
      restart = setTimeout(start, RESTART_MS);
    });
  };
  start();
  const cancel = registry.onChange(() => tell({ kind: 'places', places: placesOf(registry.current()) }));
  return {
    close: async () => {
      cancel();
      clearTimeout(restart);
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, CLOSE_LIMIT_MS);
        closed = () => {
          clearTimeout(limit);
          resolve();
        };
        tell({ kind: 'close' });
      });
      await worker.terminate();
    },
  };
}

type Told = Exclude<WriterAnswer, { readonly kind: 'closed' }>;

/** Metrics for each answer; a line in the log for what changes. */
function createEar({ log, metrics, clock }: StageContext): (answer: Told) => void {
  const showState = (now: (typeof STATES)[number]): void => {
    for (const state of STATES) metrics.gauge('fengsui_influx_state', state === now ? 1 : 0, { state });
  };
  showState('ok');
  return (answer) => {
    switch (answer.kind) {
      case 'stored':
        return metrics.count('fengsui_influx_lines_total', {}, answer.lines);
      case 'aside':
        for (const reason of answer.reasons) metrics.count('fengsui_influx_aside_total', { reason });
        return log.warn('InfluxDB refused lines: they are set aside', {
          lines: answer.reasons.length,
          reason: answer.reasons[0],
          message: answer.message,
        });
      case 'state':
        showState(answer.state);
        return answer.state === 'ok'
          ? log.info('InfluxDB takes lines again')
          : log.warn('InfluxDB takes no lines: the journal keeps them', { why: answer.state, message: answer.message });
      case 'lag': {
        const { oldestReceivedAtMs: oldest, rows } = answer;
        metrics.gauge('fengsui_influx_lag_rows', rows);
        const seconds = oldest === undefined ? 0 : Math.max(0, clock.nowMs() - oldest) / 1_000;
        return metrics.gauge('fengsui_influx_lag_seconds', seconds);
      }
      case 'note':
        return log[answer.level](`InfluxDB: ${answer.message}`, answer.detail === '' ? {} : { detail: answer.detail });
      case 'failed':
        metrics.count('fengsui_influx_failures_total');
        return log.error('the InfluxDB writer failed, it begins again', { message: answer.message });
      default:
        return answer satisfies never;
    }
  };
}
