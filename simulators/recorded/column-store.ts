/** Gathers a sensor's readings into columns, in the order in which they come. */
import type { EpochMs } from '#model/time.ts';
import { ROW_GOOD, type RowFlag, type SeriesColumns } from '#rules/backtest/recording.ts';

const FIRST_ROWS = 256;
const DEFAULT_STEP_MS = 60_000;
/** Flags kept of one sensor; a clock that is set back at every row needs no list. */
const MAX_FLAGS = 1_000;

/** What is kept of one sensor while its readings come in. */
export type SensorTrack = {
  count: number;
  atMs: Float64Array;
  values: Int32Array;
  marks: Uint8Array | undefined;
  /** The line of the first reading that is older than the one before. */
  backLine: number;
  /** Readings that bear the stamp of the one before. */
  repeated: number;
  readonly flags: RowFlag[];
};

export const newTrack = (): SensorTrack => ({
  count: 0,
  atMs: new Float64Array(FIRST_ROWS),
  values: new Int32Array(FIRST_ROWS),
  marks: undefined,
  ...{ backLine: 0, repeated: 0, flags: [] },
});

export function addRow(track: SensorTrack, atMs: EpochMs, value: number, mark: number, line: number): void {
  const i = track.count++;
  if (i === track.atMs.length) grow(track);
  const stamps = track.atMs;
  stamps[i] = atMs;
  track.values[i] = value;
  if (mark !== ROW_GOOD) {
    track.marks ??= new Uint8Array(stamps.length);
    track.marks[i] = mark;
  }
  if (i > 0 && atMs <= (stamps[i - 1] as number)) oddStep(track, atMs, line);
}

function oddStep(track: SensorTrack, atMs: EpochMs, line: number): void {
  if (atMs === track.atMs[track.count - 2]) track.repeated++;
  else {
    if (track.flags.length === 0) track.backLine = line;
    if (track.flags.length < MAX_FLAGS) track.flags.push({ atMs, flag: 'clock-back' });
  }
}

function grow(track: SensorTrack): void {
  const size = track.atMs.length * 2;
  const atMs = new Float64Array(size);
  atMs.set(track.atMs);
  track.atMs = atMs;
  const values = new Int32Array(size);
  values.set(track.values);
  track.values = values;
  if (track.marks === undefined) return;
  const marks = new Uint8Array(size);
  marks.set(track.marks);
  track.marks = marks;
}

export const lastAtMs = ({ count, atMs }: Readonly<SensorTrack>): EpochMs =>
  atMs[count - 1] ?? Number.NEGATIVE_INFINITY;

export const columnsOf = ({ count, atMs, values, marks }: Readonly<SensorTrack>): SeriesColumns =>
  marks === undefined ? { count, atMs, values } : { count, atMs, values, marks };

/** The distance that most neighbours have: a vote that a majority always wins. */
export function usualStepMs({ count, atMs }: SeriesColumns): number {
  let step = DEFAULT_STEP_MS;
  let lead = 0;
  for (let i = 1; i < count; i++) {
    const distance = (atMs[i] as number) - (atMs[i - 1] as number);
    if (distance === step) lead++;
    else if (distance <= 0) continue;
    else if (lead > 0) lead--;
    else {
      step = distance;
      lead = 1;
    }
  }
  return step;
}
