/**
 * The samples of a trailing window in the order of their stamps, in fixed memory: at most one point a slot of
 * `windowMs / capacity`; samples that fall into one slot count as their mean. A series that comes no oftener than that is
 * kept sample by sample, exactly. Late samples enter where they belong.
 */
const COUNT = 0;
const FIXED = 1;
/** A point's numbers: slot, samples in it, sum of times (ms after the slot's start), sum of values. */
const POINT = 4;

export type SeriesShape = { readonly windowMs: number; readonly capacity: number };

/** Memory that a shape needs. */
export const seriesNumbers = ({ capacity }: SeriesShape): number => FIXED + (capacity + 1) * POINT;

const slotMsOf = ({ windowMs, capacity }: SeriesShape): number => windowMs / capacity;

const pointAt = (base: number, index: number): number => base + FIXED + index * POINT;

/** Takes a sample in; false when it is older than the window. The window ends with the newest sample. */
export function addPoint(memory: Float64Array, base: number, shape: SeriesShape, atMs: number, value: number): boolean {
  const slotMs = slotMsOf(shape);
  const slot = Math.floor(atMs / slotMs);
  let count = memory[base + COUNT] as number;
  const newest = count === 0 ? slot : (memory[pointAt(base, count - 1)] as number);
  if (slot <= newest - shape.capacity - 1) return false;
  let index = count;
  while (index > 0 && (memory[pointAt(base, index - 1)] as number) > slot) index--;
  const here = pointAt(base, index - 1);
  if (index > 0 && memory[here] === slot) {
    memory[here + 1] = (memory[here + 1] as number) + 1;
    memory[here + 2] = (memory[here + 2] as number) + (atMs - slot * slotMs);
    memory[here + 3] = (memory[here + 3] as number) + value;
    return true;
  }
  const oldest = Math.max(slot, newest) - shape.capacity;
  let gone = 0;
  while (gone < index && (memory[pointAt(base, gone)] as number) < oldest) gone++;
  if (gone > 0) memory.copyWithin(pointAt(base, 0), pointAt(base, gone), pointAt(base, index));
  index -= gone;
  const rest = pointAt(base, index + gone);
  memory.copyWithin(pointAt(base, index + 1), rest, rest + (count - index - gone) * POINT);
  count = count - gone + 1;
  memory.set([slot, 1, atMs - slot * slotMs, value], pointAt(base, index));
  memory[base + COUNT] = count;
  return true;
}

export const pointCount = (memory: Float64Array, base: number): number => memory[base + COUNT] as number;

export type SeriesPoint = { readonly atMs: number; readonly value: number };

/** Point number `index`, 0 the oldest. */
export function pointOf(memory: Float64Array, base: number, shape: SeriesShape, index: number): SeriesPoint {
  const at = pointAt(base, index);
  const samples = memory[at + 1] as number;
  return {
    atMs: (memory[at] as number) * slotMsOf(shape) + (memory[at + 2] as number) / samples,
    value: (memory[at + 3] as number) / samples,
  };
}

/** Points with `fromMs < atMs <= toMs`, oldest first. */
export function pointsWithin(
  memory: Float64Array,
  base: number,
  shape: SeriesShape,
  fromMs: number,
  toMs: number,
): SeriesPoint[] {
  const out: SeriesPoint[] = [];
  for (let index = 0; index < pointCount(memory, base); index++) {
    const point = pointOf(memory, base, shape, index);
    if (point.atMs > fromMs && point.atMs <= toMs) out.push(point);
  }
  return out;
}

export type Line = {
  readonly points: number;
  /** Per ms. */
  readonly slope: number;
  /** Of the line at `endMs`. */
  readonly atEnd: number;
  /** Part of the variance that the line explains, 0 to 1; 1 when there is none. */
  readonly r2: number;
  /** Standard error of the slope, were the scatter about the line independent noise; 0 with two points. */
  readonly slopeError: number;
  readonly fromMs: number;
  readonly endMs: number;
};

/** The least-squares line; undefined with fewer than two instants. */
export function fitLine(points: readonly SeriesPoint[]): Line | undefined {
  const last = points.at(-1);
  const first = points[0];
  if (last === undefined || first === undefined || points.length < 2 || last.atMs === first.atMs) return undefined;
  let t = 0;
  let v = 0;
  for (const point of points) {
    t += point.atMs - last.atMs;
    v += point.value;
  }
  const meanT = t / points.length;
  const meanV = v / points.length;
  let tt = 0;
  let tv = 0;
  let vv = 0;
  for (const point of points) {
    const dt = point.atMs - last.atMs - meanT;
    const dv = point.value - meanV;
    tt += dt * dt;
    tv += dt * dv;
    vv += dv * dv;
  }
  if (tt === 0) return undefined;
  const slope = tv / tt;
  const scatter = points.length > 2 ? Math.max(0, vv - slope * tv) / (points.length - 2) : 0;
  return {
    points: points.length,
    slope,
    atEnd: meanV - slope * meanT,
    r2: vv === 0 ? 1 : Math.min(1, (tv * tv) / (tt * vv)),
    slopeError: Math.sqrt(scatter / tt),
    fromMs: first.atMs,
    endMs: last.atMs,
  };
}
