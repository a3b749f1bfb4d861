/** One poll cycle of a bus: answering units first, one commit; a unit that was given up early is asked again at its end. */
import type { BusConfig } from '../../model/edge-config.ts';
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { StageContext } from '../../model/ports.ts';
import type { BadReason } from '../../model/reading.ts';
import {
  afterSilence,
  breakerPolicy,
  chooseUnits,
  HEALTHY,
  silentFromBefore,
  type UnitHealth,
} from '../acquire/breaker.ts';
import { type Outcome, wordsAt } from '../acquire/judge.ts';
import { noteSign, type SignOfLife } from '../acquire/sign-of-life.ts';
import type { PlannedRead } from '../modbus/plan.ts';
import type { BusRequests, Patience, Unit } from './bus-requests.ts';
import type { Outbox } from './outbox.ts';
import type { Recorder } from './recorder.ts';

export type CycleDeps = {
  readonly ctx: StageContext;
  readonly outbox: Pick<Outbox, 'silentUnits' | 'lastCycleMs'>;
  readonly recorder: Pick<Recorder, 'record'>;
  /** What one unit brought must not wait for the end of the cycle: it is committed, and so judged, at once. */
  readonly isUrgent?: (outcomes: readonly Outcome[]) => boolean;
};

/** Reads of a unit from `from` on that are still to be made in this cycle. */
type Rest = { readonly unit: Unit; readonly from: number };
type Polled = {
  readonly outcomes: readonly Outcome[];
  readonly event: EdgeEvent | undefined;
  readonly rest: Rest | null;
};

export type RunCycle = (extra: readonly EdgeEvent[]) => Promise<void>;

export function openCycle(bus: BusConfig, requests: BusRequests, deps: CycleDeps, signal: AbortSignal): RunCycle {
  const { ctx, outbox, recorder } = deps;
  const { clock, metrics, log } = ctx;
  const { units, keeper } = requests;
  const policy = breakerPolicy(bus.pollMs);
  const health = new Map<number, UnitHealth>();
  for (const unitId of outbox.silentUnits(bus.id)) health.set(unitId, silentFromBefore(policy));

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

  /** When each unit's own sign of life was last seen to move. */
  const signs = new Map<number, SignOfLife>();
  const isFrozen = (unitId: number, words: readonly number[], withinMs: number): boolean => {
    const nowMs = clock.monoMs();
    const sign = noteSign(signs.get(unitId), words, nowMs);
    signs.set(unitId, sign);
    return nowMs - sign.movedMs > withinMs;
  };

  const pollUnit = async ({ unit, from }: Rest, patience: Patience): Promise<Polled> => {
    const outcomes: Outcome[] = [];
    const place = `${bus.id}/${unit.unitId}`;
    let event: EdgeEvent | undefined;
    for (let index = from; index < unit.reads.length; index++) {
      const read = unit.reads[index] as PlannedRead;
      const isHasty = patience === 'learned' && requests.isHasty(unit);
      const result = await requests.read(unit, read, patience);
      const measuredAtMs = clock.nowMs();
      if (result.ok && read.aliveWithinMs !== undefined && isFrozen(unit.unitId, result.value, read.aliveWithinMs)) {
        // Old values would only bear new stamps.
        outcomes.push(...failures(unit.reads.slice(index + 1), 'stale'));
        metrics.count('fengsui_edge_stale_units_total', { bus: bus.id });
        event = noteHealth(unit.unitId, true) ?? event;
        break;
      }
      if (result.ok) {
        for (const { sensorId, spec, at } of read.sensors)
          outcomes.push({ kind: 'words', sensorId, spec, place, measuredAtMs, words: wordsAt(result.value, at, spec) });
        event = noteHealth(unit.unitId, true) ?? event;
        continue;
      }
      const { reason, kind } = result.error;
      const isGivenUp = reason === 'timeout' && (isHasty || kind === 'hurried');
      // The next request to a unit whose answer is owed might be answered by that answer: its other reads wait too.
      if (isGivenUp && patience === 'learned') return { outcomes, event, rest: { unit, from: index } };
      outcomes.push(...failures(reason === 'timeout' ? unit.reads.slice(index) : [read], reason));
      if (reason === 'exception') event = noteHealth(unit.unitId, true) ?? event;
      if (reason !== 'timeout') continue;
      if (!isGivenUp) event = noteHealth(unit.unitId, false) ?? event;
      break;
    }
    return { outcomes, event, rest: null };
  };

  return async (extra) => {
    const { ask, skip } = chooseUnits(health, [...units.keys()], clock.monoMs());
    let outcomes: Outcome[] = [];
    let events: EdgeEvent[] = [...extra];
    const commit = () => {
      const changed = events.filter((event) => event.kind === 'unit');
      recorder.record({
        busId: bus.id,
        outcomes,
        events,
        units: changed.map(({ unitId, state }) => ({ busId: bus.id, unitId, silent: state === 'silent' })),
      });
      outcomes = [];
      events = [];
    };
    const poll = async (rest: Rest, patience: Patience): Promise<Rest | null> => {
      const polled = await pollUnit(rest, patience);
      outcomes.push(...polled.outcomes);
      if (polled.event !== undefined) events.push(polled.event);
      if (deps.isUrgent?.(polled.outcomes) === true) commit();
      return polled.rest;
    };
    const again: Rest[] = [];
    for (const unitId of ask) {
      const unit = units.get(unitId);
      if (unit === undefined || signal.aborted) continue;
      // A silent unit is probed once and with full patience: to ask it again costs the wait for what it may still owe.
      const isSilent = health.get(unitId)?.silent === true;
      const rest = await poll({ unit, from: 0 }, isSilent ? 'full' : 'learned');
      if (rest !== null) again.push(rest);
    }
    for (const rest of again) if (!signal.aborted) await poll(rest, 'full');
    for (const unitId of signal.aborted ? [] : skip)
      outcomes.push(...failures(units.get(unitId)?.reads ?? [], 'skipped'));
    events.push(...keeper.takeEvents());
    commit();
    metrics.gauge('fengsui_edge_last_cycle_seconds', clock.nowMs() / 1_000, { bus: bus.id });
  };
}
