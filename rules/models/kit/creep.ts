/**
 * The uniform (second) stage of creep: whether a stretch of motion is one, and at which speed. Its speed is what the
 * tangent angle measures all later motion against, so it must be no quiet spell (too slow), no step (its parts differ) and
 * no slide on its way (too fast, or its parts grow).
 */
import { between } from './motion.ts';
import { fitLine, type SeriesPoint } from './series.ts';

export type CreepBounds = {
  readonly learnMs: number;
  /** Least and greatest speed of a uniform stage, in units per `perMs`. */
  readonly least: number;
  readonly most: number;
  /** The speed of each third may differ from that of the whole by this part of it. */
  readonly spread: number;
  readonly perMs: number;
};

export type Creep = { readonly speed: number; readonly fromMs: number; readonly toMs: number };

const PARTS = 3;
const POINTS_A_PART = 4;
/** Part of the learning time that the samples must span. */
const SPAN = 0.95;

/** The uniform creep of the `learnMs` before the newest point; undefined when they are none. */
export function uniformCreep(points: readonly SeriesPoint[], bounds: CreepBounds): Creep | undefined {
  const toMs = points.at(-1)?.atMs;
  if (toMs === undefined) return undefined;
  const whole = between(points, toMs - bounds.learnMs, toMs);
  const line = fitLine(whole);
  if (line === undefined || line.endMs - line.fromMs < bounds.learnMs * SPAN) return undefined;
  const speed = line.slope * bounds.perMs;
  if (speed < bounds.least || speed > bounds.most) return undefined;
  const partMs = bounds.learnMs / PARTS;
  for (let part = 0; part < PARTS; part++) {
    const some = between(whole, toMs - (part + 1) * partMs, toMs - part * partMs);
    const fit = some.length < POINTS_A_PART ? undefined : fitLine(some);
    if (fit === undefined || fit.endMs - fit.fromMs < partMs / 2) return undefined;
    if (Math.abs(fit.slope * bounds.perMs - speed) > bounds.spread * speed) return undefined;
  }
  return { speed, fromMs: line.fromMs, toMs };
}
