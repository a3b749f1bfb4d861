/**
 * A lone rain gauge: much rain at one gauge while its neighbours stay dry is more often a blockage let go, a calibration
 * or a hand on the funnel than a storm; the gauge is then doubted, never silenced. For `doubt` rules; the figure is the
 * gauge's own sum while it is alone, else 0. Ours, after the range of spatial consistency checks that WMO-No. 8 asks for;
 * limits are a county's choice.
 *
 * Alone means: at least `min` neighbours have data for the whole window and at most `dryBelow` in it, and nobody has more,
 * also `slack` before and after it, since stamps differ and a shower walks. A neighbour that is itself doubted never
 * counts as dry. Windows are compared where they end for all: with the newest instant that enough neighbours have reached,
 * at most `patience` behind the gauge. So a doubt that later data confirm begins late; and without neighbours to compare
 * with there is none. The largest sum that was found alone is remembered with its window: when neighbours' late data show
 * rain there, the doubt is taken back. Nothing else takes it back: dry hours afterwards prove nothing, and its `hold` ends it.
 */
import { fromSteps, QUANTITIES, toSteps } from '#model/quantity.ts';
import type { Params } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { sayDuration, sayNumber } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';
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
} from './kit/sums.ts';

type LoneParams = Params & {
  readonly window: number;
  readonly dryBelow: number;
  readonly min: number;
  readonly slack: number;
  readonly patience: number;
  readonly bucket: number;
};

// The largest sum found alone, the last bucket of its window (0 without one), and whether a neighbour had rain in it after
// all; then the sums of each sensor.
const LONE = 0;
const LONE_END = 1;
const DISPROVED = 2;
const SUMS = 3;

export const corroboration = defineModel<LoneParams>({
  kind: 'corroboration',
  doc: 'A rain gauge that is alone among dry neighbours; its values are then suspect (for doubt rules).',
  quantities: ['rain'],
  params: {
    window: {
      type: 'duration',
      default: 60 * MINUTE_MS,
      min: MINUTE_MS,
      max: DAY_MS,
      doc: 'length of the sums that are compared',
    },
    dryBelow: { type: 'number', default: 0.5, min: 0, doc: 'a neighbour with at most this in the window is dry, mm' },
    min: { type: 'whole', default: 2, min: 1, doc: 'dry neighbours that it takes' },
    slack: {
      type: 'duration',
      default: 15 * MINUTE_MS,
      max: 12 * HOUR_MS,
      doc: 'rain this much earlier or later at a neighbour counts too',
    },
    patience: {
      type: 'duration',
      default: 30 * MINUTE_MS,
      max: 12 * HOUR_MS,
      doc: "neighbours' data may be this much behind the gauge's",
    },
    bucket: { type: 'duration', default: 5 * MINUTE_MS, min: MINUTE_MS, doc: 'buckets of the sums' },
  },
  per: 'sensor',
  doubtsOnly: true,
  roles: [
    {
      role: 'neighbours',
      from: 'near',
      many: true,
      min: 0,
      most: 16,
      doc: 'rain gauges near by; of those that are not named the nearest 16',
    },
  ],
  figure: () => ({
    name: { zh: '孤立雨量', en: 'rain at this gauge alone' },
    unit: 'mm',
    decimals: QUANTITIES.rain.decimals,
  }),
  defaults: { onDelayMs: 0, offDelayMs: 0, deadbandPart: 0 },
  numbers: (params, sensors) => SUMS + sensors * sumNumbers(shapeOf(params, 0)),
  check: ({ window, bucket }) =>
    window % bucket === 0
      ? []
      : [{ path: 'window', message: 'must be a whole number of buckets', mend: 'choose a bucket that divides it' }],
  step: stepLone,
  windowMs: ({ window }) => window,
});

const inBuckets = (ms: number, bucket: number): number => Math.ceil(ms / bucket);

/** The ring holds the window with what may lie before and after it. */
function shapeOf({ window, slack, patience, bucket }: LoneParams, staleAfterMs: number): SumShape {
  const buckets = inBuckets(window, bucket) + 2 * inBuckets(slack, bucket) + inBuckets(patience, bucket) + 1;
  return sumShape(bucket, [buckets * bucket], staleAfterMs);
}

function stepLone(place: Place<LoneParams>, input: number, sample: ModelSample): Figure | undefined {
  const { params, sensors, memory } = place;
  const sensor = sensors[input];
  if (sensor === undefined) return undefined;
  const size = sumNumbers(shapeOf(params, 0));
  // The gauge may be suspect because of this very rule: its doubt must not feed itself.
  const suspect = input === 0 ? false : sample.suspect;
  addIncrement(memory, SUMS + input * size, shapeOf(params, sensor.staleAfterMs), { ...sample, suspect });
  if (memory[LONE_END] === 0 && isDry(place)) return dryFigure(params);
  const found = findNewest(place, size);
  if (isDisproved(place, size)) memory[DISPROVED] = 1;
  else if (found?.alone === true) remember(place, found, size);
  return figureOf(params, found, memory[DISPROVED] === 1);
}

/** Nearly always so, and seen at once: the gauge itself has had no rain that could be doubted. */
const isDry = ({ params, memory }: Place<LoneParams>): boolean =>
  sumOf(memory, SUMS, shapeOf(params, 0), 0).sum <= toSteps('rain', params.dryBelow);

