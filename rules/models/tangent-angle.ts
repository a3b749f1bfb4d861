/**
 * The improved tangent angle (Xu Qiang 2009): α = arctan(v / v_eq), v_eq the speed of the slope's own uniform creep. About
 * 45° is uniform, to 80° early acceleration (v = 5.67 v_eq), to 85° middle (11.4 v_eq), above late; colours by EURASIP JWCN
 * 2021, table 1. v_eq is given by `reference`, or learned from the first `learn` of uniform creep and then kept; without
 * one there is no angle. What keeps a rain or reservoir step from red (asked for by Chen 2024 and others; the criteria and
 * their numbers here are ours): a least speed, which must stand out of the noise; the angle is the lesser one of the last
 * two disjoint windows; and above `stepCap` it counts only while the speeds of three windows head for failure soon
 * (kit/heading.ts). What no guard can tell: a slope that gathers way for weeks to dozens of times its creep and then does
 * not fail (600 mm within 20 days, rising as a sigmoid) looks like one that fails, and goes red.
 */
import { QUANTITIES } from '#model/quantity.ts';
import type { Text } from '#model/text.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';
import { type Creep, uniformCreep } from './kit/creep.ts';
import { windowsToFailure } from './kit/heading.ts';
import {
  between,
  DISPLACEMENTS,
  FULL_SPAN,
  LEAST_SPAN,
  MOTION_PARAMS,
  type Motion,
  type MotionParams,
  motionNumbers,
  motionOf,
  NO_WORDS,
  quantityOf,
  RESET_WORDS,
  spanned,
  takeIn,
  tell,
  tellDay,
} from './kit/motion.ts';
import { fitLine, type SeriesShape } from './kit/series.ts';

type TangentParams = MotionParams & {
  readonly window: number;
  readonly slots: number;
  readonly minSamples: number;
  readonly reference: number | null;
  readonly learn: number;
  readonly minReference: number;
  readonly maxReference: number;
  readonly spread: number;
  readonly minSpeed: number;
  readonly sigmas: number;
  readonly stepCap: number;
  readonly keep: number;
  readonly horizon: number;
};

const WINDOWS = 3;
const LEARN_SLOTS = 60;
// What was learned: v_eq in mm/d (0: nothing yet), and from when to when.
const SPEED = 0;
const FIXED = 3;

const shapeOf = ({ window, slots }: TangentParams): SeriesShape => ({
  windowMs: WINDOWS * window,
  capacity: WINDOWS * slots,
});
const learnShapeOf = ({ learn }: TangentParams): SeriesShape => ({ windowMs: learn, capacity: LEARN_SLOTS });
const learnAt = (params: TangentParams): number => FIXED + motionNumbers(shapeOf(params));

/** Learns once: what is learned stays, so that a slope that creeps ever faster is not its own measure. */
function learn({ params, sensors, memory }: Place<TangentParams>, sample: ModelSample): void {
  const base = learnAt(params);
  const shape = learnShapeOf(params);
  if (sample.suspect || memory[SPEED] !== 0 || !takeIn(memory, base, shape, sample)) return;
  const motion = motionOf(memory, base, shape, quantityOf(sensors), params);
  if (motion === undefined || motion.resets > 0) return;
  const creep = uniformCreep(motion.points, {
    learnMs: params.learn,
    least: params.minReference,
    most: params.maxReference,
    spread: params.spread,
    perMs: DAY_MS,
  });
  if (creep !== undefined) memory.set([creep.speed, creep.fromMs, creep.toMs], SPEED);
}

type Reference = { readonly speed: number; readonly learned: Creep | undefined };

function referenceOf({ params, memory }: Place<TangentParams>): Reference | undefined {
  if (params.reference !== null) return { speed: params.reference, learned: undefined };
  const [speed = 0, fromMs = 0, toMs = 0] = memory.subarray(SPEED, FIXED);
  return speed > 0 ? { speed, learned: { speed, fromMs, toMs } } : undefined;
}

type WindowSpeed = { readonly speed: number; readonly error: number; readonly coverage: number };

/** Speed in mm/d of a window that ends `back` windows before the newest sample. */
function speedOf(motion: Motion, params: TangentParams, back: number): WindowSpeed | undefined {
  const toMs = motion.nowMs - back * params.window;
  const line = fitLine(between(motion.points, toMs - params.window, toMs));
  if (line === undefined || line.points < params.minSamples) return undefined;
  const coverage = spanned(line, params.window);
  if (coverage < LEAST_SPAN) return undefined;
  return { speed: line.slope * DAY_MS, error: line.slopeError * DAY_MS, coverage };
}

