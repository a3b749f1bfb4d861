import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromSteps } from '#model/quantity.ts';
import { corroboration } from './corroboration.ts';
import { type NaiveSums, naiveSums } from './kit/naive-sums.ts';
import { MINUTE, messUp, openPlace, T0 } from './place.support.ts';

const gauges = (neighbours: number) =>
  Array.from({ length: neighbours + 1 }, (_, index) => ({
    quantity: 'rain' as const,
    staleAfterMs: 20 * MINUTE,
    role: index === 0 ? 'own' : 'neighbours',
  }));
const open = (neighbours = 3, params: { readonly [name: string]: unknown } = {}) =>
  openPlace(corroboration, params, gauges(neighbours));

/** Rain of every quarter of an hour, gauge by gauge, until `to`; what a gauge has is said by `mm`. */
function pour(
  { step }: ReturnType<typeof open>,
  from: number,
  to: number,
  neighbours: number,
  mm: (gauge: number, minute: number) => number | undefined,
) {
  let last: ReturnType<typeof step>;
  for (let minute = from; minute <= to; minute += 15)
    for (let gauge = 0; gauge <= neighbours; gauge++) {
      // Stamps of the neighbours differ by some minutes.
      const value = mm(gauge, minute);
      if (value !== undefined) last = step(minute + gauge * 2, Math.round(value * 1_000), gauge);
    }
  return last;
}