const dryFigure = ({ window, dryBelow }: LoneParams): Figure => ({
  ...{ value: 0, coverage: null, mayLower: false, mayBeMore: true },
  say: () => {
    const time = sayDuration(window);
    return { zh: `${time.zh}雨量不超过 ${dryBelow} mm`, en: `rainfall of at most ${dryBelow} mm in ${time.en}` };
  },
});

type Span = { readonly steps: number; readonly covered: boolean };

/** Amount and coverage of the buckets after `from` up to `to`. */
function spanOf(memory: Float64Array, base: number, shape: SumShape, from: number, to: number): Span {
  const head = newestEndMs(memory, base, shape) / shape.bucketMs;
  let steps = 0;
  let covered = head > 0 && to <= head;
  for (let bucket = from + 1; bucket <= to && bucket <= head; bucket++) {
    steps += amountAt(memory, base, shape, head - bucket);
    covered = covered && coveredAt(memory, base, shape, head - bucket);
  }
  return { steps, covered };
}

const headOf = (memory: Float64Array, params: LoneParams, size: number, index: number): number =>
  newestEndMs(memory, SUMS + index * size, shapeOf(params, 0)) / params.bucket;

type Compared = {
  /** The window's last bucket. */
  readonly end: number;
  readonly own: Span;
  readonly dry: number;
  readonly wet: number;
  readonly alone: boolean;
};

/** What the gauge and its neighbours have in the window that ends with this bucket. */
function compareAt({ params, sensors, memory }: Place<LoneParams>, size: number, end: number): Compared {
  const shape = shapeOf(params, 0);
  const start = end - inBuckets(params.window, params.bucket);
  const slack = inBuckets(params.slack, params.bucket);
  const dryBelow = toSteps('rain', params.dryBelow);
  let dry = 0;
  let wet = 0;
  for (let index = 1; index < sensors.length; index++) {
    const base = SUMS + index * size;
    if (spanOf(memory, base, shape, start - slack, end + slack).steps > dryBelow) wet++;
    else if (spanOf(memory, base, shape, start, end).covered) dry++;
  }
  const own = spanOf(memory, SUMS, shape, start, end);
  return { end, own, dry, wet, alone: wet === 0 && dry >= params.min && own.steps > dryBelow };
}

/** The newest window that enough of them have reached; undefined when they are too far behind. */
function findNewest(place: Place<LoneParams>, size: number): Compared | undefined {
  const { params, sensors, memory } = place;
  const own = headOf(memory, params, size, 0);
  const heads = sensors.slice(1).map((_, index) => headOf(memory, params, size, index + 1));
  const end = Math.min(own, heads.sort((a, b) => b - a)[params.min - 1] ?? 0);
  return end === 0 || own - end > inBuckets(params.patience, params.bucket) ? undefined : compareAt(place, size, end);
}

/** Whether the remembered window has rain at a neighbour after all; one that nobody keeps any more is forgotten. */
function isDisproved(place: Place<LoneParams>, size: number): boolean {
  const { params, memory } = place;
  const end = memory[LONE_END] as number;
  if (end === 0) return false;
  if (headOf(memory, params, size, 0) - end >= ringOf(shapeOf(params, 0))) {
    memory[LONE_END] = 0;
    memory[DISPROVED] = 0;
    return false;
  }
  return compareAt(place, size, end).wet > 0;
}

function remember({ params, memory }: Place<LoneParams>, { own, end }: Compared, size: number): void {
  const before = memory[LONE_END] as number;
  const gone = headOf(memory, params, size, 0) - before > inBuckets(params.window, params.bucket);
  if (before !== 0 && !gone && memory[DISPROVED] === 0 && own.steps < (memory[LONE] as number)) return;
  memory[LONE] = own.steps;
  memory[LONE_END] = end;
  memory[DISPROVED] = 0;
}

function figureOf(params: LoneParams, found: Compared | undefined, disproved: boolean): Figure {
  const alone = found?.alone === true;
  return {
    value: alone ? fromSteps('rain', found.own.steps) : 0,
    coverage: null,
    mayLower: disproved,
    mayBeMore: !disproved,
    say: () => sayCompared(params, found, disproved),
  };
}

function sayCompared({ window, dryBelow, min }: LoneParams, found: Compared | undefined, disproved: boolean): Text {
  if (disproved && found?.alone !== true)
    return { zh: '邻站后到的数据显示同时有雨', en: 'later data of the neighbours show rain at the same time' };
  if (found === undefined || (found.wet === 0 && found.dry < min))
    return {
      zh: `没有可比对的邻站（需要 ${min} 个有完整数据的邻站）`,
      en: `no neighbours to compare with (${min} with complete data are needed)`,
    };
  const time = sayDuration(window);
  const sum = `${sayNumber('rain', found.own.steps)} mm`;
  if (found.wet > 0)
    return {
      zh: `${time.zh}雨量 ${sum}，${found.wet} 个邻站同时有雨`,
      en: `rainfall of ${sum} in ${time.en}, ${found.wet} neighbour${found.wet === 1 ? ' has' : 's have'} rain as well`,
    };
  return {
    zh: `${time.zh}雨量 ${sum}，而 ${found.dry} 个邻站均不超过 ${dryBelow} mm`,
    en: `rainfall of ${sum} in ${time.en} while ${found.dry} neighbours have at most ${dryBelow} mm`,
  };
}
