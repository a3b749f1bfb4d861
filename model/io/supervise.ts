/** Keeps a loop alive: what throws is logged, counted and started again with growing pauses, until the signal aborts. */
import type { Log, Metrics } from '#model/ports.ts';
import type { Clock } from '#model/time.ts';

export type Supervision = {
  readonly name: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly minPauseMs?: number;
  readonly maxPauseMs?: number;
};

/** Runs `loop` until it returns or the signal aborts; resolves then. */
export async function supervise(how: Supervision, loop: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const minPauseMs = how.minPauseMs ?? 200;
  const maxPauseMs = how.maxPauseMs ?? 30_000;
  let pauseMs = minPauseMs;
  while (!how.signal.aborted) {
    const startedMs = how.clock.monoMs();
    try {
      await loop(how.signal);
      return;
    } catch (cause) {
      if (how.signal.aborted) return;
      how.metrics.count('fengsui_loop_restarts_total', { loop: how.name });
      how.log.error('loop failed, starting it again', { loop: how.name, pauseMs, cause: String(cause) });
    }
    if (how.clock.monoMs() - startedMs > maxPauseMs) pauseMs = minPauseMs;
    await how.clock.sleep(pauseMs, how.signal);
    pauseMs = Math.min(pauseMs * 2, maxPauseMs);
  }
}
