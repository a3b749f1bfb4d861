/**
 * What was judged of counters while the disk refused them. Their increments stay owed until a cycle is on disk, and that
 * cycle bears them all again: what the rules have counted already is taken off there, so that a full disk neither
 * silences a rain rule nor makes it count twice.
 */
import { type Batch, decodeBatch, encodeBatch } from '../../model/batch.ts';
import { QUANTITIES } from '../../model/quantity.ts';
import type { Reading, SensorId } from '../../model/reading.ts';
import type { TimeQuality } from '../../model/time.ts';
import { judgeOutcome, type Outcome, type SensorMemory } from './judge.ts';

export type CountsAhead = ReadonlyMap<SensorId, number>;
export type Ahead = {
  /** What of a refused cycle is judged all the same. */
  readonly take: (
    outcomes: readonly Outcome[],
    memoryOf: (sensorId: SensorId) => SensorMemory | undefined,
    timeQuality: TimeQuality,
  ) => readonly Reading[];
  /** Increments that were judged and are not on disk, in steps. */
  readonly counts: () => CountsAhead;
  /** A cycle with these is on disk and was judged. */
  readonly settle: (sensorIds: Iterable<SensorId>) => void;
};

/** An amount of its own time, which whoever sent it sends again because it was not confirmed: judged then. */
const comesAgain = ({ spec }: Outcome): boolean =>
  spec.counter === null && QUANTITIES[spec.quantity].kind === 'increment';

export function openAhead(): Ahead {
  const memory = new Map<SensorId, SensorMemory>();
  const counts = new Map<SensorId, number>();
  return {
    take: (outcomes, memoryOf, timeQuality) =>
      outcomes
        .filter((outcome) => !comesAgain(outcome))
        .map((outcome) => {
          const { sensorId, spec } = outcome;
          const before = memory.get(sensorId) ?? memoryOf(sensorId) ?? {};
          const judged = judgeOutcome(outcome, before, timeQuality);
          if (spec.counter === null) return judged.reading;
          memory.set(sensorId, judged.memory);
          if (judged.reading.quality !== 'bad')
            counts.set(sensorId, (counts.get(sensorId) ?? 0) + judged.reading.value);
          return judged.reading;
        }),
    counts: () => counts,
    settle: (sensorIds) => {
      for (const sensorId of sensorIds) {
        memory.delete(sensorId);
        counts.delete(sensorId);
      }
    },
  };
}

/** The batch as the rules must see it that have counted a part of it already; the same bytes where they have not. */
export function withoutAhead(body: string, ahead: CountsAhead): string {
  if (ahead.size === 0) return body;
  const decoded = decodeBatch(body);
  if (!decoded.ok || !decoded.value.readings.some(({ sensorId }) => ahead.has(sensorId))) return body;
  const left = new Map(ahead);
  const readings: Batch['readings'] = decoded.value.readings.map((reading) => {
    const owed = left.get(reading.sensorId) ?? 0;
    if (reading.quality === 'bad' || owed <= 0) return reading;
    const taken = Math.min(owed, Math.max(0, reading.value));
    left.set(reading.sensorId, owed - taken);
    return { ...reading, value: reading.value - taken };
  });
  return encodeBatch({ ...decoded.value, readings });
}
