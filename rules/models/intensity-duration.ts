/**
 * Intensity–duration threshold I = a·D^−b (I in mm/h, D in h): Caine 1980, 14.82·D^−0.39, for D from 10 minutes to some
 * hundred hours; Seattle, 82.73·D^−1.13 (USGS landslides-thresholds). The figure is the mean intensity of the rain event as
 * a part of the curve, in %: 100 is on it. In total rain that is E / (a·D^(1−b)).
 *
 * An event begins with the first rain after `gap` without any, and D runs from its beginning to now; it is over when
 * `gap` has passed without rain. With `durations: trailing` the figure is the greatest over all durations that end now
 * and lie within the event, so that a cloudburst in a long drizzle is not averaged away.
 *
 * Rain that fell in less than `minDuration` is held against the curve at `minDuration`: the mean over that time, which
 * was dry before, is known. An event longer than `maxDuration` is outside the curve: the words say so, it raises nothing,
 * and what stands is kept. Missing data are not dry: over a hole the event may have gone on or begun anew, both are tried
 * and the worse one counts. An increment counts from the reading before it, so hourly
 * gauges have whole hours. A sample costs a walk back over the event's buckets.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';
import { checkBucket, cut, mm, sayFixed } from './kit/rain.ts';
import {
  addIncrement,
  amountAt,
  bridgedAt,
  coveredAt,
  newestEndMs,
  ringOf,
  type SumShape,
  sumNumbers,
  sumShape,
} from './kit/sums.ts';

type Curve = {
  readonly a: number;
  readonly b: number;
  readonly gap: number;
  readonly minDuration: number;
  readonly maxDuration: number;
  readonly durations: string;
  readonly bucket: number;
};

const NEWEST = 0;
const FIXED = 1;
const STEPS = 1_000;
const DECIMALS = 1;

const shapeOf = ({ bucket, gap, maxDuration }: Curve, staleAfterMs: number): SumShape =>
  sumShape(bucket, [Math.ceil(maxDuration / bucket) * bucket + gap], staleAfterMs);

/** Part of the curve, in %, that an amount over a duration reaches. */
export function partOfCurve({ a, b, minDuration }: Curve, steps: number, durationMs: number): number {
  const hours = Math.max(durationMs, minDuration) / HOUR_MS;
  return (100 * steps) / STEPS / (a * hours ** (1 - b));
}

type Judged = { readonly part: number; readonly steps: number; readonly durationMs: number };
type Event = {
  /** The worst that lies within the curve's range; none without rain. */
  readonly worst: Judged | undefined;
  readonly tooLong: boolean;
  readonly holes: boolean;
};

/** Walks back from now to where the event began. */
function findEvent({ params, memory }: Place<Curve>, shape: SumShape): Event {
  const { bucket, gap, maxDuration, durations } = params;
  const gapBuckets = gap / bucket;
  // From the newest stamp to the beginning of the newest bucket; older ones are whole.
  const newestPart = (memory[NEWEST] as number) - newestEndMs(memory, FIXED, shape) + bucket;
  let worst: Judged | undefined;
  let steps = 0;
  let began = -1;
  let still = 0;
  let dry = 0;
  let tooLong = false;
  let holes = false;
  const take = (): void => {
    if (began < 0) return;
    const durationMs = newestPart + began * bucket;
    if (durationMs > maxDuration) tooLong = true;
    else {
      const part = partOfCurve(params, steps, durationMs);
      if (worst === undefined || part > worst.part) worst = { part, steps, durationMs };
    }
  };
  const ring = ringOf(shape);
  for (let back = 0; back < ring && dry < gapBuckets; back++) {
    const amount = amountAt(memory, FIXED, shape, back);
    const covered = coveredAt(memory, FIXED, shape, back);
    if (!covered) holes = true;
    // Of an hourly gauge: the rain of a reading fell at some time since the reading before.
    const joins = began >= 0 && began === back - 1;
    if (joins && amount === 0 && bridgedAt(memory, FIXED, shape, back)) {
      began = back;
      continue;
    }
    if (joins && durations === 'trailing') take();
    if (amount === 0) {
      still++;
      dry = covered ? dry + 1 : 0;
      continue;
    }
    // So long a pause with a hole in it: the event may have begun after it.
    if (still >= gapBuckets) take();
    steps += amount;
    began = back;
    still = 0;
    dry = 0;
  }
  take();
  return { worst, tooLong: tooLong && durations === 'event', holes };
}

