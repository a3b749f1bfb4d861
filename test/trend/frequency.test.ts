/** Pearson III and Weibull against published tables, against integration by hand, and against each other. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gammaAbove, gammaQuantileAbove, lnGamma } from '#dashboards/api/trend/gamma.ts';
import {
  exceedance,
  fitPearson3,
  frequencyFactor,
  quantileOf,
  returnInterval,
  returnYears,
} from '#dashboards/api/trend/pearson3.ts';
import { weibull } from '#dashboards/api/trend/weibull.ts';

/** Φ_p as the tables of hydrology print them (also Bulletin 17B, appendix 3). */
const TABLE: readonly (readonly [cs: number, p: number, factor: number])[] = [
  ...([
    [0, 0.01, 2.326],
    [0, 0.001, 3.09],
    [0.2, 0.01, 2.47226],
    [0.5, 0.01, 2.68572],
    [1, 0.5, -0.16397],
    [1, 0.1, 1.34039],
    [1, 0.02, 2.54206],
    [1, 0.01, 3.02256],
    [1.5, 0.01, 3.33035],
    [2, 0.01, 3.60517],
    [2, 0.001, 5.90776],
    [3, 0.01, 4.05138],
    [-1, 0.01, 1.58838],
  ] as const),
];

describe('the frequency factor of Pearson III', () => {
  test.for(TABLE)('of Cs %s at P %s is the table’s %s', ([cs, p, factor]) => {
    expect(frequencyFactor(p, cs)).toBeCloseTo(factor, cs === 0 ? 2 : 4);
  });

  test('of Cs 2 is that of the exponential curve, −ln p − 1, at any p', () => {
    for (const p of [0.9, 0.5, 0.1, 0.01, 1e-4, 1e-8]) expect(frequencyFactor(p, 2)).toBeCloseTo(-Math.log(p) - 1, 9);
  });

  test('agrees with the density added up slice by slice', () => {
    const cs = 1.75;
    const shape = 4 / cs ** 2;
    const density = (x: number) => Math.exp((shape - 1) * Math.log(x) - x - lnGamma(shape));
    for (const p of [0.2, 0.05, 0.01]) {
      const from = (frequencyFactor(p, cs) + 2 / cs) * (2 / cs);
      const width = 0.0005;
      let above = 0;
      for (let x = from + width / 2; x < from + 60; x += width) above += density(x) * width;
      expect(above).toBeCloseTo(p, 6);
    }
  });
});

describe('the incomplete gamma function', () => {
  test('gives back any share that its inverse was asked for', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 2_000, noNaN: true }),
        fc.double({ min: 1e-9, max: 0.999, noNaN: true }),
        (a, p) => {
          expect(gammaAbove(a, gammaQuantileAbove(a, p)) / p).toBeCloseTo(1, 6);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a curve through annual maxima', () => {
  const curve = { mean: 85, cv: 0.45, cs: 1.575 };

  test('asked for the value of a probability and for the probability of that value comes back to where it was', () => {
    for (const p of [0.5, 0.1, 0.02, 0.001]) expect(exceedance(curve, quantileOf(curve, p))).toBeCloseTo(p, 9);
    expect(returnYears(curve, quantileOf(curve, 0.01))).toBeCloseTo(100, 4);
  });

  test('finds the parameters that its values were made of', () => {
    const n = 2_000;
    const fit = fitPearson3(Array.from({ length: n }, (_, k) => quantileOf(curve, (k + 0.5) / n)));
    expect(fit?.mean).toBeCloseTo(85, 0);
    expect(fit?.cv).toBeCloseTo(0.45, 2);
    expect(fit?.cs).toBeCloseTo(1.575, 1);
  });

  test('does not exist for values that do not differ, or for two', () => {
    expect(fitPearson3([30, 30, 30, 30, 30])).toBeUndefined();
    expect(fitPearson3([0, 0, 0, 0])).toBeUndefined();
    expect(fitPearson3([20, 30])).toBeUndefined();
  });

  test('has an interval that holds the truth, narrows with the years, and is the same each time', () => {
    const x = quantileOf(curve, 0.02);
    const [short, long] = [returnInterval(curve, 12, x), returnInterval(curve, 60, x)];
    for (const { low, high } of [short, long]) {
      expect(low).toBeLessThan(50);
      expect(high).toBeGreaterThan(50);
    }
    expect(long.high / long.low).toBeLessThan(short.high / short.low);
    expect(returnInterval(curve, 12, x)).toEqual(short);
  });
});

describe('Weibull’s position', () => {
  test('of the largest of eleven years is twelve years, and may be anything from 4 to 215', () => {
    const { years, interval } = weibull(1, 11);
    expect(years).toBe(12);
    // The largest of n: 1 − (1 − p)^n = 0.95 and 0.05.
    expect(interval.low).toBeCloseTo(1 / (1 - 0.05 ** (1 / 11)), 6);
    expect(interval.high).toBeCloseTo(1 / (1 - 0.95 ** (1 / 11)), 4);
  });

  test('has an interval around it at every rank', () => {
    for (let rank = 1; rank <= 20; rank++) {
      const { years, interval } = weibull(rank, 20);
      expect(interval.low).toBeLessThan(years);
      expect(interval.high).toBeGreaterThan(years);
    }
  });
});
