/** Decides which series of a file is played, and sets a meter's base: a reading of years ago is not an opening since today. */
import { QUANTITIES } from '#model/quantity.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import type { RecordedSeries } from '#simulators/recorded/series.ts';

const listed = (all: readonly RecordedSeries[]): string => all.map(({ sensorId }) => `\n  ${sensorId}`).join('');

/** By id, or by a part of it that only one has; the first when none is named. */
export function chooseSeries(
  all: readonly RecordedSeries[],
  wanted: string | undefined,
): Result<RecordedSeries, string> {
  const [first] = all;
  if (first === undefined) return err('The file has no series.');
  if (wanted === undefined) return ok(first);
  const exact = all.find(({ sensorId }) => sensorId === wanted);
  if (exact !== undefined) return ok(exact);
  const near = all.filter(({ sensorId }) => sensorId.toLowerCase().includes(wanted.toLowerCase()));
  const [only, ...more] = near;
  if (only !== undefined && more.length === 0) return ok(only);
  return only === undefined
    ? err(`The file has no series ${wanted}; it has:${listed(all)}`)
    : err(`${wanted} is a part of several series; name one of:${listed(near)}`);
}

/** The series as a meter would have shown it that was set to zero at the window's first value. */
export function zeroed(series: RecordedSeries, fromMs: EpochMs | undefined): Result<RecordedSeries, string> {
  if (QUANTITIES[series.quantity].kind !== 'gauge')
    return err(`--zero is for a gauge's reading; ${series.quantity} is none.`);
  const base = series.rows.find((row) => row.value !== null && row.atMs >= (fromMs ?? row.atMs))?.value;
  if (base === undefined || base === null) return err('--zero: the recording has no value in that time.');
  return ok({
    ...series,
    rows: series.rows.map(({ atMs, value }) => ({ atMs, value: value === null ? null : value - base })),
  });
}
