/** Least-squares lines through places of a stretch, and how far they can be trusted. */
import { isKnown, meanAt, type Stretch } from './stretch.ts';

export type Line = {
  /** Per place. */
  readonly slope: number;
  readonly n: number;
  /** How many independent values the residuals leave: neighbours that err alike count less. */
  readonly independent: number;
  /** Of the slope; 0 where the line passes through every value. */
  readonly error: number;
};

/** The line through the known means of from ≤ at < to; undefined for fewer than three or all at one place. */
export function lineThrough(stretch: Stretch, from: number, to: number): Line | undefined {
  const xs: number[] = [];
  const ys: number[] = [];
  for (let at = Math.max(0, from); at < Math.min(to, stretch.length); at++) {
    const mean = meanAt(stretch, at);
    if (mean === null) continue;
    xs.push(at - from);
    ys.push(mean);
  }
  const n = xs.length;
  if (n < 3) return undefined;
  const meanX = xs.reduce((sum, x) => sum + x, 0) / n;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / n;
  let sxx = 0;
  let sxy = 0;
  for (let at = 0; at < n; at++) {
    const dx = (xs[at] ?? 0) - meanX;
    sxx += dx * dx;
    sxy += dx * ((ys[at] ?? 0) - meanY);
  }
  const slope = sxy / sxx;
  const rest = ys.map((y, at) => y - meanY - slope * ((xs[at] ?? 0) - meanX));
  const squares = rest.reduce((sum, r) => sum + r * r, 0);
  const alike = rest.reduce((sum, r, at) => sum + r * (rest[at + 1] ?? 0), 0);
  const likeness = squares > 0 ? Math.max(0, Math.min(0.99, alike / squares)) : 0;
  const independent = (n * (1 - likeness)) / (1 + likeness);
  const error = Math.sqrt(((squares / (n - 2)) * (n / independent)) / sxx);
  return { slope, n, independent, error };
}

/**
 * Noise of one place, from how far each lies off the middle of its neighbours: neither a trend nor a few jumps move it.
 * Undefined when too few neighbours are known.
 */
export function noiseOf(stretch: Stretch, least: number): number | undefined {
  const bends: number[] = [];
  for (let at = 2; at < stretch.length; at++) {
    if (!isKnown(stretch, at) || !isKnown(stretch, at - 1) || !isKnown(stretch, at - 2)) continue;
    bends.push(
      Math.abs((meanAt(stretch, at) ?? 0) - 2 * (meanAt(stretch, at - 1) ?? 0) + (meanAt(stretch, at - 2) ?? 0)),
    );
  }
  if (bends.length < 5) return undefined;
  bends.sort((a, b) => a - b);
  const middle = bends[bends.length >> 1] ?? 0;
  return Math.max(least, (1.4826 * middle) / Math.sqrt(6));
}
