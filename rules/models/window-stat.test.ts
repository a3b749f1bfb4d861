import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromSteps } from '#model/quantity.ts';
import { HOUR, MINUTE, messUp, openPlace, T0 } from './place.support.ts';
import { windowStat } from './window-stat.ts';

type Row = { readonly minute: number; readonly value: number; readonly suspect: boolean };
const STATS = ['mean', 'min', 'max', 'range', 'deviation', 'last'] as const;
const SLOT = MINUTE; // of a window of an hour

/** All samples again: those of the last 60 slots, and which slots have data or are bridged. */
function naive(rows: readonly Row[], stat: (typeof STATS)[number], staleMs: number) {
  const slotOf = (row: Row) => Math.ceil((T0 + row.minute * MINUTE) / SLOT);
  const head = Math.max(...rows.map(slotOf));
  const seen = rows.filter((row) => slotOf(row) > head - 60);
  const slots = [...new Set(rows.map(slotOf))].filter((slot) => slot > head - 120).sort((a, b) => a - b);
  const covered = new Set(slots);
  for (const [index, slot] of slots.entries()) {
    const next = slots[index + 1];
    if (next !== undefined && next - slot <= Math.max(1, Math.ceil(staleMs / SLOT)))
      for (let between = slot + 1; between < next; between++) covered.add(between);
  }
  const coverage = [...covered].filter((slot) => slot > head - 60).length / 60;
  const values = seen.map(({ value }) => value);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const newest = rows.reduce((last, row) => (row.minute >= last.minute ? row : last));
  const figures = {
    ...{ mean, min, max, range: max - min, last: newest.value },
    deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)),
  };
  return { steps: figures[stat], coverage, suspect: seen.some(({ suspect }) => suspect) };
}

describe('a statistic of a window', () => {
  it('is that of all its samples again, out of order, late, twice at one instant, missing and suspect', () => {
    let told = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            step: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 4 }) }, fc.constantFrom(0.25, 25, 90)),
            value: fc.integer({ min: -3_000_000, max: 3_000_000 }),
            suspect: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
          }),
          { minLength: 1, maxLength: 80 },
        ),
        fc.array(fc.nat(12), { minLength: 1, maxLength: 9 }),
        fc.constantFrom(...STATS),
        fc.constantFrom(1, 5, 15),
        (steps, keys, stat, staleMinutes) => {
          let minute = 0;
          const rows = steps.map(({ step, value, suspect }): Row => {
            minute += step;
            return { minute, value, suspect };
          });
          const sensors = [{ quantity: 'level', staleAfterMs: staleMinutes * MINUTE }] as const;
          const { step } = openPlace(windowStat, { window: '1h', stat, minCoverage: 0 }, sensors);
          const came: Row[] = [];
          for (const row of messUp(rows, keys)) {
            came.push(row);
            const figure = step(row.minute, row.value, 0, { suspect: row.suspect });
            const expected = naive(came, stat, staleMinutes * MINUTE);
            if (figure === undefined) continue; // older than what is kept
            told++;
            expect(figure.value).toBeCloseTo(fromSteps('level', expected.steps), 6);
            if (stat !== 'last') expect(figure.coverage).toBeCloseTo(expected.coverage, 12);
            if (expected.suspect) expect(figure.mayLower).toBe(false);
          }
        },
      ),
      { numRuns: 150, verbose: 1 },
    );
    expect(told).toBeGreaterThan(500);
  });

  it('says its window, its number and its unit', () => {
    const { step } = openPlace(windowStat, { window: '1h', stat: 'range' }, [{ quantity: 'level' }]);
    let figure = step(0, 3_000);
    for (let minute = 5; minute <= 120; minute += 5) figure = step(minute, 3_000 + minute);
    expect(figure).toMatchObject({ value: 0.055, coverage: 1, mayLower: true, mayBeMore: false });
    expect(figure?.say()).toEqual({ zh: '1 小时水位变幅 0.055 m', en: 'range of water level over 1 hour 0.055 m' });
  });

  it('of a window with a hole: a greatest value may raise and not lower, a mean says nothing', () => {
    for (const [stat, worse, says] of [
      ['max', 'higher', true],
      ['mean', 'higher', false],
      ['min', 'higher', false],
      ['min', 'lower', true],
      ['range', 'lower', false],
    ] as const) {
      const sensors = [{ quantity: 'level', staleAfterMs: 6 * MINUTE }] as const;
      const { step } = openPlace(windowStat, { window: '1h', stat, worse }, sensors);
      step(0, 5_000);
      const figure = step(40, 4_000);
      if (says) expect(figure).toMatchObject({ value: stat === 'max' ? 5 : 4, mayLower: false, mayBeMore: true });
      else expect(figure).toBeUndefined();
      if (says) expect(figure?.say().zh).toContain('（窗口数据');
    }
  });

  it('drops nothing that a window of days still holds', () => {
    const { step } = openPlace(windowStat, { window: '3d', stat: 'max' }, [{ quantity: 'level', staleAfterMs: HOUR }]);
    let figure = step(0, 9_000);
    for (let hour = 1; hour <= 70; hour++) figure = step(hour * 60, 100);
    expect(figure?.value).toBe(9);
    for (let hour = 71; hour <= 76; hour++) figure = step(hour * 60, 100);
    expect(figure?.value).toBe(0.1);
  });
});
