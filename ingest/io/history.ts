/** Starts and stops history's thread; starts it again when it dies; has it remove what is too old every while. */
import { Worker } from 'node:worker_threads';
import type { Retention } from '#model/history.ts';
import { supervise } from '#model/io/supervise.ts';
import type { StageContext } from '#model/ports.ts';
import { MINUTE_MS } from '#model/time.ts';
import type { HistoryOptions } from '../config.ts';
import type { HistoryAnswer, HistoryTask } from './history-worker.ts';

export type History = { readonly close: () => Promise<void> };

const RESTART_MS = 1_000;
const CLOSE_LIMIT_MS = 5_000;
const PLACES_TOLD = 20;
const RETAIN_EVERY_MS = 10 * MINUTE_MS;

/** `retention` is asked anew every time: the county may be changed while this runs. */
export function startHistory(
  dataDir: string,
  options: HistoryOptions,
  ctx: StageContext,
  retention: () => Retention,
): History {
  let worker: Worker;
  let restart: NodeJS.Timeout | undefined;
  let closed: (() => void) | undefined;

  const start = (): void => {
    worker = new Worker(new URL('./history-worker.ts', import.meta.url), { workerData: { dataDir, options } });
    worker.on('message', (answer: HistoryAnswer) => {
      if (answer.kind === 'flushed') ctx.metrics.count('fengsui_history_readings_total', {}, answer.readings);
      else if (answer.kind === 'removed') {
        const count = (what: string, by: number) =>
          by > 0 && ctx.metrics.count('fengsui_history_removed_total', { what }, by);
        count('readings', answer.readings);
        count('summaries', answer.summaries);
      } else if (answer.kind === 'damaged') {
        ctx.metrics.count('fengsui_history_damaged_total', {}, answer.places.length);
        ctx.log.error('stored readings were spoilt on disk and are put aside: see to the disk', {
          places: answer.places.slice(0, PLACES_TOLD).join(', '),
        });
      } else if (answer.kind === 'closed') closed?.();
      else {
        ctx.metrics.count('fengsui_history_failures_total');
        ctx.log.error('history not written: the journal keeps it, it is tried again', { message: answer.message });
      }
    });
    worker.on('error', (cause) => {
      ctx.metrics.count('fengsui_loop_restarts_total', { loop: 'history' });
      ctx.log.error('history thread died, starting it again', { cause: String(cause) });
      if (closed !== undefined) return closed();
      restart = setTimeout(start, RESTART_MS);
    });
  };
  start();
  const stopping = new AbortController();
  const signal = AbortSignal.any([ctx.signal, stopping.signal]);
  const loop = supervise(
    { name: 'ingest.history-retention', log: ctx.log, metrics: ctx.metrics, clock: ctx.clock, signal },
    async (until) => {
      while (await ctx.clock.sleep(RETAIN_EVERY_MS, until))
        worker.postMessage({
          kind: 'retain',
          nowMs: ctx.clock.nowMs(),
          retention: retention(),
        } satisfies HistoryTask);
    },
  );
  return {
    close: async () => {
      stopping.abort();
      await loop;
      clearTimeout(restart);
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, CLOSE_LIMIT_MS);
        closed = () => {
          clearTimeout(limit);
          resolve();
        };
        worker.postMessage({ kind: 'close' } satisfies HistoryTask);
      });
      await worker.terminate();
    },
  };
}
