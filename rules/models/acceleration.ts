/**
 * The acceleration of a displacement: twice the square term of the least-squares parabola over a trailing window.
 * A second derivative is mostly noise: over n samples in T days scatter σ makes an error of σ·√720/(T²·√n), 0.4 mm/d² for
 * 1 mm hourly over three days; so it counts only where it stands out by `sigmas` of that, and where the slope moves
 * faster than `minSpeed`. First warnings at 0.9 mm/d² are told of single sites (Energies 2021, 14, 1091): site-specific.
 */
import { QUANTITIES } from '#model/quantity.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure } from './hazard-model.ts';
import {
  DISPLACEMENTS,
  FULL_SPAN,
  MOTION_PARAMS,
  type MotionParams,
  motionNumbers,
  motionOf,
  NO_WORDS,
  PER_MS,
  type Per,
  quantityOf,
  RESET_WORDS,
  spanned,
  takeIn,
  tell,
} from './kit/motion.ts';
import { fitParabola } from './kit/parabola.ts';
import { fitLine, type SeriesShape } from './kit/series.ts';

type AccelerationParams = MotionParams & {
  readonly window: number;
  readonly per: Per;
  readonly slots: number;
  readonly minSamples: number;
  readonly minSpeed: number;
  readonly sigmas: number;
};

const shapeOf = ({ window, slots }: AccelerationParams): SeriesShape => ({ windowMs: window, capacity: slots });

export const acceleration = defineModel<AccelerationParams>({
  kind: 'acceleration',
  doc: 'Acceleration by a least-squares parabola over a trailing window (limit of 0.9 mm/d² in Energies 2021, 14, 1091: site-specific)',
  quantities: DISPLACEMENTS,
  per: 'sensor',
  params: {
    window: { type: 'duration', default: 3 * DAY_MS, min: 600_000, doc: 'length of the fit' },
    per: { type: 'choice', of: ['h', 'd'], default: 'd', doc: 'unit of time of the figure and of minSpeed' },
    slots: { type: 'whole', default: 72, min: 12, max: 288, doc: 'samples kept in a window; more are averaged' },
    minSamples: { type: 'whole', default: 10, min: 4, max: 288, doc: 'fewer samples than this give nothing' },
    minSpeed: { type: 'number', default: 1, min: 0, doc: 'mean speed below which nothing is judged, per `per`' },
    sigmas: { type: 'number', default: 3, min: 0, max: 10, doc: 'standard errors that it must stand out by' },
    ...MOTION_PARAMS,
  },
  figure: ({ per }, quantity) => ({
    name: { zh: `${QUANTITIES[quantity].name.zh}加速度`, en: `acceleration of ${QUANTITIES[quantity].name.en}` },
    unit: `mm/${per}²`,
    decimals: 2,
  }),
  defaults: { onDelayMs: HOUR_MS, offDelayMs: 6 * HOUR_MS, deadbandPart: 0.3 },
  numbers: (params) => motionNumbers(shapeOf(params)),
  check: ({ minSamples, slots }) =>
    minSamples > slots
      ? [{ path: 'minSamples', message: `a window keeps ${slots} samples, it never has ${minSamples}` }]
      : [],
  windowMs: ({ window }) => window,
  step: ({ params, sensors, memory }, _input, sample): Figure | undefined => {
    const shape = shapeOf(params);
    if (!takeIn(memory, 0, shape, sample)) return undefined;
    const quantity = quantityOf(sensors);
    const motion = motionOf(memory, 0, shape, quantity, params);
    if (motion === undefined || motion.points.length < params.minSamples) return undefined;
    const line = fitLine(motion.points);
    const parabola = fitParabola(motion.points);
    if (line === undefined || parabola === undefined) return undefined;
    const coverage = spanned(line, params.window);
    // Half a window makes an error four times as large: there is no acceleration to speak of then.
    if (coverage < FULL_SPAN) return undefined;
    const perMs = PER_MS[params.per];
    const sign = params.direction === 'either' && line.slope < 0 ? -1 : 1;
    const speed = sign * line.slope * perMs;
    const growth = sign * 2 * parabola.square * perMs * perMs;
    const noise = 2 * parabola.squareError * perMs * perMs * params.sigmas;
    const slow = speed < params.minSpeed;
    const lost = Math.abs(growth) < noise;
    return {
      value: slow || lost ? 0 : growth,
      coverage,
      mayLower: !motion.doubtful,
      mayBeMore: false,
      say: () => {
        const { name } = QUANTITIES[quantity];
        const window = sayDuration(params.window);
        const unit = `mm/${params.per}`;
        const least = `${tell(params.minSpeed)} ${unit}`;
        const why = slow
          ? { zh: `，低于最小速率 ${least}，不判`, en: `, under the least speed of ${least}: not judged` }
          : lost
            ? { zh: `，未超出噪声 ${tell(noise)} ${unit}²`, en: `, within the noise of ${tell(noise)} ${unit}²` }
            : NO_WORDS;
        const reset = motion.resets > 0 ? RESET_WORDS : NO_WORDS;
        return {
          zh: `${name.zh}加速度 ${tell(growth)} ${unit}²，速率 ${tell(speed)} ${unit}（${window.zh} ${line.points} 个样本最小二乘${why.zh}${reset.zh}）`,
          en: `${name.en} accelerating by ${tell(growth)} ${unit}² at ${tell(speed)} ${unit} (least squares over ${line.points} samples of ${window.en}${why.en}${reset.en})`,
        };
      },
    };
  },
});
