/**
 * Antecedent effective rainfall with decay: Pa = Σ Kⁱ·P(t−i), the antecedent precipitation index API(t) = K·API(t−1) + P(t)
 * (Kohler & Linsley 1951), K a day; below a day K^(Δt/24 h). K is a catchment's own (0.80–0.95 are in use): a parameter.
 *
 * The sum is kept as one number, decayed to the newest stamp; a late increment adds what would be left of it by then, so
 * the order of arrival does not matter. What fell in a hole of the last `memory` is unknown, and Pa a lower bound; what
 * fell before that has decayed so far that it no longer keeps a level up.
 */
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';
import { cut, sayFixed, sayLowerBound } from './kit/rain.ts';
import { addIncrement, type SumShape, sumNumbers, sumOf, sumShape } from './kit/sums.ts';

type Antecedent = { readonly dailyDecay: number; readonly memory: number };

const LEFT = 0; // steps left at the newest stamp
const NEWEST = 1;
const FIXED = 2;
const STEPS = 1_000;
const DECIMALS = 1;

const shapeOf = ({ memory }: Antecedent, staleAfterMs: number): SumShape => sumShape(HOUR_MS, [memory], staleAfterMs);

/** What is left of an amount after a time. */
export const decayed = (steps: number, dailyDecay: number, afterMs: number): number =>
  steps * dailyDecay ** (afterMs / DAY_MS);

function step({ params, memory, sensors }: Place<Antecedent>, _input: number, sample: ModelSample): Figure {
  const { dailyDecay } = params;
  const shape = shapeOf(params, sensors[0]?.staleAfterMs ?? 0);
  addIncrement(memory, FIXED, shape, sample);
  const newest = memory[NEWEST] as number;
  const left = memory[LEFT] as number;
  if (sample.atMs >= newest) {
    memory[LEFT] = (newest === 0 ? 0 : decayed(left, dailyDecay, sample.atMs - newest)) + sample.value;
    memory[NEWEST] = sample.atMs;
  } else memory[LEFT] = left + decayed(sample.value, dailyDecay, newest - sample.atMs);
  const { coverage } = sumOf(memory, FIXED, shape, 0);
  const value = cut((memory[LEFT] as number) / STEPS, DECIMALS);
  const whole = coverage === 1 && !sample.suspect;
  const holes = sayLowerBound(coverage);
  const over = sayDuration(params.memory);
  return {
    value,
    coverage,
    mayLower: whole,
    mayBeMore: !whole,
    say: () => ({
      zh: `前期有效雨量 Pa ${sayFixed(value, DECIMALS)} mm（日衰减系数 ${dailyDecay}，近 ${over.zh}${holes.zh}）`,
      en: `antecedent effective rain Pa of ${sayFixed(value, DECIMALS)} mm (decay ${dailyDecay} a day, over ${over.en}${holes.en})`,
    }),
  };
}

export const antecedentRain = defineModel<Antecedent>({
  kind: 'antecedentRain',
  doc: 'Antecedent effective rainfall Pa = Σ K^i·P(t−i), decaying by K a day (antecedent precipitation index, Kohler & Linsley 1951).',
  quantities: ['rain'],
  params: {
    dailyDecay: {
      type: 'number',
      default: 0.84,
      min: 0.5,
      max: 0.99,
      doc: 'K, what is left of rain after a day; set it for the catchment',
    },
    memory: {
      type: 'duration',
      default: 15 * DAY_MS,
      min: DAY_MS,
      max: 60 * DAY_MS,
      doc: 'a hole within this keeps a level from falling; whole hours',
    },
  },
  per: 'sensor',
  upwardsOnly: true,
  figure: () => ({ name: { zh: '前期有效雨量', en: 'antecedent effective rain' }, unit: 'mm', decimals: DECIMALS }),
  defaults: { onDelayMs: 0, offDelayMs: HOUR_MS, deadbandPart: 0.05 },
  numbers: (params) => FIXED + sumNumbers(shapeOf(params, 0)),
  check: ({ memory }) =>
    memory % HOUR_MS === 0 ? [] : [{ path: 'memory', message: 'must be whole hours', mend: 'use 15d' }],
  step,
  windowMs: ({ memory }) => memory,
});
