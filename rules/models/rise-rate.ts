/**
 * Rate of rise of water: the least-squares line through 30 to 60 minutes of samples, never the difference of two; a slope
 * within the gauge's noise is no rise. What is ordinary is each river's own: floods of a river 20 m wide rise 0.26 to
 * 0.49 m/h, a gate moves a discharge by 28 m³/s in minutes (USGS 04119000, 01511500). A step passes through the fit within
 * one window: an on-delay longer than the window tells it from a flood that goes on.
 */
import { fromSteps, QUANTITIES, type QuantityCode, UNIT_TEXT } from '#model/quantity.ts';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';
import {
  addPoint,
  fitLine,
  type Line,
  pointCount,
  pointOf,
  pointsWithin,
  type SeriesShape,
  seriesNumbers,
} from './kit/series.ts';

type RiseRateParams = {
  readonly window: number;
  readonly minSamples: number;
  /** In the unit of the figure. */
  readonly noise: number;
};

/** Points of a window: a minute each when it is an hour. */
const POINTS = 60;
/** A line through less than this part of its window does not show that the water stopped rising. */
const LOWERS_FROM = 0.5;
/** Newest suspect sample; the points follow. */
const SUSPECT_AT = 0;
const SERIES = 1;

const shapeOf = ({ window }: RiseRateParams): SeriesShape => ({ windowMs: window, capacity: POINTS });

const unitOf = (quantity: QuantityCode): string => {
  const { unit } = QUANTITIES[quantity];
  return `${UNIT_TEXT[unit] ?? unit}/h`;
};

/** Part of the window that the samples speak for: each for as long as it is to the next, the newest likewise. */
export const spanOf = ({ points, fromMs, endMs }: Line, windowMs: number): number =>
  Math.min(1, ((endMs - fromMs) * points) / (points - 1) / windowMs);

function step(
  { params, sensors, memory }: Place<RiseRateParams>,
  _input: number,
  sample: ModelSample,
): Figure | undefined {
  const shape = shapeOf(params);
  const quantity = sensors[0]?.quantity ?? 'level';
  if (!addPoint(memory, SERIES, shape, sample.atMs, sample.value)) return undefined;
  if (sample.suspect) memory[SUSPECT_AT] = Math.max(memory[SUSPECT_AT] as number, sample.atMs);
  const endMs = pointOf(memory, SERIES, shape, pointCount(memory, SERIES) - 1).atMs;
  const line = fitLine(pointsWithin(memory, SERIES, shape, endMs - params.window, endMs));
  if (line === undefined || line.points < params.minSamples) return undefined;
  const doubtful = (memory[SUSPECT_AT] as number) > endMs - params.window;
  const perHour = fromSteps(quantity, line.slope * HOUR_MS);
  const coverage = spanOf(line, params.window);
  return {
    value: Math.abs(perHour) < params.noise ? 0 : perHour,
    coverage,
    mayLower: coverage >= LOWERS_FROM && !doubtful,
    mayBeMore: doubtful,
    say: () => sayRise(quantity, perHour, params, line.points),
  };
}

function sayRise(quantity: QuantityCode, perHour: number, params: RiseRateParams, samples: number) {
  const { name } = QUANTITIES[quantity];
  const unit = unitOf(quantity);
  const rate = Math.abs(perHour).toFixed(3);
  const window = sayDuration(params.window);
  const fit = {
    zh: `${window.zh}内 ${samples} 个点回归`,
    en: `fitted through ${samples} points of ${window.en}`,
  };
  if (Math.abs(perHour) < params.noise)
    return {
      zh: `${name.zh}无明显涨落：${rate} ${unit}，在噪声 ${params.noise} ${unit} 以内（${fit.zh}）`,
      en: `${name.en} steady: ${rate} ${unit} is within the noise of ${params.noise} ${unit} (${fit.en})`,
    };
  return perHour > 0
    ? { zh: `${name.zh}上涨 ${rate} ${unit}（${fit.zh}）`, en: `${name.en} rising at ${rate} ${unit} (${fit.en})` }
    : { zh: `${name.zh}回落 ${rate} ${unit}（${fit.zh}）`, en: `${name.en} falling at ${rate} ${unit} (${fit.en})` };
}

export const riseRate = defineModel<RiseRateParams>({
  kind: 'riseRate',
  doc: 'Rate of rise of a water level (or discharge): the least-squares line over 30 to 60 min, 0 within the noise; per hour.',
  quantities: ['level', 'flow'],
  params: {
    window: { type: 'duration', default: HOUR_MS, min: 10 * MINUTE_MS, max: 24 * HOUR_MS, doc: 'length of the line' },
    minSamples: {
      type: 'whole',
      default: 4,
      min: 3,
      max: POINTS,
      doc: 'points (at most one in 1/60 of the window) of a line',
    },
    noise: { type: 'number', default: 0.05, min: 0, doc: 'a slope below it is no rise, in the unit of the figure' },
  },
  per: 'sensor',
  figure: (_params, quantity) => ({
    name: { zh: `${QUANTITIES[quantity].name.zh}涨率`, en: `rate of rise of the ${QUANTITIES[quantity].name.en}` },
    unit: unitOf(quantity),
    decimals: 3,
  }),
  defaults: { onDelayMs: 0, offDelayMs: HOUR_MS, deadbandPart: 0.2 },
  numbers: (params) => SERIES + seriesNumbers(shapeOf(params)),
  step,
  windowMs: ({ window }) => window,
});
