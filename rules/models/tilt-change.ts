/**
 * How far something has tilted since it was mounted: the mean over a short window less the mean over the first `base` of
 * samples. With a second axis under `inputs: { axes: { sensors: [...] } }` the resultant √(Δx² + Δy²), which for the small
 * angles of a slope or a wall is the true inclination to within a hundredth. How fast it tilts is the model `velocity`.
 */
import { fromSteps } from '#model/quantity.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';
import { tell, tellDay } from './kit/motion.ts';
import { addPoint, pointsWithin, type SeriesPoint, type SeriesShape, seriesNumbers } from './kit/series.ts';

type TiltParams = { readonly base: number; readonly window: number; readonly slots: number };

// An axis: when its base began, samples in it, their sum, its newest suspect sample, then its series.
const BEGAN = 0;
const COUNT = 1;
const SUM = 2;
const SUSPECT = 3;
const FIXED = 4;

const shapeOf = ({ window, slots }: TiltParams): SeriesShape => ({ windowMs: window, capacity: slots });
const axisNumbers = (params: TiltParams): number => FIXED + seriesNumbers(shapeOf(params));

function takeIn({ params, memory }: Place<TiltParams>, axis: number, sample: ModelSample): boolean {
  const at = axis * axisNumbers(params);
  if (memory[at + BEGAN] === 0 && !sample.suspect) memory[at + BEGAN] = sample.atMs;
  const age = sample.atMs - (memory[at + BEGAN] as number);
  if (!sample.suspect && age >= 0 && age < params.base) {
    memory[at + COUNT] = (memory[at + COUNT] as number) + 1;
    memory[at + SUM] = (memory[at + SUM] as number) + sample.value;
  }
  if (!addPoint(memory, at + FIXED, shapeOf(params), sample.atMs, sample.value)) return false;
  if (sample.suspect) memory[at + SUSPECT] = Math.max(memory[at + SUSPECT] as number, sample.atMs);
  return true;
}

type Axis = { readonly points: readonly SeriesPoint[]; readonly base: number; readonly sinceMs: number };

/** Undefined while its base is still being taken. */
function axisOf({ params, memory }: Place<TiltParams>, axis: number): Axis | undefined {
  const at = axis * axisNumbers(params);
  const sinceMs = memory[at + BEGAN] as number;
  const points = pointsWithin(memory, at + FIXED, shapeOf(params), sinceMs + params.base - 1, Number.POSITIVE_INFINITY);
  if (sinceMs === 0 || points.length === 0) return undefined;
  return { points, base: (memory[at + SUM] as number) / (memory[at + COUNT] as number), sinceMs };
}

/** Degrees since the base, as the mean over the window up to `nowMs`; undefined without a sample in it. */
function changeOf({ points, base }: Axis, fromMs: number): number | undefined {
  let sum = 0;
  let count = 0;
  for (const { atMs, value } of points) {
    if (atMs <= fromMs) continue;
    sum += value;
    count++;
  }
  return count === 0 ? undefined : fromSteps('tilt', sum / count - base);
}

export const tiltChange = defineModel<TiltParams>({
  kind: 'tiltChange',
  doc: 'Tilt since mounting, of one axis or the resultant of two: mean over a window less the mean over a base period',
  quantities: ['tilt'],
  per: 'sensor',
  upwardsOnly: true,
  roles: [
    { role: 'axes', quantities: ['tilt'], from: 'named', many: true, min: 0, doc: 'the other axes of the same device' },
  ],
  params: {
    base: { type: 'duration', default: DAY_MS, min: 60_000, doc: 'the first so much is the position at rest' },
    window: { type: 'duration', default: HOUR_MS, min: 60_000, doc: 'the mean of so much is compared with it' },
    slots: { type: 'whole', default: 30, min: 1, max: 288, doc: 'samples kept in a window; more are averaged' },
  },
  figure: () => ({ name: { zh: '倾角变化', en: 'change of tilt' }, unit: '°', decimals: 3 }),
  defaults: { onDelayMs: 0, offDelayMs: 2 * HOUR_MS, deadbandPart: 0.1 },
  numbers: (params, sensors) => sensors * axisNumbers(params),
  windowMs: ({ window }) => window,
  step: (place, input, sample) => (takeIn(place, input, sample) ? judge(place) : undefined),
});

function judge(place: Place<TiltParams>): Figure | undefined {
  const { params, sensors, memory } = place;
  const axes = sensors.map((_, axis) => axisOf(place, axis));
  const own = axes[0];
  if (own === undefined) return undefined;
  const nowMs = Math.max(...axes.map((axis) => axis?.points.at(-1)?.atMs ?? 0));
  const fromMs = nowMs - params.window;
  const changes = axes.flatMap((axis) => (axis === undefined ? [] : (changeOf(axis, fromMs) ?? [])));
  if (changes.length === 0) return undefined;
  const missing = sensors.length - changes.length;
  const doubtful = sensors.some((_, axis) => (memory[axis * axisNumbers(params) + SUSPECT] as number) > fromMs);
  const value = Math.hypot(...changes);
  return {
    value,
    coverage: changes.length / sensors.length,
    mayLower: missing === 0 && !doubtful,
    mayBeMore: missing > 0,
    say: () => {
      const window = sayDuration(params.window);
      const since = tellDay(own.sinceMs);
      const axesText = changes.map((change) => `${tell(change)}°`).join(', ');
      const lack =
        missing === 0
          ? { zh: '', en: '' }
          : {
              zh: `；${missing} 个轴无数据，实际不少于此值`,
              en: `; ${missing} without data, the true change is not less`,
            };
      return {
        zh: `自 ${since} 以来倾角变化 ${tell(value)}°（${window.zh}均值，各轴 ${axesText}${lack.zh}）`,
        en: `tilted by ${tell(value)}° since ${since} (mean of ${window.en}, axes ${axesText}${lack.en})`,
      };
    },
  };
}