/** `notAsked`: the angle is too small for it to matter. */
type Heading = 'toFailure' | 'notNow' | 'unknown' | 'notAsked';

function headingOf(newest: number, before: number, first: number | undefined, params: TangentParams): Heading {
  if (first === undefined) return 'unknown';
  const windows = windowsToFailure({ first, second: before, third: newest }, params.keep);
  return windows !== undefined && windows <= params.horizon ? 'toFailure' : 'notNow';
}

const angleOf = (speed: number, reference: number): number =>
  (Math.atan(Math.max(0, speed) / reference) * 180) / Math.PI;

const sayReference = ({ speed, learned }: Reference): Text =>
  learned === undefined
    ? { zh: `等速速率 ${tell(speed)} mm/d（给定）`, en: `uniform creep of ${tell(speed)} mm/d (given)` }
    : {
        zh: `等速速率 ${tell(speed)} mm/d（由 ${tellDay(learned.fromMs)} 至 ${tellDay(learned.toMs)} 学得）`,
        en: `uniform creep of ${tell(speed)} mm/d (learned from ${tellDay(learned.fromMs)} to ${tellDay(learned.toMs)})`,
      };

export const tangentAngle = defineModel<TangentParams>({
  kind: 'tangentAngle',
  doc: 'Improved tangent angle α = arctan(v / v_eq) (Xu Qiang 2009; colours by EURASIP JWCN 2021, table 1), with guards against steps',
  quantities: DISPLACEMENTS,
  per: 'sensor',
  params: {
    window: {
      type: 'duration',
      default: DAY_MS / 2,
      min: HOUR_MS,
      doc: 'length of one fit; three of them are looked at',
    },
    slots: { type: 'whole', default: 24, min: 6, max: 96, doc: 'samples kept in a window; more are averaged' },
    minSamples: {
      type: 'whole',
      default: 4,
      min: 3,
      max: 96,
      doc: 'fewer samples than this in a window give no speed',
    },
    reference: {
      type: 'number',
      optional: true,
      min: 0.001,
      doc: 'v_eq, the speed of the uniform stage in mm/d, by a geologist; left out, it is learned',
    },
    learn: {
      type: 'duration',
      default: 14 * DAY_MS,
      min: DAY_MS,
      doc: 'so much uniform creep makes a reference; the first one found stays',
    },
    minReference: { type: 'number', default: 0.1, min: 0.001, doc: 'slower (mm/d) is a quiet spell, not learned from' },
    maxReference: {
      type: 'number',
      default: 10,
      min: 0.001,
      doc: 'faster (mm/d) is no uniform stage, not learned from',
    },
    spread: {
      type: 'number',
      default: 0.3,
      min: 0.05,
      max: 1,
      doc: 'how far the thirds of a uniform stage may differ',
    },
    minSpeed: { type: 'number', default: 1, min: 0, doc: 'slower (mm/d) than this no angle is judged' },
    sigmas: { type: 'number', default: 3, min: 0, max: 10, doc: 'standard errors that a speed must stand out by' },
    stepCap: {
      type: 'number',
      default: 84.9,
      min: 0,
      max: 90,
      doc: 'greatest angle (°) of a motion that does not head for failure; 90 switches the guard off',
    },
    keep: {
      type: 'number',
      default: 0.8,
      min: 0,
      max: 1,
      doc: 'part of the fall of 1/v that the next window must still show',
    },
    horizon: {
      type: 'number',
      default: 6,
      min: 1,
      doc: 'failure ahead counts when it is not farther than so many windows',
    },
    ...MOTION_PARAMS,
  },
  most: () => 90,
  figure: () => ({ name: { zh: '改进切线角', en: 'improved tangent angle' }, unit: '°', decimals: 1 }),
  defaults: { onDelayMs: 2 * HOUR_MS, offDelayMs: 12 * HOUR_MS, deadbandPart: 0.02 },
  numbers: (params) => learnAt(params) + motionNumbers(learnShapeOf(params)),
  check: (params) => checkTangent(params),
  windowMs: ({ window }) => 2 * window,
  step: (place, _input, sample) => {
    if (place.params.reference === null) learn(place, sample);
    if (!takeIn(place.memory, FIXED, shapeOf(place.params), sample)) return undefined;
    return judge(place);
  },
});

