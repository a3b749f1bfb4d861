/**
 * Mountain-flood warning of a village in two steps, prepare to move (准备转移) and move now (立即转移): a table of critical
 * rain by duration and antecedent state (dry, normal, wet), as county flood plans print it, any one of them being enough.
 *
 * The figure puts all of the table on one scale: 100 is the limit to prepare, 200 the limit to move, straight between and
 * on beyond; the worst duration counts. So deadbands work, and a county may call at 80. The state is that of the decayed
 * rain (Pa = Σ Kⁱ·P) which fell before the longest duration of the table. K and the bounds between the states are the
 * catchment's own. A hole makes a sum a lower bound; where too little is known of the time before, `whenUnknown` is
 * assumed, wet if the rule says nothing, and the words say so.
 */
import { toSteps } from '#model/quantity.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';
import {
  type Antecedent,
  type AntecedentParams,
  addAntecedent,
  antecedentNumbers,
  STATES,
  type State,
} from './kit/antecedent.ts';
import { checkBucket, cut, mm, sayFixed, sayLowerBound } from './kit/rain.ts';
import { addIncrement, type SumShape, sumNumbers, sumOf, sumShape } from './kit/sums.ts';

/** `[prepare, move]` in mm by state. */
type Row = { readonly duration: number } & { readonly [state in State]: readonly number[] };
type FlashFlood = AntecedentParams & { readonly table: readonly Row[]; readonly bucket: number };

const STEPS = 1_000;
const DECIMALS = 1;
const STATE_TEXT = {
  dry: { zh: '干旱', en: 'dry' },
  normal: { zh: '一般', en: 'normal' },
  wet: { zh: '湿润', en: 'wet' },
} as const;

const shapeOf = ({ bucket, table }: FlashFlood, staleAfterMs: number): SumShape =>
  sumShape(
    bucket,
    table.map(({ duration }) => duration),
    staleAfterMs,
  );

/** 100 at the limit to prepare, 200 at the limit to move; continuous and rising. */
export function onScale(steps: number, prepare: number, move: number): number {
  if (steps < prepare) return (100 * steps) / prepare;
  if (steps < move) return 100 + (100 * (steps - prepare)) / (move - prepare);
  return 200 + (100 * (steps - move)) / move;
}

type Worst = { readonly row: Row; readonly steps: number; readonly value: number };

function worstOf({ params, memory }: Place<FlashFlood>, shape: SumShape, state: State) {
  let worst: Worst | undefined;
  let coverage = 1;
  for (const [index, row] of params.table.entries()) {
    const [prepare, move] = row[state];
    const { sum, coverage: known } = sumOf(memory, 0, shape, index);
    coverage = Math.min(coverage, known);
    const value = onScale(sum, toSteps('rain', prepare ?? 0), toSteps('rain', move ?? 0));
    if (worst === undefined || value > worst.value) worst = { row, steps: sum, value };
  }
  return { worst, coverage };
}

function step(place: Place<FlashFlood>, _input: number, sample: ModelSample): Figure | undefined {
  const { params, memory, sensors } = place;
  const staleMs = sensors[0]?.staleAfterMs ?? 0;
  const shape = shapeOf(params, staleMs);
  const inWindows = addIncrement(memory, 0, shape, sample);
  const longest = Math.max(...params.table.map(({ duration }) => duration));
  const before = addAntecedent(memory, sumNumbers(shape), params, longest, staleMs, sample);
  const { worst, coverage } = worstOf(place, shape, before.state);
  if (worst === undefined) return undefined;
  const whole = coverage === 1 && inWindows && !sample.suspect;
  return {
    value: cut(worst.value, DECIMALS),
    coverage,
    mayLower: whole,
    mayBeMore: !whole,
    say: () => sayWorst(worst, before, coverage),
  };
}

function sayWorst({ row, steps }: Worst, before: Antecedent, coverage: number) {
  const [prepare, move] = row[before.state];
  const window = sayDuration(row.duration);
  const holes = sayLowerBound(coverage);
  const state = STATE_TEXT[before.state];
  const pa = `${sayFixed(cut(before.paSteps / STEPS, 1), 1)} mm`;
  const known = Math.floor(before.known * 100);
  const why = before.assumed
    ? {
        zh: `前期资料仅 ${known}%，按${state.zh}计，Pa 不少于 ${pa}`,
        en: `${known}% of the time before is known, taken as ${state.en}, Pa at least ${pa}`,
      }
    : { zh: `前期${state.zh}，Pa ${pa}`, en: `${state.en} before, Pa ${pa}` };
  return {
    zh: `${window.zh}雨量 ${mm(steps)}（${why.zh}；准备转移 ${prepare} mm，立即转移 ${move} mm${holes.zh}）`,
    en: `rain of ${mm(steps)} in ${window.en} (${why.en}; prepare at ${prepare} mm, move at ${move} mm${holes.en})`,
  };
}

