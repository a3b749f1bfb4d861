/** A recorded series as columns for a backtest: a step that a file leaves out because nothing fell is a row of 0. */
import { type RecordingSeries, ROW_GOOD, ROW_MISSING } from '#rules/backtest/recording.ts';
import { addRow, columnsOf, newTrack } from '#simulators/recorded/column-store.ts';
import type { RecordedSeries } from '#simulators/recorded/series.ts';

/** A dry time longer than this is a hole in the recording. */
const MAX_DRY = 200_000;

export function seriesColumns(series: RecordedSeries): RecordingSeries {
  const { sensorId, quantity, rows, stepMs, omitted, place } = series;
  const track = newTrack();
  let before: RecordedSeries['rows'][number] | undefined;
  for (const row of rows) {
    if (omitted === 'dry' && before !== undefined && before.opensGap !== true) {
      const until = Math.min(row.atMs - stepMs / 2, before.atMs + MAX_DRY * stepMs);
      for (let at = before.atMs + stepMs; at < until; at += stepMs) addRow(track, at, 0, ROW_GOOD, 1);
    }
    addRow(track, row.atMs, row.value ?? 0, row.value === null ? ROW_MISSING : ROW_GOOD, 1);
    before = row;
  }
  return {
    sensor: { sensorId, quantity, stepMs, ...place },
    columns: columnsOf(track),
    ...(track.flags.length === 0 ? {} : { flags: track.flags }),
  };
}