describe('a lone rain gauge', () => {
  const alone = (gauge: number, minute: number) => (gauge === 0 && minute >= 75 ? 8 : 0);

  it('is found among dry neighbours, with its sum and their number', () => {
    const figure = pour(open(), 0, 120, 3, alone);
    expect(figure).toMatchObject({ value: 32, mayLower: false });
    expect(figure?.say()).toEqual({
      zh: '1 小时雨量 32.0 mm，而 3 个邻站均不超过 0.5 mm',
      en: 'rainfall of 32.0 mm in 1 hour while 3 neighbours have at most 0.5 mm',
    });
  });

  it('is not alone in a storm, nor when a neighbour had the shower a quarter of an hour earlier', () => {
    expect(pour(open(), 0, 120, 3, () => 4)).toMatchObject({ value: 0 });
    const shower = pour(open(), 0, 120, 3, (gauge, minute) =>
      gauge === 0 && minute === 90 ? 8 : gauge === 2 && minute === 60 ? 3 : 0,
    );
    expect(shower).toMatchObject({ value: 0 });
    expect(shower?.say().en).toContain('1 neighbour has rain as well');
  });

  it('is not doubted out of ignorance: too few neighbours, without data, or doubted themselves', () => {
    const found = [
      pour(open(1), 0, 120, 1, alone),
      pour(open(0), 0, 120, 0, alone),
      pour(open(), 0, 120, 3, (gauge, minute) => (gauge >= 2 ? undefined : alone(gauge, minute))),
      pour(open(), 0, 120, 3, (gauge, minute) => (gauge >= 2 && minute > 60 ? undefined : alone(gauge, minute))),
    ];
    for (const figure of found) {
      expect(figure).toMatchObject({ value: 0, mayLower: false });
      expect(figure?.say().en).toBe('no neighbours to compare with (2 with complete data are needed)');
    }
    const { step } = open(2);
    let last: ReturnType<typeof step>;
    for (let minute = 0; minute <= 120; minute += 15)
      for (const gauge of [0, 1, 2]) last = step(minute, gauge === 0 ? 8_000 : 0, gauge, { suspect: gauge === 2 });
    expect(last).toMatchObject({ value: 0 });
  });

  it('is doubted late, when the neighbours’ data come late', () => {
    const place = open(2);
    pour(place, 0, 60, 2, () => 0);
    for (const minute of [75, 90, 105, 120]) expect(place.step(minute, 8_000, 0)?.value).toBe(0);
    expect(place.step(75, 0, 1)?.value).toBe(0);
    expect(place.step(75, 0, 2)?.value).toBe(0); // 45 minutes behind the gauge
    place.step(90, 0, 1);
    expect(place.step(90, 0, 2)).toMatchObject({ value: 16 });
    for (const minute of [105, 120]) place.step(minute, 0, 1);
    place.step(105, 0, 2);
    expect(place.step(120, 0, 2)).toMatchObject({ value: 32 });
  });

  it('is cleared of the doubt when late data show that a neighbour had rain in that hour after all', () => {
    const place = open(3);
    const absent = (gauge: number, minute: number) => (gauge === 3 && minute > 60 ? undefined : alone(gauge, minute));
    expect(pour(place, 0, 120, 3, absent)).toMatchObject({ value: 32, mayLower: false });
    const taken = place.step(90, 6_000, 3);
    expect(taken).toMatchObject({ value: 0, mayLower: true });
    expect(taken?.say().en).toBe('later data of the neighbours show rain at the same time');
  });

  it('is not cleared of it by dry hours, nor by rain that comes to all hours later', () => {
    const place = open(3);
    pour(place, 0, 120, 3, alone);
    expect(pour(place, 135, 240, 3, () => 0)).toMatchObject({ value: 0, mayLower: false });
    expect(pour(place, 255, 300, 3, () => 5)).toMatchObject({ value: 0, mayLower: false });
  });

  it('does not doubt itself for being doubted', () => {
    const { step } = open(2);
    let last: ReturnType<typeof step>;
    for (let minute = 0; minute <= 240; minute += 15)
      for (const gauge of [1, 2, 0]) last = step(minute, gauge === 0 ? 4_000 : 0, gauge, { suspect: gauge === 0 });
    expect(last).toMatchObject({ value: 16, mayBeMore: true });
  });

  it('is what a comparison of all samples again finds, out of order, late, missing and suspect', () => {
    let found = 0;
    const sample = fc.record({
      step: fc.oneof({ weight: 30, arbitrary: fc.integer({ min: 0, max: 4 }) }, fc.constant(25)),
      gauge: fc.nat(3),
      steps: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.constantFrom(30, 9_000, 9_000)),
      suspect: fc.oneof({ weight: 12, arbitrary: fc.constant(false) }, fc.constant(true)),
    });
    fc.assert(
      fc.property(
        fc.array(sample, { minLength: 20, maxLength: 120 }),
        fc.array(fc.nat(9), { minLength: 1, maxLength: 9 }),
        (steps, keys) => {
          let minute = 0;
          const rows = steps.map(({ step, gauge, ...row }) => {
            minute += step;
            return {
              minute,
              gauge,
              ...row,
              steps: gauge > 0 && row.steps === 9_000 && minute % 40 > 0 ? 0 : row.steps,
            };
          });
          const { step } = open(3, { window: '30m', min: 2, patience: '20m' });
          const sums = [0, 1, 2, 3].map(() => naiveSums(5 * MINUTE, 6 + 3 + 3 + 4 + 1, 4));
          for (const row of messUp(rows, keys)) {
            const figure = step(row.minute, row.steps, row.gauge, { suspect: row.suspect });
            const suspect = row.gauge === 0 ? false : row.suspect;
            sums[row.gauge]?.add({ atMs: T0 + row.minute * MINUTE, value: row.steps, first: false, suspect });
            const expected = naive(sums);
            if (expected > 0) found++;
            expect(figure?.value).toBe(fromSteps('rain', expected));
          }
        },
      ),
      { numRuns: 150, verbose: 1 },
    );
    expect(found).toBeGreaterThan(10);
  });
});

/** Windows of 6 buckets, 3 of slack, 4 of patience, two dry neighbours. */
function naive(sums: readonly NaiveSums[]): number {
  const [own, ...others] = sums;
  const heads = others.map((one) => one.head()).sort((a, b) => b - a);
  const end = Math.min(own?.head() ?? 0, heads[1] ?? 0);
  if (own === undefined || end === 0 || own.head() - end > 4) return 0;
  const back = (one: NaiveSums, to: number) => one.head() - to;
  const steps = own.sum(Math.max(0, back(own, end)), Math.max(0, back(own, end - 6)));
  let dry = 0;
  for (const one of others) {
    const [from, to] = [Math.max(0, back(one, end + 3)), Math.max(0, back(one, end - 9))];
    const kept = Math.min(to, 17);
    if (one.head() > 0 && one.sum(from, kept) > 500) return 0;
    const reached = one.head() >= end;
    if (reached && one.covered(back(one, end), back(one, end - 6)) === 6) dry++;
  }
  return dry >= 2 && steps > 500 ? steps : 0;
}