function checkTable({ table, bucket, memory, dryBelow, wetFrom }: FlashFlood) {
  const faults = checkBucket(
    bucket,
    table.map(({ duration }) => ({ path: 'table', ms: duration })),
  );
  const fail = (path: string, message: string, mend: string) => faults.push({ path, message, mend });
  for (const row of table) {
    const at = `the row of ${row.duration / MINUTE_MS} minutes`;
    for (const state of STATES) {
      const [prepare, move] = row[state];
      if (row[state].length !== 2 || prepare === undefined || move === undefined || prepare <= 0 || prepare >= move)
        fail(
          'table',
          `${at}: ${state} must be [prepare, move], the first above 0 and below the second`,
          'e.g. [30, 40]',
        );
    }
    const fallsFrom = (drier: State, wetter: State): boolean =>
      row[drier].every((limit, index) => limit >= (row[wetter][index] ?? limit));
    if (!fallsFrom('dry', 'normal') || !fallsFrom('normal', 'wet'))
      fail('table', `${at}: wetter ground needs more rain than drier ground`, 'order the limits dry ≥ normal ≥ wet');
  }
  if (new Set(table.map(({ duration }) => duration)).size < table.length)
    fail('table', 'a duration stands there twice', 'keep one row for each');
  if (dryBelow >= wetFrom) fail('wetFrom', 'wet begins where dry has not ended', 'make wetFrom more than dryBelow');
  if (memory % HOUR_MS !== 0) fail('memory', 'must be whole hours', 'use 15d');
  if (Math.max(...table.map(({ duration }) => duration)) >= memory)
    fail('memory', 'is no longer than the longest duration of the table', 'use 15d');
  return faults;
}

const limits = { type: 'list', of: 'number', doc: 'mm of rain: [prepare to move, move now]' } as const;

export const flashFlood = defineModel<FlashFlood>({
  kind: 'flashFlood',
  doc: 'Mountain-flood limits of a village, prepare (100) and move now (200), by duration and antecedent state (dry, normal, wet), as county flood plans have them.',
  quantities: ['rain'],
  params: {
    table: {
      type: 'rows',
      columns: {
        duration: { type: 'duration', min: MINUTE_MS, max: 3 * DAY_MS, doc: 'e.g. 1h' },
        dry: limits,
        normal: limits,
        wet: limits,
      },
      doc: 'one row a duration; any one is enough',
    },
    dailyDecay: {
      type: 'number',
      default: 0.84,
      min: 0.5,
      max: 0.99,
      doc: 'K of Pa, what is left of rain after a day; set it for the catchment',
    },
    dryBelow: { type: 'number', min: 0, doc: 'Pa below this is dry, mm' },
    wetFrom: { type: 'number', min: 0, doc: 'Pa from this on is wet, mm' },
    memory: {
      type: 'duration',
      default: 15 * DAY_MS,
      min: DAY_MS,
      max: 60 * DAY_MS,
      doc: 'how far back Pa looks; whole hours',
    },
    whenUnknown: {
      type: 'choice',
      of: [...STATES],
      default: 'wet',
      doc: 'the state when too little is known of the time before',
    },
    minKnown: {
      type: 'number',
      default: 0.9,
      min: 0,
      max: 1,
      doc: 'part of the time before, weighted by its decay, that must be known',
    },
    bucket: { type: 'duration', default: 5 * MINUTE_MS, doc: 'step in which the windows slide' },
  },
  per: 'sensor',
  upwardsOnly: true,
  figure: () => ({ name: { zh: '山洪临界雨量指数', en: 'mountain-flood index' }, unit: '', decimals: DECIMALS }),
  defaults: { onDelayMs: 0, offDelayMs: HOUR_MS, deadbandPart: 0.05 },
  numbers: (params) => sumNumbers(shapeOf(params, 0)) + antecedentNumbers(params),
  check: checkTable,
  step,
  windowMs: ({ table }) => Math.max(...table.map(({ duration }) => duration)),
});
