/** Polls one bus on its schedule, and switches its outputs between two polls; it goes on whatever a unit does. */
import type { BusConfig, EdgeConfig } from '../../model/edge-config.ts';
import type { EdgeEvent } from '../../model/edge-event.ts';
import { supervise } from '../../model/io/supervise.ts';
import { err } from '../../model/result.ts';
import { gapSince, nextPoll } from '../acquire/schedule.ts';
import { type CycleDeps, openCycle } from './bus-cycle.ts';
import { type Asked, openBusRequests } from './bus-requests.ts';
import type { Written } from './write-queue.ts';

/** A pause in the polls that is told as a gap although the process lived: it was frozen, or its disk was. */
const STALL_MS = 10_000;
/** A stop waits so long for the cycle under way. */
const STOP_GRACE_MS = 1_000;

const pauseReal = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });

export type BusPoller = {
  /** Resolves when a cycle that began after the call is over. */
  readonly readNow: () => Promise<void>;
  /**
   * Switches an output, before the next read: the value that its profile names for on or off. Resolves when the unit
   * has confirmed it, or says why not.
   */
  readonly write: (unitId: number, register: string, on: boolean) => Promise<Written>;
  /** Reads one bit or register, before the next poll; for what must be seen sooner than the schedule allows. */
  readonly read: (unitId: number, register: string) => Promise<Asked>;
  readonly stop: () => Promise<void>;
};

export function startBus(bus: BusConfig, profiles: EdgeConfig['profiles'], deps: CycleDeps): BusPoller {
  const { ctx, outbox } = deps;
  const { clock, metrics, log } = ctx;
  const stopping = new AbortController();
  let kick = new AbortController();
  let waiters: (() => void)[] = [];
  const requests = openBusRequests(bus, profiles, ctx);
  const runCycle = openCycle(bus, requests, deps, stopping.signal);

  const runServing = async (extra: readonly EdgeEvent[]): Promise<void> => {
    const served = waiters;
    waiters = [];
    try {
      await runCycle(extra);
    } finally {
      for (const resolve of served) resolve();
    }
  };
  const firstGap = (): EdgeEvent[] => {
    const gap = gapSince(outbox.lastCycleMs(bus.id), clock.nowMs(), bus.pollMs);
    return gap === undefined ? [] : [{ kind: 'gap', busId: bus.id, ...gap, reason: 'the process was down' }];
  };
  const stalledGap = (missed: number, realMs: number): EdgeEvent[] => {
    if (missed === 0) return [];
    metrics.count('fengsui_edge_polls_missed_total', { bus: bus.id }, missed);
    const fromMs = outbox.lastCycleMs(bus.id);
    if (realMs < STALL_MS || fromMs === undefined) return [];
    return [{ kind: 'gap', busId: bus.id, fromMs, toMs: clock.nowMs(), reason: 'the process stood still' }];
  };

  /** Waits for the next slot, writing what is to be written; an extra poll that somebody asks for ends it early. */
  const waitFor = async (dueMs: number): Promise<void> => {
    while (!stopping.signal.aborted && waiters.length === 0) {
      kick = new AbortController();
      await requests.runWrites();
      const leftMs = dueMs - clock.monoMs();
      if (leftMs <= 0) return;
      if (waiters.length === 0 && !requests.hasWrites())
        await clock.sleep(leftMs, AbortSignal.any([stopping.signal, kick.signal]));
    }
  };

  let extra = firstGap();
  const loop = async (): Promise<void> => {
    await requests.keeper.firstTry;
    let dueMs = clock.monoMs();
    while (!stopping.signal.aborted) {
      const startedMs = performance.now();
      await runServing(extra);
      extra = [];
      const next = nextPoll(dueMs, bus.pollMs, clock.monoMs());
      await waitFor(next.dueMs);
      // An extra poll: the grid stays as it was.
      if (clock.monoMs() < next.dueMs) continue;
      const late = nextPoll(dueMs, bus.pollMs, clock.monoMs());
      extra = stalledGap(late.missed, performance.now() - startedMs);
      dueMs = late.dueMs;
    }
  };
  const running = supervise({ name: `edge-bus-${bus.id}`, log, metrics, clock, signal: stopping.signal }, loop);

  return {
    readNow: () =>
      new Promise((resolve) => {
        if (stopping.signal.aborted) return resolve();
        waiters.push(resolve);
        kick.abort();
      }),
    write: (unitId, register, on) => {
      const written = requests.write(unitId, register, on);
      kick.abort();
      return written;
    },
    read: (unitId, register) => {
      if (stopping.signal.aborted) return Promise.resolve(err({ reason: 'stopped', detail: 'the bus is stopping' }));
      const asked = requests.ask(unitId, register);
      kick.abort();
      return asked;
    },
    stop: async () => {
      stopping.abort();
      // A cycle under way is kept when it ends by itself; one that hangs ends with its link.
      const grace = new AbortController();
      await Promise.race([running, pauseReal(STOP_GRACE_MS, grace.signal)]);
      grace.abort();
      await requests.stop();
      await running;
      for (const resolve of waiters.splice(0)) resolve();
    },
  };
}