function judge(place: Place<TangentParams>): Figure | undefined {
  const { params, sensors, memory } = place;
  const quantity = quantityOf(sensors);
  const motion = motionOf(memory, FIXED, shapeOf(params), quantity, params);
  const reference = referenceOf(place);
  const newest = motion === undefined ? undefined : speedOf(motion, params, 0);
  const before = motion === undefined ? undefined : speedOf(motion, params, 1);
  if (motion === undefined || reference === undefined || newest === undefined || before === undefined) return undefined;
  const coverage = Math.min(newest.coverage, before.coverage);
  const held = angleOf(Math.min(newest.speed, before.speed), reference.speed);
  const slow = newest.speed < params.minSpeed;
  const lost = newest.speed < params.sigmas * newest.error;
  const heading =
    held > params.stepCap
      ? headingOf(newest.speed, before.speed, speedOf(motion, params, 2)?.speed, params)
      : 'notAsked';
  const capped = heading === 'notNow' || heading === 'unknown';
  return {
    value: slow || lost ? 0 : capped ? params.stepCap : held,
    coverage,
    // Capped for want of data is no sign that the slope slows down.
    mayLower: coverage >= FULL_SPAN && !motion.doubtful && (heading !== 'unknown' || slow || lost),
    mayBeMore: coverage < FULL_SPAN || heading === 'unknown',
    say: () => {
      const { name } = QUANTITIES[quantity];
      const eq = sayReference(reference);
      const window = sayDuration(params.window);
      const speeds = `${tell(newest.speed)} mm/d`;
      const note = sayNote(params, { slow, lost, heading });
      const reset = motion.resets > 0 ? RESET_WORDS : NO_WORDS;
      return {
        zh: `改进切线角 ${held.toFixed(1)}°（${name.zh}速率 ${speeds}，前一窗口 ${tell(before.speed)} mm/d，各 ${window.zh}，取小者；${eq.zh}${note.zh}${reset.zh}）`,
        en: `improved tangent angle of ${held.toFixed(1)}° (${name.en} at ${speeds}, in the window before ${tell(before.speed)} mm/d, ${window.en} each, the lesser counts; ${eq.en}${note.en}${reset.en})`,
      };
    },
  };
}

function sayNote(
  { minSpeed, sigmas, stepCap }: TangentParams,
  { slow, lost, heading }: { readonly slow: boolean; readonly lost: boolean; readonly heading: Heading },
): Text {
  if (slow)
    return {
      zh: `；低于最小速率 ${tell(minSpeed)} mm/d，不判`,
      en: `; under the least speed of ${tell(minSpeed)} mm/d: not judged`,
    };
  if (lost)
    return {
      zh: `；速率未超出 ${sigmas} 倍标准误差，不判`,
      en: `; the speed does not stand out by ${sigmas} standard errors: not judged`,
    };
  if (heading === 'unknown')
    return {
      zh: `；再前一窗口数据不足，按 ${stepCap}° 计`,
      en: `; too few data in the window before that: counts as ${stepCap}°`,
    };
  if (heading === 'notNow')
    return {
      zh: `；速率并非持续趋向破坏，按阶跃处理，按 ${stepCap}° 计`,
      en: `; the speeds do not head for failure, taken for a step: counts as ${stepCap}°`,
    };
  return heading === 'toFailure'
    ? { zh: '；连续三个窗口趋向破坏', en: '; three windows on end head for failure' }
    : NO_WORDS;
}

function checkTangent(params: TangentParams): readonly { path: string; message: string; mend?: string }[] {
  const faults: { path: string; message: string; mend?: string }[] = [];
  if (params.minSamples > params.slots)
    faults.push({
      path: 'minSamples',
      message: `a window keeps ${params.slots} samples, it never has ${params.minSamples}`,
    });
  if (params.minReference >= params.maxReference)
    faults.push({ path: 'minReference', message: 'is not below maxReference: nothing can ever be learned' });
  if (params.direction === 'either')
    faults.push({
      path: 'direction',
      message: 'a tangent angle needs a direction: either way would count a sway as creep',
      mend: 'write rising or falling',
    });
  return faults;
}
