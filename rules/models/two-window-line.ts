/**
 * Antecedent line of two windows: P_recent ≥ intercept − slope · P_before, where P_recent is the rain of the last `recent`
 * and P_before that of the `antecedent` right before it. Seattle's line is P3 ≥ 3.5 − 0.67·P15 inch (72 h, and the 360 h
 * before), said to hold for 0.5 ≤ P15 ≤ 4.75 inch: USGS, usgs/landslides-thresholds (README and thresh_in.txt).
 *
 * The figure is how far P_recent lies above the line, in mm: 0 is on it. It is worked out in millionths of a step, so that
 * "on the line" is exact. More rain in either window only raises it, so a hole makes it a lower bound. Outside the
 * validity range the figure is that of no rain at all, which reaches no limit, and the words say so; whether a level may
 * then fall is `outside`: by the paper it may, as the line says nothing there (`lower`); a careful county keeps it (`hold`).
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';
import { checkBucket, cut, mm, sayLowerBound } from './kit/rain.ts';
import { addIncrement, type SumShape, sumNumbers, sumOf, sumShape } from './kit/sums.ts';

type TwoWindows = {
  readonly recent: number;
  readonly antecedent: number;
  readonly intercept: number;
  readonly slope: number;
  readonly minAntecedent: number | null;
  readonly maxAntecedent: number | null;
  readonly outside: string;
  readonly bucket: number;
};

const STEPS = 1_000;
const MILLIONTHS = 1_000_000;

const shapeOf = ({ bucket, recent, antecedent }: TwoWindows, staleAfterMs: number): SumShape =>
  sumShape(bucket, [recent, recent + antecedent], staleAfterMs);

type Rain = { readonly recent: number; readonly before: number; readonly coverage: number };

function rainOf({ memory }: Place<TwoWindows>, shape: SumShape): Rain {
  const recent = sumOf(memory, 0, shape, 0);
  const both = sumOf(memory, 0, shape, 1);
  return { recent: recent.sum, before: both.sum - recent.sum, coverage: both.coverage };
}

/** Steps above the line, cut to whole ones: at or above a limit exactly when the true figure is. */
function aboveLine({ intercept, slope }: TwoWindows, { recent, before }: Rain): number {
  const line = Math.round(intercept * STEPS * MILLIONTHS) - Math.round(slope * MILLIONTHS) * before;
  return Math.floor((recent * MILLIONTHS - line) / MILLIONTHS);
}

function rangeFault({ minAntecedent, maxAntecedent }: TwoWindows, before: number): 'dry' | 'wet' | undefined {
  if (minAntecedent !== null && before < Math.round(minAntecedent * STEPS)) return 'dry';
  return maxAntecedent !== null && before > Math.round(maxAntecedent * STEPS) ? 'wet' : undefined;
}

function step(place: Place<TwoWindows>, _input: number, sample: ModelSample): Figure | undefined {
  const { params, memory, sensors } = place;
  const shape = shapeOf(params, sensors[0]?.staleAfterMs ?? 0);
  if (!addIncrement(memory, 0, shape, sample)) return undefined;
  const rain = rainOf(place, shape);
  const whole = rain.coverage === 1 && !sample.suspect;
  const fault = rangeFault(params, rain.before);
  const steps = aboveLine(params, fault === undefined ? rain : { ...rain, recent: 0, before: 0 });
  return {
    value: steps / STEPS,
    coverage: rain.coverage,
    mayLower: whole && (fault === undefined || params.outside === 'lower'),
    mayBeMore: !whole,
    say: () => sayFound(params, rain, steps, fault),
  };
}

function sayFound(params: TwoWindows, rain: Rain, steps: number, fault: 'dry' | 'wet' | undefined) {
  const recent = sayDuration(params.recent);
  const before = sayDuration(params.antecedent);
  const holes = sayLowerBound(rain.coverage);
  const seen = {
    zh: `近 ${recent.zh}雨量 ${mm(rain.recent)}、此前 ${before.zh} ${mm(rain.before)}`,
    en: `rain of ${mm(rain.recent)} in ${recent.en} after ${mm(rain.before)} in the ${before.en} before`,
  };
  if (fault !== undefined) {
    const range = `${params.minAntecedent ?? 0}–${params.maxAntecedent ?? '∞'} mm`;
    return {
      zh: `${seen.zh}，前期雨量不在适用范围 ${range} 内，判别线不适用${holes.zh}`,
      en: `${seen.en}, antecedent rain outside the line's range of ${range}: the line says nothing here${holes.en}`,
    };
  }
  const line = mm(cut(params.intercept * STEPS - params.slope * rain.before, 0));
  const side = steps >= 0 ? { zh: '高于', en: 'above' } : { zh: '低于', en: 'below' };
  return {
    zh: `${seen.zh}，${side.zh}判别线 ${line} ${mm(Math.abs(steps))}${holes.zh}`,
    en: `${seen.en}, ${mm(Math.abs(steps))} ${side.en} the line at ${line}${holes.en}`,
  };
}

export const twoWindowLine = defineModel<TwoWindows>({
  kind: 'twoWindowLine',
  doc: 'Recent rain against a line that falls with the rain before it, P3 ≥ a − b·P15 (USGS landslides-thresholds, Seattle).',
  quantities: ['rain'],
  params: {
    recent: { type: 'duration', default: 72 * HOUR_MS, min: HOUR_MS, max: 10 * DAY_MS, doc: 'the recent window' },
    antecedent: {
      type: 'duration',
      default: 360 * HOUR_MS,
      min: HOUR_MS,
      max: 60 * DAY_MS,
      doc: 'the window before it',
    },
    intercept: {
      type: 'number',
      min: 0,
      max: 2_000,
      doc: 'recent rain that is enough on dry ground, mm (Seattle: 88.9)',
    },
    slope: { type: 'number', min: 0, max: 10, doc: 'mm of recent rain less for each mm before (Seattle: 0.67)' },
    minAntecedent: {
      type: 'number',
      optional: true,
      min: 0,
      doc: 'the line holds from this antecedent rain on, mm (Seattle: 12.7)',
    },
    maxAntecedent: { type: 'number', optional: true, min: 0, doc: 'and up to this one, mm (Seattle: 120.65)' },
    outside: {
      type: 'choice',
      of: ['lower', 'hold'],
      default: 'lower',
      doc: 'whether a level may fall outside that range',
    },
    bucket: { type: 'duration', default: 15 * MINUTE_MS, doc: 'step in which the windows slide' },
  },
  per: 'sensor',
  upwardsOnly: true,
  figure: () => ({ name: { zh: '超出判别线', en: 'rain above the line' }, unit: 'mm', decimals: 3 }),
  defaults: { onDelayMs: 0, offDelayMs: HOUR_MS, deadbandPart: 0.02 },
  numbers: (params) => sumNumbers(shapeOf(params, 0)),
  check: (params) => {
    const { bucket, recent, antecedent, minAntecedent, maxAntecedent } = params;
    const windows = [
      { path: 'recent', ms: recent },
      { path: 'antecedent', ms: antecedent },
    ];
    const faults = checkBucket(bucket, windows);
    if (minAntecedent !== null && maxAntecedent !== null && minAntecedent >= maxAntecedent)
      faults.push({ path: 'maxAntecedent', message: 'the range of antecedent rain is empty', mend: 'swap the two' });
    return faults;
  },
  step,
  windowMs: ({ recent }) => recent,
});
