/**
 * When a slope will fail, by the inverse velocity (Fukuzono 1985): near failure 1/v falls to nought; with α = 2 along a
 * straight line, so t_f = −intercept/slope. Velocities are least squares over `samples` steps; several lines, each through
 * the last of them over another length, make an interval, never a single minute (Carlà 2016 for the filtering). A line counts
 * when it falls, explains `minR2` of 1/v and has most of its velocities; and the lines must agree: in creep to failure they
 * meet in one hour, at the onset of a rain or reservoir step the long ones point nearer than the short. Lines tend to come
 * out late, which is the dangerous side: the early end is brought forward by `margin` of the time left. At Preonzo 2012,
 * the one failure that margin and agreement were looked at with, the early end still lay 6 h late at worst, 16 h before the
 * collapse. The figure is the hours until that early end.
 */
import type { Text } from '#model/text.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import type { Forecast } from '#model/transition.ts';
import { defineModel, type Figure, type Place } from './hazard-model.ts';
import { type FailureLine, failureLines, speedsOf } from './kit/inverse.ts';
import {
  between,
  DISPLACEMENTS,
  MOTION_PARAMS,
  type MotionParams,
  motionNumbers,
  motionOf,
  NO_WORDS,
  quantityOf,
  RESET_WORDS,
  takeIn,
  tell,
} from './kit/motion.ts';
import type { SeriesShape } from './kit/series.ts';

type InverseParams = MotionParams & {
  readonly step: number;
  readonly samples: number;
  readonly lines: readonly number[];
  readonly minLines: number;
  readonly minR2: number;
  readonly agree: number;
  readonly minSpeed: number;
  readonly margin: number;
  readonly horizon: number;
};

/** Longest line, in velocities. */
const MOST = 200;

const longest = ({ lines }: InverseParams): number => Math.max(...lines);

const shapeOf = (params: InverseParams): SeriesShape => {
  const capacity = longest(params) + params.samples;
  return { windowMs: capacity * params.step, capacity };
};

export const inverseVelocity = defineModel<InverseParams>({
  kind: 'inverseVelocity',
  doc: 'Time of failure as an interval, by straight lines through the inverse velocity (Fukuzono 1985; Carlà 2016)',
  quantities: DISPLACEMENTS,
  per: 'sensor',
  below: true,
  params: {
    step: { type: 'duration', default: HOUR_MS, min: 60_000, doc: 'time between samples; more often are averaged' },
    samples: { type: 'whole', default: 12, min: 3, max: 48, doc: 'steps in the fit of one velocity' },
    lines: { type: 'list', of: 'number', default: [24, 48, 96], doc: 'lengths of the lines, in velocities (6 to 200)' },
    minLines: { type: 'whole', default: 3, min: 1, max: 8, doc: 'lines that must count for a forecast' },
    minR2: {
      type: 'number',
      default: 0.85,
      min: 0,
      max: 1,
      doc: 'part of the variance of 1/v that a line must explain',
    },
    agree: {
      type: 'number',
      default: 0.6,
      min: 0,
      max: 1,
      doc: 'the time left by the earliest line must be this part of that by the latest: in a step they part',
    },
    minSpeed: { type: 'number', default: 10, min: 0, doc: 'slower (mm/d) than this there is no forecast' },
    margin: {
      type: 'number',
      default: 0.25,
      min: 0,
      max: 0.9,
      doc: 'part of the time left to bring the early end forward',
    },
    horizon: {
      type: 'duration',
      default: 30 * DAY_MS,
      doc: 'a forecast farther ahead is none; also the figure without one',
    },
    ...MOTION_PARAMS,
  },
  most: ({ horizon }) => horizon / HOUR_MS,
  figure: () => ({ name: { zh: '距预测破坏时间', en: 'time to the forecast failure' }, unit: 'h', decimals: 1 }),
  defaults: { onDelayMs: 2 * HOUR_MS, offDelayMs: 12 * HOUR_MS, deadbandPart: 0.2 },
  numbers: (params) => motionNumbers(shapeOf(params)),
  check: (params) => checkInverse(params),
  windowMs: (params) => shapeOf(params).windowMs,
  step: (place, _input, sample) => (takeIn(place.memory, 0, shapeOf(place.params), sample) ? judge(place) : undefined),
});

/** Early and late end of what the lines say. */
function intervalOf(lines: readonly FailureLine[], nowMs: number, margin: number): Forecast {
  const ends = lines.map(({ atMs }) => atMs);
  return {
    fromMs: Math.round(nowMs + (1 - margin) * (Math.min(...ends) - nowMs)),
    toMs: Math.round(Math.max(...ends)),
  };
}

