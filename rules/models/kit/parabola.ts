/** The least-squares parabola through samples, by polynomials that are orthogonal over their instants. */
import type { SeriesPoint } from './series.ts';

export type Parabola = {
  /** Of the square term, per ms². */
  readonly square: number;
  /** Its standard error, were the scatter independent noise; 0 with three points. */
  readonly squareError: number;
};

/** Undefined with fewer than three instants. */
export function fitParabola(points: readonly SeriesPoint[]): Parabola | undefined {
  const count = points.length;
  const last = points.at(-1);
  const first = points[0];
  if (count < 3 || last === undefined || first === undefined || last.atMs === first.atMs) return undefined;
  // Times run over about one: powers of milliseconds would swallow the last digits.
  const scale = last.atMs - first.atMs;
  const time = ({ atMs }: SeriesPoint): number => (atMs - first.atMs) / scale;
  const mean = points.reduce((sum, point) => sum + time(point), 0) / count;
  let two = 0;
  let three = 0;
  for (const point of points) {
    const t = time(point) - mean;
    two += t * t;
    three += t * t * t;
  }
  const [skew, level] = [three / two, two / count];
  const meanValue = points.reduce((sum, { value }) => sum + value, 0) / count;
  let [norm, part, along, all] = [0, 0, 0, 0];
  for (const point of points) {
    const t = time(point) - mean;
    const value = point.value - meanValue;
    const square = t * t - skew * t - level;
    norm += square * square;
    part += square * value;
    along += t * value;
    all += value * value;
  }
  if (norm < 1e-12) return undefined;
  const rest = Math.max(0, all - (along * along) / two - (part * part) / norm);
  const scatter = count > 3 ? rest / (count - 3) : 0;
  return { square: part / norm / scale ** 2, squareError: Math.sqrt(scatter / norm) / scale ** 2 };
}
