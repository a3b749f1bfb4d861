/** Empirical return periods: Weibull's plotting position m / (n + 1), and how little a rank among few years says. */
import type { Interval } from '#model/trend.ts';

/** The share of drawing m or more of n below a probability p: the distribution of the m-th largest. */
function atLeast(m: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let below = 0;
  for (let k = 0; k < m; k++) {
    below += term;
    term *= ((n - k) / (k + 1)) * (p / (1 - p));
  }
  return 1 - below;
}

function probabilityAt(m: number, n: number, share: number): number {
  let low = 0;
  let high = 1 - 1e-12;
  for (let round = 0; round < 80; round++) {
    const middle = (low + high) / 2;
    if (atLeast(m, n, middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The m-th largest of n years. Its probability of exceedance is Beta(m, n − m + 1), whatever rains are distributed like;
 * the interval holds 90 % of that.
 */
export function weibull(m: number, n: number): { readonly years: number; readonly interval: Interval } {
  return {
    years: (n + 1) / m,
    interval: { low: 1 / probabilityAt(m, n, 0.95), high: 1 / probabilityAt(m, n, 0.05) },
  };
}