/** Time left by the earliest line as part of that by the latest. */
function agreement(lines: readonly FailureLine[], nowMs: number): number {
  const ends = lines.map(({ atMs }) => atMs - nowMs);
  return Math.min(...ends) / Math.max(...ends);
}

function judge({ params, sensors, memory }: Place<InverseParams>): Figure | undefined {
  const shape = shapeOf(params);
  const motion = motionOf(memory, 0, shape, quantityOf(sensors), params);
  if (motion === undefined) return undefined;
  const { nowMs } = motion;
  // Without a velocity of the newest sample nothing is known of now.
  const last = speedsOf(between(motion.points, nowMs - params.samples * params.step, nowMs), params).at(-1);
  if (last === undefined || last.atMs !== nowMs) return undefined;
  const speed = last.speed * DAY_MS;
  const slow = speed < params.minSpeed;
  const falling = slow ? [] : failureLines(speedsOf(motion.points, params), params.lines, params.step);
  const lines = falling.filter(({ atMs, r2 }) => r2 >= params.minR2 && atMs > nowMs && atMs - nowMs <= params.horizon);
  const forecast =
    lines.length < params.minLines || agreement(lines, nowMs) < params.agree
      ? undefined
      : intervalOf(lines, nowMs, params.margin);
  // Lines that bend are no sign of rest: only a slow slope, or one that no longer gains speed, lowers.
  const atRest = falling.length === 0;
  return {
    value: forecast === undefined ? params.horizon / HOUR_MS : (forecast.fromMs - nowMs) / HOUR_MS,
    coverage: Math.min(1, motion.points.length / shape.capacity),
    mayLower: (forecast !== undefined || atRest) && !motion.doubtful,
    mayBeMore: forecast === undefined && !atRest,
    say: () => {
      const reset = motion.resets > 0 ? RESET_WORDS : NO_WORDS;
      const words =
        forecast === undefined ? sayNone(params, speed, falling) : sayForecast(forecast, nowMs, speed, lines);
      return { zh: `${words.zh}${reset.zh}`, en: `${words.en}${reset.en}` };
    },
    ...(forecast === undefined ? {} : { forecast }),
  };
}

function sayForecast({ fromMs, toMs }: Forecast, nowMs: number, speed: number, lines: readonly FailureLine[]): Text {
  const early = tell((fromMs - nowMs) / HOUR_MS);
  const late = tell((toMs - nowMs) / HOUR_MS);
  const lengths = lines.map(({ length }) => length).join(', ');
  const r2 = Math.min(...lines.map((line) => line.r2)).toFixed(2);
  return {
    zh: `按速率倒数法预测 ${early} 至 ${late} 小时后破坏（位移速率 ${tell(speed)} mm/d，取 ${lengths} 个速率的直线，R² ≥ ${r2}）`,
    en: `failure is forecast in ${early} to ${late} hours by inverse velocity (moving at ${tell(speed)} mm/d, lines through ${lengths} velocities, r² ≥ ${r2})`,
  };
}

function sayNone({ minSpeed, minR2 }: InverseParams, speed: number, falling: readonly FailureLine[]): Text {
  const now = `${tell(speed)} mm/d`;
  if (speed < minSpeed)
    return {
      zh: `无破坏时间预测：位移速率 ${now} 低于 ${tell(minSpeed)} mm/d`,
      en: `no failure is forecast: ${now} is under the least speed of ${tell(minSpeed)} mm/d`,
    };
  const r2 = falling.map((line) => line.r2.toFixed(2)).join(', ') || '-';
  return {
    zh: `无破坏时间预测：位移速率 ${now}，速率倒数未沿直线趋零（R² ${r2}，需 ${minR2}）`,
    en: `no failure is forecast: moving at ${now}, but 1/v does not fall along a line (r² ${r2}, ${minR2} needed)`,
  };
}

function checkInverse(params: InverseParams): readonly { path: string; message: string; mend?: string }[] {
  const faults: { path: string; message: string; mend?: string }[] = [];
  if (params.lines.length === 0 || params.lines.some((length) => length < 6 || length > MOST || length % 1 !== 0))
    faults.push({ path: 'lines', message: `lengths are whole numbers of velocities from 6 to ${MOST}` });
  if (params.minLines > params.lines.length)
    faults.push({
      path: 'minLines',
      message: `there are ${params.lines.length} lines, never ${params.minLines}`,
      mend: 'fewer minLines or more lines',
    });
  if (params.direction === 'either')
    faults.push({
      path: 'direction',
      message: 'inverse velocity needs a direction: a velocity that turns has no inverse',
      mend: 'write rising or falling',
    });
  return faults;
}
