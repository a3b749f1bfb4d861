/** Decides when a replayed station is polled and what its register then shows, from the rows of a recording. */
import { QUANTITIES } from '#model/quantity.ts';
import type { EpochMs } from '#model/time.ts';
import type { RecordedSeries } from '#simulators/recorded/series.ts';

export type ReplayStep = {
  readonly atMs: EpochMs;
  /** Steps of the quantity: a gauge's value, or a counter's total. Null: the station has none. */
  readonly register: number | null;
  readonly kind: 'base' | 'row' | 'dry' | 'missing';
};

export type ReplayWindow = { readonly fromMs?: EpochMs; readonly toMs?: EpochMs };

export type ReplayPlan = {
  readonly steps: readonly ReplayStep[];
  /** Rows that were not later than the one before: their increment is counted with the next row, a gauge's value is left out. */
  readonly backInTime: number;
  /** Sum of the increments within the window, in steps; 0 for a gauge. */
  readonly total: number;
};

/** A gap longer than this many steps is filled at the step's pace, but never with more. */
const MAX_FILL = 200_000;

type Draft = {
  readonly steps: ReplayStep[];
  atMs: EpochMs;
  counter: number;
  backInTime: number;
  /** The source says that nothing is known up to the next row. */
  isGap: boolean;
};

/** Polls that a station would have answered while its file says nothing: dry hours, or none. */
function fillTo(draft: Draft, series: RecordedSeries, untilMs: EpochMs, includeEnd: boolean): void {
  const { stepMs } = series;
  const reach = untilMs + (includeEnd ? 0 : -stepMs / 2);
  for (let count = 0; count < MAX_FILL && draft.atMs + stepMs <= reach; count++) {
    draft.atMs += stepMs;
    const dry = series.omitted === 'dry' && !draft.isGap;
    draft.steps.push({ atMs: draft.atMs, register: dry ? draft.counter : null, kind: dry ? 'dry' : 'missing' });
  }
}

export function planReplay(series: RecordedSeries, window: ReplayWindow = {}): ReplayPlan {
  const isCounter = QUANTITIES[series.quantity].kind === 'increment';
  const fromMs = window.fromMs ?? Number.NEGATIVE_INFINITY;
  const toMs = window.toMs ?? Number.POSITIVE_INFINITY;
  const rows = series.rows.filter((row) => row.atMs >= fromMs && row.atMs <= toMs);
  const first = rows[0];
  // The rows before the window that are left out were dry: the station is polled through them as well.
  const isDryBefore = series.omitted === 'dry' && window.fromMs !== undefined;
  const startMs = isDryBefore ? fromMs : first?.atMs;
  if (startMs === undefined) return { steps: [], backInTime: 0, total: 0 };
  const draft: Draft = { steps: [], atMs: startMs - series.stepMs, counter: 0, backInTime: 0, isGap: false };
  // A counter's first reading only sets the base, so it comes one step before the first row.
  if (isCounter) draft.steps.push({ atMs: draft.atMs, register: 0, kind: 'base' });
  for (const row of rows) {
    if (row.atMs <= draft.atMs) {
      draft.backInTime++;
      if (isCounter) draft.counter += row.value ?? 0;
      continue;
    }
    fillTo(draft, series, row.atMs, false);
    if (isCounter) draft.counter += row.value ?? 0;
    const register = row.value === null ? null : isCounter ? draft.counter : row.value;
    draft.atMs = row.atMs;
    draft.isGap = row.opensGap === true;
    draft.steps.push({ atMs: row.atMs, register, kind: row.value === null ? 'missing' : 'row' });
  }
  if (series.omitted === 'dry' && window.toMs !== undefined) fillTo(draft, series, window.toMs, true);
  return { steps: draft.steps, backInTime: draft.backInTime, total: draft.counter };
}
