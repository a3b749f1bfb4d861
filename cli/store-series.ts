/** Makes a recorded series of what history holds of a sensor: quality, reasons and flags become the marks it was judged by. */
import { badReasonOf, isSuspectState, type ReadingColumns, stateHasFlag, withFlag } from '#ingest/chunk-columns.ts';
import { type BadReason, FLAGS } from '#model/reading.ts';
import {
  type RecordedSensor,
  type RecordingSeries,
  ROW_FIRST,
  ROW_GOOD,
  ROW_MISSING,
  ROW_SUSPECT,
  ROW_UNHEARD,
  type RowFlag,
} from '#rules/backtest/recording.ts';

/** A flag that comes and goes more often is a fault of its own; the first ones tell of it. */
const MAX_FLAGS = 5_000;
/** A unit that was not asked, did not answer, or whose port is closed, gives no sign of life. */
const UNHEARD: readonly BadReason[] = ['timeout', 'link', 'skipped'];

export function storedSeries(sensor: RecordedSensor, count: number, columns: ReadingColumns): RecordingSeries {
  const { atMs, values, states } = columns;
  if (states === undefined) return { sensor, columns: { count, atMs, values } };
  const marks = new Uint8Array(atMs.length);
  const flags: RowFlag[] = [];
  let before = 0;
  for (let row = 0; row < count; row++) {
    const state = states[row] as number;
    if (state !== before) addFlags(flags, atMs[row] as number, state, before);
    before = state;
    if (state === 0) continue;
    marks[row] = markOf(state);
    if (badReasonOf(state) !== undefined) values[row] = 0;
  }
  const series = { sensor, columns: { count, atMs, values, marks } };
  return flags.length === 0 ? series : { ...series, flags };
}

/** As the engine reads a batch: whatever is suspect is that first. */
function markOf(state: number): number {
  const reason = badReasonOf(state);
  if (reason !== undefined) return UNHEARD.includes(reason) ? ROW_UNHEARD : ROW_MISSING;
  if (isSuspectState(state)) return ROW_SUSPECT;
  return stateHasFlag(state, 'first') ? ROW_FIRST : ROW_GOOD;
}

/** Where a flag begins to stand. */
function addFlags(flags: RowFlag[], atMs: number, state: number, before: number): void {
  for (const flag of FLAGS)
    if (flags.length < MAX_FLAGS && withFlag(state, flag) === state && withFlag(before, flag) !== before)
      flags.push({ atMs, flag });
}
