import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSeries } from './merge.ts';
import { receiptOf } from './receipt.ts';
import { ROW_MISSING, ROW_SUSPECT, type SeriesColumns } from './recording.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const columns = (atMs: readonly number[], marks?: readonly number[]): SeriesColumns => ({
  count: atMs.length,
  atMs: Float64Array.from(atMs),
  values: Int32Array.from(atMs, (_, row) => row),
  ...(marks === undefined ? {} : { marks: Uint8Array.from(marks) }),
});

type Row = { readonly receivedAtMs: number; readonly slot: number; readonly atMs: number; readonly value: number };

function allRows(series: readonly SeriesColumns[], window = {}): Row[] {
  const merge = mergeSeries(
    series,
    Int32Array.from(series, (_, index) => index),
    window,
  );
  const rows: Row[] = [];
  for (let batch = merge.next(); batch !== undefined; batch = merge.next())
    for (let row = 0; row < batch.count; row++)
      rows.push({
        receivedAtMs: batch.receivedAtMs,
        slot: batch.slots[row] as number,
        atMs: batch.atMs[row] as number,
        value: batch.values[row] as number,
      });
  expect(rows).toHaveLength(merge.rows);
  return rows;
}

describe('merging series in time', () => {
  it('gives every row once, each series in its own order, by instant of receipt, whatever the clocks did', () => {
    const series = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 300 }).map((steps) => {
      let at = 0;
      return columns(
        steps.map((step) => {
          at += step - 20;
          return at * 60_000;
        }),
      );
    });
    fc.assert(
      fc.property(fc.array(series, { minLength: 1, maxLength: 9 }), (all) => {
        const rows = allRows(all);
        // The naive way: everything in one list, sorted.
        const naive = all
          .flatMap((one, slot) => {
            const receipt = receiptOf(one);
            return Array.from({ length: one.count }, (_, row) => ({
              receivedAtMs: receipt[row] as number,
              slot,
              atMs: one.atMs[row] as number,
              value: one.values[row] as number,
            }));
          })
          .sort((a, b) => a.receivedAtMs - b.receivedAtMs || a.slot - b.slot || a.value - b.value);
        expect(rows).toEqual(naive);
      }),
      { numRuns: 150 },
    );
  });

  it('begins and ends where it is told, both ends included', () => {
    const rows = allRows([columns([0, HOUR, 2 * HOUR, 3 * HOUR])], { fromMs: HOUR, toMs: 2 * HOUR });
    expect(rows.map(({ atMs }) => atMs)).toEqual([HOUR, 2 * HOUR]);
  });

  it('says of a batch whether rows are marked, and keeps the marks', () => {
    const merge = mergeSeries([columns([0, 1, 2], [0, ROW_SUSPECT, ROW_MISSING])], Int32Array.of(0));
    const marksOfNext = () => {
      const batch = merge.next();
      return [batch?.marked, batch?.marks[0]];
    };
    expect([marksOfNext(), marksOfNext(), marksOfNext()]).toEqual([
      [false, 0],
      [true, ROW_SUSPECT],
      [true, ROW_MISSING],
    ]);
    expect(merge.next()).toBeUndefined();
  });
});

describe('when a row came in', () => {
  it('is the stamp itself while the clock only goes forward', () => {
    const one = columns([0, 5, 5, 9]);
    expect(receiptOf(one)).toBe(one.atMs);
  });

  it('stays at the newest stamp while a clock that was set back an hour catches up', () => {
    expect([...receiptOf(columns([0, 2 * HOUR, HOUR, 3 * HOUR]))]).toEqual([0, 2 * HOUR, 2 * HOUR, 3 * HOUR]);
  });

  it('does not follow a clock that ran years ahead for some rows', () => {
    const ahead = 12_000 * DAY;
    const stamps = [0, HOUR, ahead, ahead + HOUR, 2 * HOUR, 3 * HOUR];
    expect([...receiptOf(columns(stamps))]).toEqual([0, HOUR, HOUR, HOUR, 2 * HOUR, 3 * HOUR]);
  });

  it('does not follow a clock that woke in 1970 either', () => {
    const now = 20_000 * DAY;
    const stamps = [now, now + HOUR, 0, HOUR, now + 2 * HOUR, now + 3 * HOUR];
    expect([...receiptOf(columns(stamps))]).toEqual([
      ...[now, now + HOUR, now + HOUR, now + HOUR, now + 2 * HOUR, now + 3 * HOUR],
    ]);
  });

  it('does not begin with a first row that lies years ahead of all others', () => {
    expect([...receiptOf(columns([9_000 * DAY, 0, HOUR]))]).toEqual([0, 0, HOUR]);
  });
});
