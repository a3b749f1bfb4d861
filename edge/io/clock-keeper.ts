/** Looks at the clocks of this process whenever something is recorded: whether they are right, and what must be told. */
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { EpochMs, TimeQuality } from '../../model/time.ts';
import { addUndated, type BootLine, dateEarlier, readBootLine, writeBootLine } from '../acquire/boot-line.ts';
import { type CentreSample, centreLine, noteCentre } from '../acquire/centre-clock.ts';
import { type ClockPolicy, type ClockSight, type ClockState, leadBy, watchClock } from '../acquire/clock-watch.ts';
import type { BoxClock, MachineBoot } from './box-clock.ts';
import type { Outbox } from './outbox.ts';
import type { Note } from './outbox-memory.ts';

export const BOOT_NOTE = 'clock/boots';
/** Of real time: a process that was stopped finds old acks when it goes on. */
const SLOWEST_ACK_MS = 60_000;

export type Look = {
  readonly events: readonly EdgeEvent[];
  /** By how much the time that is stamped was moved since the last look, where that is a setting. */
  readonly stepMs: number;
  /** Commits with the events. */
  readonly notes: readonly Note[];
  readonly committed: () => void;
};

export type ClockKeeper = {
  readonly quality: () => TimeQuality;
  readonly look: () => Look;
  /** An ack: when the centre wrote it, and how long ago its batch was sent. */
  readonly hearCentre: (centreMs: EpochMs, rttMs: number | undefined) => void;
  /** The machine's clock minus the centre's. */
  readonly offsetMs: () => number | null;
  readonly centreNowMs: () => EpochMs | undefined;
};

type Parts = {
  readonly policy: ClockPolicy;
  readonly bootId: string;
  readonly box: BoxClock;
  readonly machine: MachineBoot | undefined;
  readonly outbox: Pick<Outbox, 'note' | 'newestBatchMs'>;
};

export function keepClock({ policy, bootId, box, machine, outbox }: Parts): ClockKeeper {
  const { clock } = box;
  const newestBatchMs = outbox.newestBatchMs();
  const mine = machine === undefined ? undefined : { bootId, zeroMs: Math.round(machine.monoMs() - clock.monoMs()) };
  let line: BootLine | undefined = machine === undefined ? undefined : readBootLine(outbox.note(BOOT_NOTE), machine.id);
  let samples: readonly CentreSample[] = [];
  let state: ClockState | undefined;
  let machineLineMs: number | undefined;

  const sightNow = (): ClockSight => {
    const [nowMs, monoMs] = [clock.nowMs(), clock.monoMs()];
    const centreMs = centreLine(samples);
    const centreOffsetMs = centreMs === undefined ? undefined : Math.round(nowMs - monoMs - centreMs);
    return { nowMs, monoMs, newestBatchMs, centreOffsetMs };
  };
  /** Which of the two was moved nobody knows, the wall clock or, while the machine slept, the monotonic one. */
  const beginAnewWhenSet = (): void => {
    const now = box.machineNowMs() - clock.monoMs();
    const wasSet = machineLineMs !== undefined && Math.abs(now - machineLineMs) > policy.stepMs;
    machineLineMs = now;
    if (!wasSet) return;
    samples = [];
    box.shift(0);
  };

  /** What earlier processes left undated is told until it is on disk that it was. */
  const settleBoots = (
    isSure: boolean,
  ): { readonly events: readonly EdgeEvent[]; readonly next: BootLine | undefined } => {
    if (line === undefined || mine === undefined) return { events: [], next: line };
    if (!isSure) return { events: [], next: addUndated(line, mine) };
    if (line.undated.length === 0) return { events: [], next: line };
    const events = state === undefined ? [] : dateEarlier(line, mine, state.wallAtMonoZeroMs);
    return { events, next: { ...line, undated: [] } };
  };

  const look: ClockKeeper['look'] = () => {
    const before = state;
    beginAnewWhenSet();
    const byMs = leadBy(policy, sightNow(), box.shiftMs() !== 0);
    if (byMs !== 0) box.shift(box.shiftMs() + byMs);
    const seen = watchClock(policy, bootId, state, sightNow());
    state = seen.state;
    const movedMs = before === undefined ? 0 : state.wallAtMonoZeroMs - before.wallAtMonoZeroMs;
    const { events, next } = settleBoots(state.quality === 'synced');
    return {
      events: [...(seen.event === undefined ? [] : [seen.event]), ...events],
      stepMs: Math.abs(movedMs) > policy.stepMs ? movedMs : 0,
      notes: next === undefined || next === line ? [] : [{ key: BOOT_NOTE, value: writeBootLine(next) }],
      committed: () => {
        line = next;
      },
    };
  };

  look();
  return {
    quality: () => state?.quality ?? 'unsure',
    look,
    hearCentre: (centreMs, rttMs) => {
      const slowestMs = policy.disagreeMs === null ? Number.POSITIVE_INFINITY : SLOWEST_ACK_MS;
      samples = noteCentre(samples, { centreMs, monoMs: clock.monoMs(), rttMs }, slowestMs);
    },
    offsetMs: () => {
      const { centreOffsetMs } = sightNow();
      return centreOffsetMs === undefined ? null : centreOffsetMs - box.shiftMs();
    },
    centreNowMs: () => {
      const { nowMs, centreOffsetMs } = sightNow();
      if (centreOffsetMs !== undefined) return nowMs - centreOffsetMs;
      return state?.quality === 'synced' ? nowMs : undefined;
    },
  };
}
