/** Turns what a poll cycle brought into readings and puts them on disk; counters, clock and debts of this process live here. */
import { randomBytes } from 'node:crypto';
import { encodeBatch } from '../../model/batch.ts';
import type { EdgeConfig } from '../../model/edge-config.ts';
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { StageContext } from '../../model/ports.ts';
import type { Reading, SensorId } from '../../model/reading.ts';
import type { EpochMs, TimeQuality } from '../../model/time.ts';
import { type CountsAhead, openAhead } from '../acquire/ahead.ts';
import { type ClockPolicy, onNewLine } from '../acquire/clock-watch.ts';
import type { CounterBase } from '../acquire/counter.ts';
import { judgeOutcome, type Outcome, type SensorMemory } from '../acquire/judge.ts';
import { type BoxClock, type MachineBoot, openBoxClock } from './box-clock.ts';
import { keepClock } from './clock-keeper.ts';
import type { Cycle, Outbox } from './outbox.ts';

/** Events that wait for a disk that takes them; the oldest go first. */
const MAX_OWED_EVENTS = 200;

export type CycleResult = Pick<Cycle, 'notes' | 'engine'> & {
  readonly busId?: string;
  readonly outcomes: readonly Outcome[];
  readonly events: readonly EdgeEvent[];
  readonly units: Cycle['units'];
};

export type Recorder = {
  readonly bootId: string;
  readonly timeQuality: () => TimeQuality;
  /** The centre's time, from an ack, and how long ago the batch was sent; undefined when it was sent repeatedly. */
  readonly hearCentre: (centreMs: EpochMs, rttMs: number | undefined) => void;
  /** This machine's clock minus the centre's; null before the first ack. */
  readonly clockOffsetMs: () => number | null;
  /** What the centre's clock shows now; undefined while nobody here knows the time. */
  readonly centreNowMs: () => EpochMs | undefined;
  /** False when the disk refused; the cycle's readings are lost then, counted, and its counters are not moved. */
  readonly record: (cycle: CycleResult) => boolean;
  readonly onCommitted: (run: () => void) => void;
  /** What the disk refused, as a batch that is nowhere. */
  readonly onRefused: (run: (body: string) => void) => void;
  /** What refused batches bore of the increments that the batch on disk bears again. */
  readonly judgedAhead: () => CountsAhead;
};

/** The clock that the edge stamps with, `ctx.clock`, where it can be led; and the machine's boot, where that is known. */
export type ClockParts = { readonly box?: BoxClock; readonly machine?: MachineBoot | undefined };

export function openRecorder(
  config: EdgeConfig,
  ctx: StageContext,
  outbox: Outbox,
  policy: ClockPolicy,
  parts: ClockParts = {},
): Recorder {
  const bootId = randomBytes(9).toString('base64url');
  const { clock, metrics, log } = ctx;
  const memory = new Map<SensorId, SensorMemory>();
  for (const [sensorId, base] of outbox.bases()) memory.set(sensorId, { base });
  const listeners: (() => void)[] = [];
  const refusedListeners: ((body: string) => void)[] = [];
  let owedEvents: readonly EdgeEvent[] = [];
  let owedReadings = 0;
  const ahead = openAhead();

  const keeper = keepClock({
    ...{ policy, bootId, outbox, machine: parts.machine },
    box: parts.box ?? { ...openBoxClock(clock), clock, shift: () => undefined },
  });
  const lookAtClock = () => {
    const look = keeper.look();
    if (look.stepMs !== 0) {
      metrics.count('fengsui_edge_clock_steps_total');
      log.warn('the clock was set', { stepMs: look.stepMs, quality: keeper.quality() });
    }
    return look;
  };

  /** A poll that began before the clock was set; stations date what they observed themselves. */
  const restamp = ({ busId, outcomes }: CycleResult, stepMs: number): readonly Outcome[] => {
    if (stepMs === 0 || config.links.some(({ id }) => id === busId)) return outcomes;
    const nowMs = clock.nowMs();
    return outcomes.map((one) => ({ ...one, measuredAtMs: onNewLine(one.measuredAtMs, stepMs, nowMs) }));
  };
  const judgeAll = (outcomes: readonly Outcome[]) => {
    const fresh = new Map<SensorId, SensorMemory>();
    const readings: Reading[] = [];
    for (const outcome of outcomes) {
      const before = fresh.get(outcome.sensorId) ?? memory.get(outcome.sensorId) ?? {};
      const judged = judgeOutcome(outcome, before, keeper.quality());
      readings.push(judged.reading);
      fresh.set(outcome.sensorId, judged.memory);
    }
    const bases = new Map<SensorId, CounterBase>();
    for (const [sensorId, { base }] of fresh) if (base !== undefined) bases.set(sensorId, base);
    return { readings, fresh, bases };
  };

  const refused = (cause: unknown, readings: number, events: readonly EdgeEvent[]): void => {
    owedReadings += readings;
    owedEvents = events.slice(-MAX_OWED_EVENTS);
    metrics.count('fengsui_edge_outbox_refused_total');
    metrics.count('fengsui_edge_readings_lost_total', {}, readings);
    log.error('the disk refused a poll cycle: its readings are lost, its counters are not', {
      readings,
      cause: String(cause),
    });
  };

  const record: Recorder['record'] = (cycle) => {
    const { events, units } = cycle;
    const look = lookAtClock();
    const outcomes = restamp(cycle, look.stepMs);
    const { readings, fresh, bases } = judgeAll(outcomes);
    const all = [...owedEvents, ...events, ...look.events];
    const told: readonly EdgeEvent[] =
      owedReadings > 0 ? [...all, { kind: 'drop', count: owedReadings, reason: 'the disk refused them' }] : all;
    const header = {
      edgeId: config.edgeId,
      bootId,
      monoMs: clock.monoMs(),
      writtenAtMs: clock.nowMs(),
      timeQuality: keeper.quality(),
      inventoryVersion: config.inventoryVersion,
    };
    try {
      const { busId, engine } = cycle;
      const notes = [...(cycle.notes ?? []), ...look.notes];
      outbox.commit({
        ...{ header, readings, events: told, bases, units },
        ...(busId === undefined ? {} : { busId }),
        ...(notes.length === 0 ? {} : { notes }),
        ...(engine === undefined ? {} : { engine }),
      });
    } catch (cause) {
      refused(cause, readings.length, all);
      const judged = ahead.take(outcomes, (sensorId) => memory.get(sensorId), header.timeQuality);
      const body = encodeBatch({ ...header, epoch: outbox.epoch, seq: outbox.nextSeq, readings: judged, events: [] });
      if (judged.length > 0) for (const run of refusedListeners) run(body);
      return false;
    }
    look.committed();
    ctx.probe('outbox.committed');
    owedEvents = [];
    owedReadings = 0;
    for (const [sensorId, kept] of fresh) memory.set(sensorId, kept);
    for (const reading of readings) metrics.count('fengsui_edge_readings_total', { quality: reading.quality });
    for (const run of listeners) run();
    ahead.settle(readings.flatMap(({ sensorId, quality }) => (quality === 'bad' ? [] : [sensorId])));
    return true;
  };

  return {
    bootId,
    timeQuality: keeper.quality,
    hearCentre: keeper.hearCentre,
    clockOffsetMs: keeper.offsetMs,
    centreNowMs: keeper.centreNowMs,
    record,
    onCommitted: (run) => listeners.push(run),
    onRefused: (run) => refusedListeners.push(run),
    judgedAhead: ahead.counts,
  };
}
