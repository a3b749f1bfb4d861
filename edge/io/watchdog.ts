/**
 * Notices a loop that makes no progress, starts it anew, and gives the process up when that does not help: whoever runs
 * the process starts it again. A process that stood still as a whole (suspended, or stopped by a signal) gets a new start.
 */
import type { StageContext } from '../../model/ports.ts';

export type LoopLimits = {
  /** Real time: what the wire may take. */
  readonly realMs: number;
  /** The chain's time: what the schedule may take; both must be over. */
  readonly chainMs: number;
};
export type WatchedLoop = { readonly progress: () => void; readonly cancel: () => void };
export type Watchdog = {
  readonly watch: (name: string, limits: LoopLimits, restart: () => Promise<void>) => WatchedLoop;
  /** False while some loop stands still. */
  readonly isAlive: () => boolean;
  readonly stop: () => void;
};

const CHECK_EVERY_MS = 1_000;
/** Restarts without progress in between; then the process is given up. */
const MAX_RESTARTS = 3;
/** A check that comes so many times too late: the whole process stood still. */
const STOOD_STILL = 5;

type Loop = {
  readonly name: string;
  readonly limits: LoopLimits;
  readonly restart: () => Promise<void>;
  realMs: number;
  chainMs: number;
  restarts: number;
};

export function openWatchdog(
  ctx: Pick<StageContext, 'log' | 'metrics' | 'clock'>,
  giveUp: (why: string) => void,
  checkEveryMs = CHECK_EVERY_MS,
): Watchdog {
  const { log, metrics, clock } = ctx;
  const loops = new Set<Loop>();
  let checkedMs = performance.now();

  const refresh = (loop: Loop): void => {
    loop.realMs = performance.now();
    loop.chainMs = clock.monoMs();
  };
  const isStuck = ({ limits, realMs, chainMs }: Loop): boolean =>
    performance.now() - realMs > limits.realMs && clock.monoMs() - chainMs > limits.chainMs;

  const help = (loop: Loop): void => {
    const { name } = loop;
    loop.restarts++;
    metrics.count('fengsui_edge_loops_stuck_total', { loop: name });
    if (loop.restarts > MAX_RESTARTS) {
      giveUp(`${name} stands still, and ${MAX_RESTARTS} restarts did not help`);
      return;
    }
    log.error('a loop stands still: starting it anew', { loop: name, restarts: loop.restarts });
    refresh(loop);
    loop
      .restart()
      .catch((cause: unknown) => log.error('it could not be started anew', { loop: name, cause: String(cause) }));
  };
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const stoodStill = nowMs - checkedMs > checkEveryMs * STOOD_STILL;
    checkedMs = nowMs;
    for (const loop of loops) {
      if (stoodStill) refresh(loop);
      else if (isStuck(loop)) help(loop);
    }
  }, checkEveryMs);
  timer.unref();

  return {
    watch: (name, limits, restart) => {
      const loop: Loop = { name, limits, restart, realMs: performance.now(), chainMs: clock.monoMs(), restarts: 0 };
      loops.add(loop);
      return {
        progress: () => {
          refresh(loop);
          loop.restarts = 0;
        },
        cancel: () => void loops.delete(loop),
      };
    },
    isAlive: () => [...loops].every((loop) => loop.restarts === 0 && !isStuck(loop)),
    stop: () => clearInterval(timer),
  };
}
