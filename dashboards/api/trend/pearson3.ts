/**
 * Pearson type III as Chinese hydrology uses it (SL 44): mean, Cv and Cs of annual maxima; x_p = mean·(1 + Cv·Φ_p), where
 * the factor Φ_p = (Cs/2)·t_p − 2/Cs and t_p is the gamma quantile of shape 4/Cs².
 */
import { gammaAbove, gammaQuantileAbove, lnGamma } from './gamma.ts';

export type Pearson3 = { readonly mean: number; readonly cv: number; readonly cs: number };

/** Below this skew the gamma shape exceeds a million and the curve is the normal one to four digits. */
const STRAIGHT = 0.002;

/** Φ_p of an exceedance probability p. */
export function frequencyFactor(p: number, cs: number): number {
  // Mirrored: what lies above of a negative skew lies below of the positive one.
  if (cs < 0) return -frequencyFactor(1 - p, -cs);
  const skew = Math.max(cs, STRAIGHT);
  return (skew / 2) * gammaQuantileAbove(4 / skew ** 2, p) - 2 / skew;
}

/** The value that is exceeded with probability p. */
export const quantileOf = ({ mean, cv, cs }: Pearson3, p: number): number => mean * (1 + cv * frequencyFactor(p, cs));

function aboveFactor(factor: number, cs: number): number {
  if (cs < 0) return 1 - aboveFactor(-factor, -cs);
  const skew = Math.max(cs, STRAIGHT);
  return gammaAbove(4 / skew ** 2, (factor + 2 / skew) * (2 / skew));
}

/** The probability that a year's largest exceeds x. */
export const exceedance = ({ mean, cv, cs }: Pearson3, x: number): number => aboveFactor((x / mean - 1) / cv, cs);

/** Years between two that exceed x, on average; at most a million, where the curve says nothing any more. */
export const returnYears = (curve: Pearson3, x: number): number => Math.min(1 / exceedance(curve, x), 1_000_000);

/** Hosking's approximation of the shape from L-skewness; its error in the shape is below 5 in 10⁵. */
function shapeOf(lSkew: number): number {
  const t = Math.abs(lSkew);
  if (t < 1 / 3) {
    const z = 3 * Math.PI * t ** 2;
    return (1 + 0.2906 * z) / (z + 0.1882 * z ** 2 + 0.0442 * z ** 3);
  }
  const z = 1 - t;
  const above = 0.36067 * z - 0.59567 * z ** 2 + 0.25361 * z ** 3;
  return above / (1 - 2.78861 * z + 2.56096 * z ** 2 - 0.77045 * z ** 3);
}

/** Fits by L-moments; undefined for fewer than three values or such as do not differ. */
export function fitPearson3(values: readonly number[]): Pearson3 | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  if (n < 3) return undefined;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  for (const [index, value] of sorted.entries()) {
    b0 += value;
    b1 += (index / (n - 1)) * value;
    b2 += ((index * (index - 1)) / ((n - 1) * (n - 2))) * value;
  }
  const mean = b0 / n;
  const l2 = (2 * b1) / n - mean;
  const l3 = (6 * b2) / n - (6 * b1) / n + mean;
  if (!(l2 > mean * 1e-9) || !(mean > 0)) return undefined;
  const lSkew = Math.max(-0.99, Math.min(0.99, l3 / l2));
  if (Math.abs(lSkew) < 1e-6) return { mean, cv: (l2 * Math.sqrt(Math.PI)) / mean, cs: 0 };
  const shape = shapeOf(lSkew);
  const spread = l2 * Math.sqrt(Math.PI * shape) * Math.exp(lnGamma(shape) - lnGamma(shape + 0.5));
  return { mean, cv: spread / mean, cs: (2 / Math.sqrt(shape)) * Math.sign(lSkew) };
}

/** A repeatable stream of numbers in 0 … 1: the same record always gives the same interval. */
function repeatable(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const GRID = 256;
const ROUNDS = 300;

/** Quantiles of the curve on a grid of probabilities; drawing from it is looking up. */
function sampler(curve: Pearson3, next: () => number): () => number {
  const values = Array.from({ length: GRID }, (_, index) => quantileOf(curve, (index + 0.5) / GRID));
  return () => {
    const at = next() * (GRID - 1);
    const low = values[Math.floor(at)] ?? 0;
    const high = values[Math.floor(at) + 1] ?? low;
    return low + (high - low) * (at - Math.floor(at));
  };
}

/** What as few years as these leave open of the return period of x: 90 % of fits to records drawn from the curve itself. */
export function returnInterval(
  curve: Pearson3,
  years: number,
  x: number,
): { readonly low: number; readonly high: number } {
  const draw = sampler(curve, repeatable(years * 7_919));
  const found: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const fit = fitPearson3(Array.from({ length: years }, draw));
    if (fit !== undefined) found.push(returnYears(fit, x));
  }
  found.sort((a, b) => a - b);
  const at = (share: number): number => found[Math.round(share * (found.length - 1))] ?? Number.POSITIVE_INFINITY;
  return { low: at(0.05), high: at(0.95) };
}
