/** Makes the line of a chart from readings: the value itself, the sum of a window, or the slope, as the rule judged it. */
import { fromSteps, type QuantityCode, toSteps } from '#model/quantity.ts';
import type { ReadingJson } from './api.ts';

export type Series = {
  /** Seconds, ascending. */
  readonly times: readonly number[];
  /** In the quantity's unit; null breaks the line. */
  readonly values: readonly (number | null)[];
  /** Only values that are to be doubted. */
  readonly suspect: readonly (number | null)[];
};

export type Measure = { readonly kind: 'value' | 'rollingSum' | 'rate' | 'silence'; readonly windowMs: number };

/** What a hazard model judged is charted as it was measured: its figure is in a unit of its own. */
export const measureKind = (measure: string): Measure['kind'] =>
  measure === 'rollingSum' || measure === 'rate' || measure === 'silence' ? measure : 'value';

type Step = { readonly atMs: number; readonly steps: number | null; readonly suspect: boolean };

const HOUR_MS = 3_600_000;

function slopePerHour(window: readonly Step[], endMs: number): number | null {
  const known = window.filter((step): step is Step & { readonly steps: number } => step.steps !== null);
  if (known.length < 2) return null;
  const xs = known.map((step) => (step.atMs - endMs) / HOUR_MS);
  const meanX = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const meanY = known.reduce((sum, step) => sum + step.steps, 0) / known.length;
  let above = 0;
  let below = 0;
  for (const [index, step] of known.entries()) {
    const dx = (xs[index] ?? 0) - meanX;
    above += dx * (step.steps - meanY);
    below += dx * dx;
  }
  return below === 0 ? null : above / below;
}

/** One value for each reading, over the readings of its window (open at its start). */
function derive(steps: readonly Step[], measure: Measure): readonly (number | null)[] {
  if (measure.kind === 'value' || measure.kind === 'silence') return steps.map((step) => step.steps);
  let start = 0;
  let sum = 0;
  return steps.map((step, index) => {
    sum += step.steps ?? 0;
    for (
      let first = steps[start];
      first !== undefined && first.atMs <= step.atMs - measure.windowMs;
      first = steps[start]
    ) {
      sum -= first.steps ?? 0;
      start += 1;
    }
    if (measure.kind === 'rollingSum') return step.steps === null ? null : sum;
    return slopePerHour(steps.slice(start, index + 1), step.atMs);
  });
}

/** A pause longer than `gapMs` breaks the line: missing is never drawn through. */
export function makeSeries(
  readings: readonly ReadingJson[],
  quantity: QuantityCode,
  measure: Measure,
  gapMs: number,
): Series {
  const steps = readings.map(
    (reading): Step => ({
      atMs: reading.measuredAtMs,
      steps: reading.value === undefined ? null : toSteps(quantity, reading.value),
      suspect: reading.quality === 'suspect',
    }),
  );
  const derived = derive(steps, measure);
  const times: number[] = [];
  const values: (number | null)[] = [];
  const suspect: (number | null)[] = [];
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1];
    if (before !== undefined && step.atMs === before.atMs) continue;
    if (before !== undefined && step.atMs - before.atMs > gapMs) {
      times.push((before.atMs + 1) / 1_000);
      values.push(null);
      suspect.push(null);
    }
    const one = derived[index] ?? null;
    const value = one === null ? null : fromSteps(quantity, one);
    times.push(step.atMs / 1_000);
    values.push(value);
    suspect.push(step.suspect ? value : null);
  }
  return { times, values, suspect };
}
