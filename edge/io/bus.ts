/** Polls one bus: one request at a time, answering units first, one commit a cycle; it goes on whatever a unit does. */
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { BusConfig, EdgeConfig } from '../../model/edge-config.ts';
import { supervise } from '../../model/io/supervise.ts';
import type { StageContext } from '../../model/ports.ts';
import type { BadReason } from '../../model/reading.ts';
import { err, type Result } from '../../model/result.ts';
import {
  afterSilence,
  breakerPolicy,
  chooseUnits,
  HEALTHY,
  silentFromBefore,
  type UnitHealth,
} from '../acquire/breaker.ts';
import { type Outcome, wordsAt } from '../acquire/judge.ts';
import { gapSince, nextPoll } from '../acquire/schedule.ts';
import { type PlannedRead, planReads } from '../modbus/plan.ts';
import { keepLinkOpen } from './link-keeper.ts';
import { transportOf } from './open-transport.ts';
import type { Outbox } from './outbox.ts';
import type { Recorder } from './recorder.ts';
import type { ReadFault, Timing, Transport } from './transport.ts';

/** A read that has not resolved by then is stuck in the driver: the link is opened anew. */
const STUCK_AFTER_MS = 15_000;
/** A pause in the polls that is told as a gap although the process lived: it was frozen, or its disk was. */
const STALL_MS = 10_000;

/** A stop waits so long for the cycle under way. */
const STOP_GRACE_MS = 1_000;

const pauseReal = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });

type Unit = { readonly unitId: number; readonly reads: readonly PlannedRead[]; readonly timing: Timing };

