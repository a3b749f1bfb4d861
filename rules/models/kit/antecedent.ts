/**
 * The antecedent state of a catchment, dry, normal or wet, from the decayed rain that fell before the windows of a table
 * begin, so that no rain counts twice. Kept as a ring of hours: late rain enters the hour of its stamp.
 */
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import type { ModelSample } from '../hazard-model.ts';
import {
  addIncrement,
  amountAt,
  coveredAt,
  newestEndMs,
  ringOf,
  type SumShape,
  sumNumbers,
  sumOf,
  sumShape,
} from './sums.ts';

export const STATES = ['dry', 'normal', 'wet'] as const;
export type State = (typeof STATES)[number];

export type AntecedentParams = {
  readonly dailyDecay: number;
  readonly memory: number;
  /** mm of Pa. */
  readonly dryBelow: number;
  readonly wetFrom: number;
  readonly whenUnknown: State;
  readonly minKnown: number;
};

export type Antecedent = {
  readonly paSteps: number;
  /** Part of what could still be felt of the time before for which there are data, 0 to 1. */
  readonly known: number;
  readonly state: State;
  readonly assumed: boolean;
};

const STEPS = 1_000;
/** End of the hour that Pa stands for, covered hours then, Pa, known part. */
const CACHE = 4;

const shapeOf = (memory: number, staleAfterMs: number): SumShape => sumShape(HOUR_MS, [memory], staleAfterMs);

export const antecedentNumbers = ({ memory }: AntecedentParams): number => CACHE + sumNumbers(shapeOf(memory, 0));

/** Takes an increment in; `skipMs` back from now belongs to the windows and not to what was before. */
export function addAntecedent(
  memory: Float64Array,
  base: number,
  params: AntecedentParams,
  skipMs: number,
  staleAfterMs: number,
  sample: ModelSample,
): Antecedent {
  const shape = shapeOf(params.memory, staleAfterMs);
  addIncrement(memory, base + CACHE, shape, sample);
  const end = newestEndMs(memory, base + CACHE, shape);
  const { coverage } = sumOf(memory, base + CACHE, shape, 0);
  if (memory[base] !== end || memory[base + 1] !== coverage || !sample.inOrder) {
    const { paSteps, known } = weigh(memory, base + CACHE, shape, params.dailyDecay, Math.ceil(skipMs / HOUR_MS));
    memory.set([end, coverage, paSteps, known], base);
  }
  const paSteps = memory[base + 2] as number;
  const known = memory[base + 3] as number;
  return { paSteps, known, ...stateOf(params, paSteps, known) };
}

function weigh(memory: Float64Array, base: number, shape: SumShape, dailyDecay: number, skip: number) {
  const hourly = dailyDecay ** (HOUR_MS / DAY_MS);
  let weight = hourly ** skip;
  const ring = ringOf(shape);
  let [pa, known, all] = [0, 0, 0];
  for (let back = skip; back < ring; back++) {
    pa += amountAt(memory, base, shape, back) * weight;
    if (coveredAt(memory, base, shape, back)) known += weight;
    all += weight;
    weight *= hourly;
  }
  return { paSteps: Math.round(pa), known: all === 0 ? 0 : known / all };
}

/** With too little known of the time before, the wetter of what is known and what is to be assumed. */
function stateOf(params: AntecedentParams, paSteps: number, known: number): Pick<Antecedent, 'state' | 'assumed'> {
  const pa = paSteps / STEPS;
  const seen: State = pa < params.dryBelow ? 'dry' : pa < params.wetFrom ? 'normal' : 'wet';
  if (known >= params.minKnown) return { state: seen, assumed: false };
  const given = STATES.indexOf(params.whenUnknown);
  const state = STATES[Math.max(given, STATES.indexOf(seen))] ?? 'wet';
  return { state, assumed: state !== seen };
}
