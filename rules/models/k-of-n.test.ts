import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kOfN } from './k-of-n.ts';
import { MINUTE, messUp, openPlace } from './place.support.ts';

type Row = { readonly minute: number; readonly sensor: number; readonly value: number; readonly suspect: boolean };
const WINDOW = 10;

function naive(rows: readonly Row[], when: 'above' | 'below') {
  const newest = Math.max(...rows.map(({ minute }) => minute));
  const within = rows.filter(({ minute }) => minute > newest - WINDOW);
  const hit = ({ value }: Row) => (when === 'above' ? value >= 500 : value <= 500);
  const sensorsOf = (some: readonly Row[]) => new Set(some.map(({ sensor }) => sensor)).size;
  return { reached: sensorsOf(within.filter(hit)), known: sensorsOf(within.filter(({ suspect }) => !suspect)) };
}

describe('k of n', () => {
  it('counts as a count of all samples again, out of order, late, twice, missing and suspect', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            step: fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, fc.constant(15)),
            sensor: fc.nat(3),
            value: fc.constantFrom(0, 499, 500, 501, 900),
            suspect: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
          }),
          { minLength: 1, maxLength: 60 },
        ),
        fc.array(fc.nat(8), { minLength: 1, maxLength: 7 }),
        fc.constantFrom('above' as const, 'below' as const),
        (steps, keys, when) => {
          let minute = 0;
          const rows = steps.map(({ step, ...row }) => {
            minute += step;
            return { minute, ...row };
          });
          const sensors = [{}, {}, {}, {}].map(() => ({ quantity: 'temperature' as const }));
          const { step } = openPlace(kOfN, { reach: 50, window: `${WINDOW}m`, when }, sensors);
          const came: Row[] = [];
          for (const row of messUp(rows, keys).flatMap((one) => [one, one])) {
            came.push(row);
            const figure = step(row.minute, row.value, row.sensor, { suspect: row.suspect });
            const { reached, known } = naive(came, when);
            expect(figure).toMatchObject({
              ...{ value: reached, coverage: known / 4, mayLower: known === 4 && !row.suspect },
              mayBeMore: known < 4 || row.suspect,
            });
          }
        },
      ),
      { numRuns: 200, verbose: 1 },
    );
  });

  it('says who has no vote', () => {
    const { step } = openPlace(kOfN, { reach: 57, window: '5m' }, [
      { quantity: 'temperature' },
      { quantity: 'temperature' },
      { quantity: 'temperature' },
    ]);
    step(0, 600, 0);
    expect(step(1, 570, 1)?.say()).toEqual({
      zh: '5 分钟内 3 个传感器中 2 个温度达到或超过 57 °C（1 个无可信数据）',
      en: '2 of 3 sensors had a temperature at or above 57 °C within 5 minutes (1 without trusted data)',
    });
  });

  it('forgets a vote when its window has passed', () => {
    const { step } = openPlace(kOfN, { reach: 57, window: '5m' }, [{ quantity: 'temperature', staleAfterMs: MINUTE }]);
    expect(step(0, 600)?.value).toBe(1);
    expect(step(4, 300)?.value).toBe(1);
    expect(step(5, 300)).toMatchObject({ value: 0, mayLower: true });
  });
});
