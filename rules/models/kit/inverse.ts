/** The inverse velocity of a motion, and where straight lines through it meet nought. */
import { between } from './motion.ts';
import { fitLine, type SeriesPoint } from './series.ts';

/** Units per ms over the `samples` steps that end at `atMs`. */
export type Speed = { readonly atMs: number; readonly speed: number };

/** Part of its samples that a velocity needs, and of its velocities that a line needs. */
const ENOUGH = 0.8;

export function speedsOf(
  points: readonly SeriesPoint[],
  { samples, step }: { readonly samples: number; readonly step: number },
): readonly Speed[] {
  const speeds: Speed[] = [];
  let first = 0;
  for (const [index, { atMs }] of points.entries()) {
    while ((points[first]?.atMs ?? atMs) <= atMs - samples * step) first++;
    if (index + 1 - first < Math.max(2, samples * ENOUGH)) continue;
    const line = fitLine(points.slice(first, index + 1));
    if (line !== undefined) speeds.push({ atMs, speed: line.slope });
  }
  return speeds;
}

export type FailureLine = {
  /** Velocities that it was to go through. */
  readonly length: number;
  readonly atMs: number;
  readonly r2: number;
};

/** One line for each length that has its velocities and falls; standing still is no velocity to invert. */
export function failureLines(speeds: readonly Speed[], lengths: readonly number[], step: number): FailureLine[] {
  const nowMs = speeds.at(-1)?.atMs;
  if (nowMs === undefined) return [];
  const inverse = speeds.filter(({ speed }) => speed > 0).map(({ atMs, speed }) => ({ atMs, value: 1 / speed }));
  return lengths.flatMap((length) => {
    const some = between(inverse, nowMs - length * step, nowMs);
    const line = some.length < length * ENOUGH ? undefined : fitLine(some);
    if (line === undefined || line.slope >= 0) return [];
    return [{ length, atMs: line.endMs - line.atEnd / line.slope, r2: line.r2 }];
  });
}
