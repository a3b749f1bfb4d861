/**
 * Decides how a storm's rain falls over its duration: evenly, by steps that somebody wrote, by Keifer and Chu's Chicago
 * storm (1957) or by the SCS type II curve (US SCS, TR-55, 1986). All but the steps fall to their total exactly.
 */
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';

export type Intensity = { readonly atMs: number; readonly perHour: number };

export type StormShape =
  | { readonly kind: 'uniform' }
  /** `peak`: part of the duration at which it rains most; `bMinutes` and `c` of the place's own i = a/(t + b)^c. */
  | { readonly kind: 'chicago'; readonly peak: number; readonly bMinutes: number; readonly c: number }
  | { readonly kind: 'scs2' }
  | { readonly kind: 'steps'; readonly steps: readonly Intensity[] };

export type Storm = {
  /** Since the begin. */
  readonly atMs: number;
  readonly totalMm: number;
  readonly durationMs: number;
  readonly stepMs: number;
  readonly shape: StormShape;
};

/** SCS type II: part of a day's rain fallen by the hour. */
const SCS2: readonly (readonly [hour: number, share: number])[] = [
  ...([
    [0, 0],
    [2, 0.022],
    [4, 0.048],
    [6, 0.08],
    [7, 0.098],
    [8, 0.12],
    [8.5, 0.133],
    [9, 0.147],
  ] as const),
  ...([
    [9.5, 0.163],
    [9.75, 0.172],
    [10, 0.181],
    [10.5, 0.204],
    [11, 0.235],
    [11.5, 0.283],
  ] as const),
  ...([
    [11.75, 0.357],
    [12, 0.663],
    [12.5, 0.735],
    [13, 0.772],
    [13.5, 0.799],
    [14, 0.82],
  ] as const),
  ...([
    [16, 0.88],
    [20, 0.952],
    [24, 1],
  ] as const),
];

function scs2At(part: number): number {
  const hour = part * 24;
  for (const [index, [to, share]] of SCS2.entries()) {
    const [from = 0, before = 0] = SCS2[index - 1] ?? [];
    if (hour <= to) return to === from ? share : before + ((share - before) * (hour - from)) / (to - from);
  }
  return 1;
}

/** Depth of the heaviest `minutes` in one: T/(T + b)^c, the integral of the storm on either side of its peak. */
const chicagoDepth = (minutes: number, bMinutes: number, c: number): number => minutes / (minutes + bMinutes) ** c;

/** Part of the total that has fallen by a part of the duration. */
export function fallenShare(shape: Exclude<StormShape, { kind: 'steps' }>, part: number, durationMs: number): number {
  const x = Math.min(1, Math.max(0, part));
  switch (shape.kind) {
    case 'uniform':
      return x;
    case 'scs2':
      return scs2At(x);
    case 'chicago': {
      const { peak, bMinutes, c } = shape;
      const minutes = durationMs / MINUTE_MS;
      const whole = chicagoDepth(minutes, bMinutes, c);
      if (x <= peak) return peak - (peak * chicagoDepth(((peak - x) / peak) * minutes, bMinutes, c)) / whole;
      const after = ((x - peak) / (1 - peak)) * minutes;
      return peak + ((1 - peak) * chicagoDepth(after, bMinutes, c)) / whole;
    }
    default:
      return shape satisfies never;
  }
}

/** The storm as intensities since the begin, dry before and after it. */
export function hyetographOf({ atMs, totalMm, durationMs, stepMs, shape }: Storm): readonly Intensity[] {
  const dry: readonly Intensity[] = [{ atMs: Math.min(0, atMs) - 1, perHour: 0 }];
  if (shape.kind === 'steps') return [...dry, ...shape.steps.map((step) => ({ ...step, atMs: atMs + step.atMs }))];
  const steps: Intensity[] = [];
  for (let fromMs = 0; fromMs < durationMs; fromMs += stepMs) {
    const toMs = Math.min(durationMs, fromMs + stepMs);
    const fallen =
      fallenShare(shape, toMs / durationMs, durationMs) - fallenShare(shape, fromMs / durationMs, durationMs);
    steps.push({ atMs: atMs + fromMs, perHour: (totalMm * fallen * HOUR_MS) / (toMs - fromMs) });
  }
  return [...dry, ...steps, { atMs: atMs + durationMs, perHour: 0 }];
}
