/** Keeps what the engine says of a recording: changes of level, doubts, silence and late findings. */
import type { EpochMs } from '#model/time.ts';
import { isDoubt, type Note, type Transition } from '#model/transition.ts';
import { openLevelBook } from './levels.ts';
import type { Batch } from './merge.ts';
import { hasValue, ROW_SUSPECT } from './recording.ts';
import type { BacktestRun, SensorFlag } from './result.ts';

/** More than these are no history but a rule that flaps, or a file of nothing but doubts. */
export const MAX_KEPT = 500_000;

type Kept = Pick<BacktestRun, 'changes' | 'flags' | 'silences' | 'late' | 'transitions'>;

export type Keeper = {
  readonly take: (transitions: readonly Transition[], notes: readonly Note[]) => void;
  /** Looks at the marks of a batch: where a sensor's rows begin to be suspect is a flag. */
  readonly takeMarks: (batch: Batch) => void;
  readonly countMissing: () => number;
  readonly isFull: () => boolean;
  readonly kept: () => Kept;
};

export function openKeeper(sensorIds: readonly string[], fileFlags: readonly SensorFlag[]): Keeper {
  const book = openLevelBook();
  const changes: Kept['changes'][number][] = [];
  const flags: SensorFlag[] = [...fileFlags];
  const silences: Transition[] = [];
  const late: Transition[] = [];
  const kept: Transition[] = [];
  const suspects = new Set<number>();
  let missing = 0;
  const flag = (slot: number, atMs: EpochMs, name: string) =>
    flags.push({ atMs, sensor: sensorIds[slot] ?? '', flag: name });
  return {
    take: (transitions, notes) => {
      const judged: Transition[] = [];
      for (const transition of transitions) {
        kept.push(transition);
        if (transition.evidence.measure === 'silence') silences.push(transition);
        else if (transition.late) late.push(transition);
        else judged.push(transition);
      }
      if (judged.length > 0) changes.push(...book.take(judged));
      for (const note of notes)
        if (isDoubt(note)) {
          const name = `${note.rule.split('@')[0]}${note.doubted ? '' : ':ended'}`;
          flags.push({ atMs: note.atMs, sensor: note.sensorId, flag: name, reason: note.reason });
        }
    },
    takeMarks: ({ count, slots, atMs, marks }) => {
      for (let row = 0; row < count; row++) {
        const slot = slots[row] as number;
        if (!hasValue(marks[row] as number)) missing++;
        if (marks[row] !== ROW_SUSPECT) suspects.delete(slot);
        else if (!suspects.has(slot)) {
          suspects.add(slot);
          flag(slot, atMs[row] as number, 'suspect');
        }
      }
    },
    countMissing: () => missing,
    isFull: () => kept.length > MAX_KEPT || flags.length > MAX_KEPT,
    kept: () => ({ changes, flags: flags.sort((a, b) => a.atMs - b.atMs), silences, late, transitions: kept }),
  };
}
