/** Starts and stops history's thread; starts it again when it dies. */
import { Worker } from 'node:worker_threads';
import type { StageContext } from '#model/ports.ts';
import type { HistoryOptions } from '../config.ts';
import type { HistoryAnswer, HistoryTask } from './history-worker.ts';

export type History = { readonly close: () => Promise<void> };

const RESTART_MS = 1_000;
const CLOSE_LIMIT_MS = 5_000;

export function startHistory(dataDir: string, options: HistoryOptions, ctx: StageContext): History {
  let worker: Worker;
  let restart: NodeJS.Timeout | undefined;
  let closed: (() => void) | undefined;

  const start = (): void => {
    worker = new Worker(new URL('./history-worker.ts', import.meta.url), { workerData: { dataDir, options } });
    worker.on('message', (answer: HistoryAnswer) => {
      if (answer.kind === 'flushed') ctx.metrics.count('fengsui_history_readings_total', {}, answer.readings);
      else if (answer.kind === 'closed') closed?.();
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
  return {
    close: async () => {
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