function step(place: Place<Curve>, _input: number, sample: ModelSample): Figure | undefined {
  const { params, memory, sensors } = place;
  const shape = shapeOf(params, sensors[0]?.staleAfterMs ?? 0);
  if (!addIncrement(memory, FIXED, shape, sample)) return undefined;
  memory[NEWEST] = Math.max(memory[NEWEST] as number, sample.atMs);
  const event = findEvent(place, shape);
  const sure = !event.holes && !sample.suspect;
  return {
    value: cut(event.worst?.part ?? 0, DECIMALS),
    coverage: null,
    mayLower: sure && !event.tooLong,
    mayBeMore: !sure || event.tooLong,
    say: () => sayEvent(params, event),
  };
}

function sayEvent(params: Curve, { worst, tooLong, holes }: Event) {
  const curve = `I = ${params.a}·D^−${params.b}`;
  const unsure = holes
    ? { zh: '；其间有缺测，实际不少于此值', en: '; data are missing, the truth is not less' }
    : { zh: '', en: '' };
  if (worst === undefined) {
    const longest = sayDuration(params.maxDuration);
    const gap = sayDuration(params.gap);
    return tooLong
      ? {
          zh: `降雨过程超过 ${longest.zh}，超出曲线 ${curve} 的适用历时${unsure.zh}`,
          en: `the rain has lasted for more than ${longest.en}, beyond the durations of the curve ${curve}${unsure.en}`,
        }
      : {
          zh: holes ? `没有降雨记录${unsure.zh}` : `近 ${gap.zh}无雨`,
          en: holes ? `no rain on record${unsure.en}` : `no rain for ${gap.en}`,
        };
  }
  const hours = Math.max(worst.durationMs, params.minDuration) / HOUR_MS;
  const mean = sayFixed(worst.steps / STEPS / hours, 2);
  const limit = sayFixed(params.a * hours ** -params.b, 2);
  const [part, lasted] = [sayFixed(cut(worst.part, DECIMALS), DECIMALS), sayFixed(hours, 2)];
  const which =
    params.durations === 'trailing' ? { zh: '最近', en: 'the last' } : { zh: '本场降雨', en: 'this event,' };
  return {
    zh: `${which.zh} ${lasted} 小时雨量 ${mm(worst.steps)}，平均雨强 ${mean} mm/h，为曲线 ${curve}（${limit} mm/h）的 ${part}%${unsure.zh}`,
    en: `${which.en} ${lasted} h: rain of ${mm(worst.steps)}, a mean of ${mean} mm/h, ${part}% of the curve ${curve} (${limit} mm/h)${unsure.en}`,
  };
}

export const intensityDuration = defineModel<Curve>({
  kind: 'intensityDuration',
  doc: 'Mean intensity of a rain event as a part of the curve I = a·D^−b (Caine 1980; USGS landslides-thresholds), events parted by a time without rain.',
  quantities: ['rain'],
  params: {
    a: { type: 'number', min: 0.01, max: 1_000, doc: 'mm/h at one hour (Caine 14.82, Seattle 82.73)' },
    b: { type: 'number', min: 0, max: 3, doc: 'the exponent without its sign (Caine 0.39, Seattle 1.13)' },
    gap: {
      type: 'duration',
      default: 3 * HOUR_MS,
      min: 10 * MINUTE_MS,
      max: 7 * DAY_MS,
      doc: 'time without rain that parts two events',
    },
    minDuration: {
      type: 'duration',
      default: 10 * MINUTE_MS,
      min: MINUTE_MS,
      doc: 'the curve holds from this duration on',
    },
    maxDuration: { type: 'duration', default: 72 * HOUR_MS, max: 500 * HOUR_MS, doc: 'and up to this one' },
    durations: {
      type: 'choice',
      of: ['event', 'trailing'],
      default: 'event',
      doc: 'the mean since the beginning, or the worst of all durations up to now',
    },
    bucket: { type: 'duration', default: 5 * MINUTE_MS, doc: 'to this the beginning of an event is known' },
  },
  per: 'sensor',
  upwardsOnly: true,
  figure: () => ({
    name: { zh: '雨强占临界曲线', en: 'part of the intensity–duration curve' },
    unit: '%',
    decimals: DECIMALS,
  }),
  defaults: { onDelayMs: 0, offDelayMs: HOUR_MS, deadbandPart: 0.05 },
  numbers: (params) => FIXED + sumNumbers(shapeOf(params, 0)),
  check: ({ bucket, gap, minDuration, maxDuration }) => {
    const faults = checkBucket(bucket, [{ path: 'gap', ms: gap }]);
    if (minDuration >= maxDuration)
      faults.push({
        path: 'maxDuration',
        message: 'the range of durations is empty',
        mend: 'make it longer than minDuration',
      });
    return faults;
  },
  step,
  windowMs: ({ maxDuration }) => maxDuration,
});
