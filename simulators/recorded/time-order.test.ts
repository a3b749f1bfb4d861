import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RecordingSeries, ROW_MISSING } from '#rules/backtest/recording.ts';
import { addRow, columnsOf, newTrack } from '#simulators/recorded/column-store.ts';
import { inTimeOrder } from '#simulators/recorded/time-order.ts';

type Row = readonly [atMs: number, value: number];
const HOUR = 3_600_000;

function seriesOf(rows: readonly Row[], quantity: 'rain' | 'level' = 'rain'): RecordingSeries {
  const track = newTrack();
  for (const [index, [atMs, value]] of rows.entries()) addRow(track, atMs, value, 0, index + 2);
  return { sensor: { sensorId: 'g', quantity }, columns: columnsOf(track), flags: track.flags };
}

function played(rows: readonly Row[], quantity: 'rain' | 'level' = 'rain') {
  const { series, notes } = inTimeOrder(seriesOf(rows, quantity), 'f.csv');
  const { count, atMs, values, marks } = series.columns;
  return {
    rows: Array.from({ length: count }, (_, i) => [atMs[i], marks?.[i] === ROW_MISSING ? null : (values[i] as number)]),
    flags: (series.flags ?? []).map(({ flag }) => flag),
    notes: notes.map(({ message }) => message),
  };
}

const hourly = (values: readonly number[]): readonly Row[] => values.map((value, hour) => [hour * HOUR, value]);

describe('the order of time', () => {
  it('turns a file whose newest row is first, without calling it a clock that was set back', () => {
    const rows = hourly([0, 5, 7, 0, 3, 0]);
    const { rows: got, flags, notes } = played([...rows].reverse());
    expect(got).toEqual(rows);
    expect(flags).toEqual([]);
    expect(notes).toEqual(['g: the rows are not in the order of time (5 steps back): put in order']);
  });

  it('gives the same rows for any order of a file, and for rows that stand there twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: 3, maxLength: 40 }),
        fc.infiniteStream(fc.nat(1_000)),
        (more, keys) => {
          const rows = hourly([0, ...more]);
          const twice = [...rows, ...rows.filter((_, i) => i % 3 === 0)].map((row) => ({
            row,
            key: keys.next().value,
          }));
          const shuffled = twice.sort((a, b) => a.key - b.key).map(({ row }) => row);
          expect(played(shuffled).rows).toEqual(rows);
        },
      ),
      { numRuns: 200, verbose: 1 },
    );
  });

  it('puts a late row in its place and keeps the flag of the clock', () => {
    const { rows, flags } = played([
      [0, 1],
      [2 * HOUR, 3],
      [HOUR, 2],
      [3 * HOUR, 0],
    ]);
    expect(rows.map(([, value]) => value)).toEqual([1, 2, 3, 0]);
    expect(flags).toEqual(['clock-back']);
  });

  it('leaves a clock that ran wild to the backtest', () => {
    const wild: readonly Row[] = [...hourly([1, 2, 3]), [500 * 24 * HOUR, 4], [3 * HOUR, 5], [4 * HOUR, 6]];
    expect(played(wild).rows).toEqual(wild);
  });

  it('keeps the tips of one minute, and takes the step of a gauge once', () => {
    const tips: readonly Row[] = [
      [0, 200],
      [60_000, 200],
      [60_000, 200],
      [180_000, 200],
    ];
    expect(played(tips).rows).toEqual(tips);
    const gauge = hourly([0, 200, 0, 400]);
    const doubled = gauge.flatMap((row) => [row, row]);
    expect(played(doubled)).toEqual({
      rows: gauge,
      flags: ['duplicate', 'duplicate', 'duplicate', 'duplicate'],
      notes: ['g: 4 rows stand there twice: taken once'],
    });
    expect(played(doubled, 'level').rows).toEqual(gauge);
  });

  it('takes rain below nought as missing, and a level below nought as it is', () => {
    const rows = hourly([0, -9_999_000, 5]);
    expect(played(rows).rows.map(([, value]) => value)).toEqual([0, null, 5]);
    expect(played(rows).flags).toEqual(['negative']);
    expect(played(rows, 'level').rows.map(([, value]) => value)).toEqual([0, -9_999_000, 5]);
  });
});