export type BusPoller = {
  /** Resolves when a cycle that began after the call is over. */
  readonly readNow: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

type Deps = { readonly ctx: StageContext; readonly outbox: Outbox; readonly recorder: Recorder };

function unitsOf(bus: BusConfig, profiles: EdgeConfig['profiles']): ReadonlyMap<number, Unit> {
  const units = new Map<number, Unit>();
  for (const unit of bus.units) {
    const profile = profiles[unit.profile];
    if (profile === undefined) continue;
    const { timeoutMs, gapMs } = profile;
    units.set(unit.unitId, { unitId: unit.unitId, reads: planReads(unit, profile), timing: { timeoutMs, gapMs } });
  }
  return units;
}

async function readWithLimit(link: Transport, read: PlannedRead, timing: Timing, onStuck: () => void) {
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<Result<readonly number[], ReadFault>>((resolve) => {
    timer = setTimeout(() => {
      onStuck();
      resolve(err({ reason: 'link', kind: 'stuck' }));
    }, timing.timeoutMs + STUCK_AFTER_MS);
  });
  try {
    return await Promise.race([link.read(read.request, timing), stuck]);
  } finally {
    clearTimeout(timer);
  }
}

export function startBus(bus: BusConfig, profiles: EdgeConfig['profiles'], deps: Deps): BusPoller {
  const { ctx, outbox, recorder } = deps;
  const { clock, metrics, log } = ctx;
  const units = unitsOf(bus, profiles);
  const policy = breakerPolicy(bus.pollMs);
  const health = new Map<number, UnitHealth>();
  for (const unitId of outbox.silentUnits(bus.id)) health.set(unitId, silentFromBefore(policy));
  const stopping = new AbortController();
  let kick = new AbortController();
  let waiters: (() => void)[] = [];
  const countBad = (kind: string) => metrics.count('fengsui_edge_frames_bad_total', { bus: bus.id, kind });
  const keeper = keepLinkOpen(bus.id, transportOf(bus, profiles, countBad), ctx);

  const ask = async (read: PlannedRead, timing: Timing): Promise<Result<readonly number[], ReadFault>> => {
    const once = async () => {
      const link = keeper.current();
      if (link === undefined) return err<ReadFault>({ reason: 'link', kind: 'closed' });
      const result = await readWithLimit(link, read, timing, keeper.reset);
      metrics.count('fengsui_edge_polls_total', { bus: bus.id, result: result.ok ? 'ok' : result.error.reason });
      if (!result.ok && result.error.reason === 'frame') countBad(result.error.kind);
      return result;
    };
    const first = await once();
    // A disturbed frame is asked for once more; a unit that does not answer is not, since that costs the others time.
    return !first.ok && first.error.reason === 'frame' && first.error.kind !== 'truncated' ? await once() : first;
  };

  const failures = (reads: readonly PlannedRead[], reason: BadReason): Outcome[] =>
    reads.flatMap(({ sensors }) =>
      sensors.map(({ sensorId, spec }) => ({ kind: 'failure', sensorId, spec, measuredAtMs: clock.nowMs(), reason })),
    );

  const noteHealth = (unitId: number, answered: boolean): EdgeEvent | undefined => {
    const before = health.get(unitId) ?? HEALTHY;
    const after = answered ? HEALTHY : afterSilence(before, policy, clock.monoMs());
    health.set(unitId, after);
    if (before.silent === after.silent) return undefined;
    log.warn(after.silent ? 'unit is silent' : 'unit answers again', { bus: bus.id, unitId });
    return { kind: 'unit', busId: bus.id, unitId, state: after.silent ? 'silent' : 'answering' };
  };

  const pollUnit = async (unit: Unit): Promise<{ outcomes: Outcome[]; event: EdgeEvent | undefined }> => {
    const outcomes: Outcome[] = [];
    let event: EdgeEvent | undefined;
    for (const [index, read] of unit.reads.entries()) {
      const result = await ask(read, unit.timing);
      const measuredAtMs = clock.nowMs();
      if (result.ok) {
        for (const { sensorId, spec, at } of read.sensors)
          outcomes.push({ kind: 'words', sensorId, spec, measuredAtMs, words: wordsAt(result.value, at, spec) });
      } else outcomes.push(...failures([read], result.error.reason));
      const reason = result.ok ? undefined : result.error.reason;
      if (reason === undefined || reason === 'exception') event = noteHealth(unit.unitId, true) ?? event;
      if (reason === 'timeout') {
        event = noteHealth(unit.unitId, false) ?? event;
        // The next request to a unit whose answer is owed might be answered by that answer.
        outcomes.push(...failures(unit.reads.slice(index + 1), 'timeout'));
        break;
      }
    }
    return { outcomes, event };
  };

  const runCycle = async (extra: readonly EdgeEvent[]): Promise<void> => {
    const { ask: asked, skip } = chooseUnits(health, [...units.keys()], clock.monoMs());
    const outcomes: Outcome[] = [];
    const events: EdgeEvent[] = [...extra];
    for (const unitId of asked) {
      const unit = units.get(unitId);
      if (unit === undefined || stopping.signal.aborted) continue;
      const polled = await pollUnit(unit);
      outcomes.push(...polled.outcomes);
      if (polled.event !== undefined) events.push(polled.event);
    }
    for (const unitId of stopping.signal.aborted ? [] : skip)
      outcomes.push(...failures(units.get(unitId)?.reads ?? [], 'skipped'));
    events.push(...keeper.takeEvents());
    const changed = events.filter((event) => event.kind === 'unit');
    recorder.record({
      busId: bus.id,
      outcomes,
      events,
      units: changed.map(({ unitId, state }) => ({ busId: bus.id, unitId, silent: state === 'silent' })),
    });
    metrics.gauge('fengsui_edge_last_cycle_seconds', clock.nowMs() / 1_000, { bus: bus.id });
  };
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

  let extra = firstGap();
  const loop = async (): Promise<void> => {
    await keeper.firstTry;
    let dueMs = clock.monoMs();
    while (!stopping.signal.aborted) {
      const startedMs = performance.now();
      await runServing(extra);
      extra = [];
      const next = nextPoll(dueMs, bus.pollMs, clock.monoMs());
      const leftMs = next.dueMs - clock.monoMs();
      if (leftMs > 0 && waiters.length === 0)
        await clock.sleep(leftMs, AbortSignal.any([stopping.signal, kick.signal]));
      if (kick.signal.aborted) {
        kick = new AbortController();
        if (clock.monoMs() < next.dueMs) continue; // An extra poll; the grid stays as it was.
      }
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
    stop: async () => {
      stopping.abort();
      // A cycle under way is kept when it ends by itself; one that hangs ends with its link.
      const grace = new AbortController();
      await Promise.race([running, pauseReal(STOP_GRACE_MS, grace.signal)]);
      grace.abort();
      await keeper.stop();
      await running;
      for (const resolve of waiters.splice(0)) resolve();
    },
  };
}
