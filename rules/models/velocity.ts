/**
 * The speed of a displacement: the slope of the least-squares line over a trailing window, never the difference of two
 * samples (1 mm of GNSS noise in an hour would be 24 mm/d). Formula: v = Σ(t−t̄)(s−s̄) / Σ(t−t̄)². Window: three days for
 * GNSS, twelve samples for an hourly crack meter. A speed that does not stand out of the scatter about its own line by
 * `sigmas` standard errors counts as none.
 */
import { QUANTITIES } from '#model/quantity.ts';
import { HOUR_MS } from '#model/time.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure } from './hazard-model.ts';
import {
  FULL_SPAN,
  LEAST_SPAN,
  MOTION_PARAMS,
  MOTIONS,
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
import { fitLine, type SeriesShape } from './kit/series.ts';

type VelocityParams = MotionParams & {
  readonly window: number;
  readonly per: Per;
  readonly slots: number;
  readonly minSamples: number;
  readonly sigmas: number;
};

const shapeOf = ({ window, slots }: VelocityParams): SeriesShape => ({ windowMs: window, capacity: slots });

const unitOf = (unit: string, per: Per): string => `${unit === 'deg' ? '°' : unit}/${per}`;

export const velocity = defineModel<VelocityParams>({
  kind: 'velocity',
  doc: 'Speed by least squares over a trailing window (Carlà 2016 for the smoothing; B3 of the domain notes for the windows)',
  quantities: MOTIONS,
  per: 'sensor',
  upwardsOnly: true,
  params: {
    window: { type: 'duration', default: 12 * HOUR_MS, min: 60_000, doc: 'length of the fit' },
    per: { type: 'choice', of: ['h', 'd'], default: 'd', doc: 'unit of time of the figure' },
    slots: { type: 'whole', default: 48, min: 6, max: 288, doc: 'samples kept in a window; more are averaged' },
    minSamples: { type: 'whole', default: 6, min: 3, max: 288, doc: 'fewer samples than this give no speed' },
    sigmas: { type: 'number', default: 0, min: 0, max: 10, doc: 'standard errors that a speed must stand out by' },
    ...MOTION_PARAMS,
  },
  figure: ({ per }, quantity) => ({
    name: { zh: `${QUANTITIES[quantity].name.zh}速率`, en: `speed of ${QUANTITIES[quantity].name.en}` },
    unit: unitOf(QUANTITIES[quantity].unit, per),
    decimals: 2,
  }),
  defaults: { onDelayMs: 0, offDelayMs: 2 * HOUR_MS, deadbandPart: 0.2 },
  numbers: (params) => motionNumbers(shapeOf(params)),
  check: ({ minSamples, slots }) =>
    minSamples > slots
      ? [
          {
            path: 'minSamples',
            message: `a window keeps ${slots} samples, it never has ${minSamples}`,
            mend: 'fewer minSamples or more slots',
          },
        ]
      : [],
  windowMs: ({ window }) => window,
  step: ({ params, sensors, memory }, _input, sample): Figure | undefined => {
    const shape = shapeOf(params);
    if (!takeIn(memory, 0, shape, sample)) return undefined;
    const quantity = quantityOf(sensors);
    const motion = motionOf(memory, 0, shape, quantity, params);
    const line = motion === undefined ? undefined : fitLine(motion.points);
    if (motion === undefined || line === undefined || line.points < params.minSamples) return undefined;
    const coverage = spanned(line, params.window);
    if (coverage < LEAST_SPAN) return undefined;
    const perMs = PER_MS[params.per];
    const speed = params.direction === 'either' ? Math.abs(line.slope * perMs) : line.slope * perMs;
    const noise = line.slopeError * perMs * params.sigmas;
    return {
      value: Math.abs(speed) < noise ? 0 : speed,
      coverage,
      mayLower: coverage >= FULL_SPAN && !motion.doubtful,
      mayBeMore: coverage < FULL_SPAN,
      say: () => {
        const { name, unit } = QUANTITIES[quantity];
        const window = sayDuration(params.window);
        const rate = `${tell(speed)} ${unitOf(unit, params.per)}`;
        const reset = motion.resets > 0 ? RESET_WORDS : NO_WORDS;
        const lost =
          Math.abs(speed) < noise
            ? { zh: `，未超出噪声 ${tell(noise)}`, en: `, within the noise of ${tell(noise)}` }
            : NO_WORDS;
        return {
          zh: `${name.zh}速率 ${rate}（${window.zh} ${line.points} 个样本最小二乘${lost.zh}${reset.zh}）`,
          en: `${name.en} at ${rate} (least squares over ${line.points} samples of ${window.en}${lost.en}${reset.en})`,
        };
      },
    };
  },
});
