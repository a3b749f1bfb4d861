/**
 * A statistic of a trailing window: mean, least, greatest, range, standard deviation, or the newest value in it. Plain
 * statistics, no source needed: mean = Σx/n, deviation = √(Σ(x − mean)²/(n − 1)), range = max − min. The window is sixty
 * slots, the newest one as far as it has come: at most a sixtieth of it is missing at its beginning.
 */
import { fromSteps, QUANTITIES, type QuantityCode, UNIT_TEXT } from '#model/quantity.ts';
import type { Params } from '#model/rule-set.ts';
import { sayDuration, sayNumber } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';
import { addToSlots, SLOT_NUMBERS, type SlotStats, statsOfSlots, WINDOW_SLOTS } from './kit/window-slots.ts';

export type WindowStat = 'mean' | 'min' | 'max' | 'range' | 'deviation' | 'last';

type StatParams = Params & {
  readonly window: number;
  readonly stat: WindowStat;
  readonly minCoverage: number;
  readonly worse: 'higher' | 'lower';
};

export const STAT_NAME: { readonly [stat in WindowStat]: { readonly zh: string; readonly en: string } } = {
  mean: { zh: '平均值', en: 'mean' },
  min: { zh: '最小值', en: 'least' },
  max: { zh: '最大值', en: 'greatest' },
  range: { zh: '变幅', en: 'range' },
  deviation: { zh: '标准差', en: 'standard deviation' },
  last: { zh: '最新值', en: 'newest value' },
};

// Of the newest sample, before the slots.
const AT = 0;
const VALUE = 1;
const SLOTS = 2;

/** The statistic in steps. */
export const statOf = (stats: SlotStats, stat: Exclude<WindowStat, 'last'>): number =>
  stat === 'range' ? stats.max - stats.min : stats[stat];

export const windowStat = defineModel<StatParams>({
  kind: 'windowStat',
  doc: 'Mean, least, greatest, range, standard deviation or newest value of a trailing window of a level or a state.',
  quantities: (Object.keys(QUANTITIES) as QuantityCode[]).filter((code) => QUANTITIES[code].kind !== 'increment'),
  params: {
    window: { type: 'duration', min: WINDOW_SLOTS * 100, doc: 'length of the window' },
    stat: { type: 'choice', of: Object.keys(STAT_NAME), doc: 'which statistic' },
    minCoverage: {
      type: 'number',
      default: 0.8,
      min: 0,
      max: 1,
      doc: 'part of the window that must have data before anything is said that a hole could make too bad',
    },
    worse: {
      type: 'choice',
      of: ['higher', 'lower'],
      default: 'higher',
      doc: 'which way the figure is worse; lower with raiseWhen: below, so that a hole in the data raises nothing',
    },
  },
  per: 'sensor',
  figure: ({ stat }, quantity) => {
    const { name, unit, decimals } = QUANTITIES[quantity];
    const what = STAT_NAME[stat];
    return {
      name: { zh: `${name.zh}${what.zh}`, en: `${what.en} of ${name.en}` },
      unit: UNIT_TEXT[unit] ?? unit,
      // A mean of 0s and 1s is no whole number.
      decimals: stat === 'mean' || stat === 'deviation' ? Math.max(2, decimals) : decimals,
    };
  },
  defaults: { onDelayMs: 0, offDelayMs: 600_000, deadbandPart: 0.05 },
  numbers: () => SLOTS + SLOT_NUMBERS,
  step: stepWindowStat,
  windowMs: ({ window }) => window,
});

function stepWindowStat(place: Place<StatParams>, _input: number, sample: ModelSample): Figure | undefined {
  const { params, memory, sensors } = place;
  if (sample.atMs >= (memory[AT] as number)) {
    memory[AT] = sample.atMs;
    memory[VALUE] = sample.value;
  }
  if (!addToSlots(memory, SLOTS, params.window, sample)) return undefined;
  const own = sensors[0];
  const stats = statsOfSlots(memory, SLOTS, params.window, own?.staleAfterMs ?? 0);
  if (stats === undefined || own === undefined) return undefined;
  return figureOf(params, own.quantity, stats, memory[VALUE] as number);
}

/**
 * What is left of a statistic when a part of its window is missing: a greatest value is at least what was seen, a least
 * one at most. That way it can be as bad as it looks, or worse.
 */
const isBound = ({ stat, worse }: StatParams): boolean =>
  worse === 'higher' ? stat === 'max' || stat === 'range' : stat === 'min';

function figureOf(params: StatParams, quantity: QuantityCode, stats: SlotStats, newest: number): Figure | undefined {
  const { stat, window, minCoverage } = params;
  const whole = stats.coverage === 1;
  const bound = isBound(params);
  if (stat !== 'last' && !bound && stats.coverage < minCoverage) return undefined;
  const steps = stat === 'last' ? newest : statOf(stats, stat);
  return {
    value: fromSteps(quantity, steps),
    coverage: stat === 'last' ? null : stats.coverage,
    mayLower: !stats.suspect && (!bound || whole),
    mayBeMore: stats.suspect || (bound && !whole),
    say: () => {
      const { name, unit } = QUANTITIES[quantity];
      const length = sayDuration(window);
      const what = STAT_NAME[stat];
      const text = UNIT_TEXT[unit] ?? unit;
      const number = `${sayNumber(quantity, steps)}${text === '' ? '' : ` ${text}`}`;
      const part = whole || stat === 'last' ? undefined : Math.floor(stats.coverage * 100);
      return {
        zh: `${length.zh}${name.zh}${what.zh} ${number}${part === undefined ? '' : `（窗口数据 ${part}%）`}`,
        en: `${what.en} of ${name.en} over ${length.en} ${number}${part === undefined ? '' : ` (data for ${part}% of the window)`}`,
      };
    },
  };
}
