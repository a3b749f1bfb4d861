/**
 * A recording of rain whose missing hours are taken for dry ones, as many programs take them. Not what the engine does, for
 * which a missing part is a lower bound: it is here so that a figure which others computed so can be compared.
 */
import { QUANTITIES } from '#model/quantity.ts';
import { type Recording, type RecordingSeries, ROW_GOOD, ROW_MISSING } from '#rules/backtest/recording.ts';
import { addRow, columnsOf, newTrack, usualStepMs } from '#simulators/recorded/column-store.ts';

export const withDryGaps = (recording: Recording): Recording => ({
  ...recording,
  series: recording.series.map((series) =>
    QUANTITIES[series.sensor.quantity].kind === 'increment' ? filled(series) : series,
  ),
});

function filled(series: RecordingSeries): RecordingSeries {
  const { columns } = series;
  const stepMs = series.sensor.stepMs ?? usualStepMs(columns);
  const track = newTrack();
  for (let i = 0; i < columns.count; i++) {
    const atMs = columns.atMs[i] as number;
    const before = i === 0 ? atMs : (columns.atMs[i - 1] as number);
    for (let at = before + stepMs; at < atMs - stepMs / 2; at += stepMs) addRow(track, at, 0, ROW_GOOD, 1);
    const mark = columns.marks?.[i] ?? ROW_GOOD;
    addRow(track, atMs, columns.values[i] as number, mark === ROW_MISSING ? ROW_GOOD : mark, 1);
  }
  return { ...series, columns: columnsOf(track) };
}
