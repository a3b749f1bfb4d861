/**
 * Rain against a limit that falls as the soil fills: `dryLimit` mm while the soil holds no more water than `drySoil` %,
 * `wetLimit` mm from `wetSoil` % on, straight between (the same rain on wet ground fails slopes and fills streams sooner;
 * the four numbers are the site's own). The figure is the rain of the window as a part of that limit, in %.
 *
 * The wettest of the point's fresh soil sensors counts. Without a fresh good reading the soil is taken as wet, the safe
 * side, and the words say so: missing is never dry. A rule on soil moisture alone is a plain limit of kind `value`.
 */
import { fromSteps, toSteps } from '#model/quantity.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { sayDuration, sayNumber } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';
import { checkBucket, cut, mm, sayFixed, sayLowerBound } from './kit/rain.ts';
import { addIncrement, newestEndMs, passTime, type SumShape, sumNumbers, sumOf, sumShape } from './kit/sums.ts';

type SoilWater = {
  readonly window: number;
  readonly drySoil: number;
  readonly wetSoil: number;
  readonly dryLimit: number;
  readonly wetLimit: number;
  readonly soilMaxAge: number;
  readonly bucket: number;
};

const NEWEST = 0; // stamp of the newest sample of any input
const FIXED = 1;
/** A soil sensor's numbers: stamp (0 without a reading) and value in steps. */
const SOIL = 2;
const DECIMALS = 1;

const shapeOf = ({ bucket, window }: SoilWater, staleAfterMs: number): SumShape =>
  sumShape(bucket, [window], staleAfterMs);

/** The wettest fresh reading, in steps; undefined when there is none. */
function wettest({ params, sensors, memory }: Place<SoilWater>): number | undefined {
  let found: number | undefined;
  for (let input = 1; input < sensors.length; input++) {
    const at = FIXED + (input - 1) * SOIL;
    const stamp = memory[at] as number;
    const fresh = stamp !== 0 && (memory[NEWEST] as number) - stamp <= params.soilMaxAge;
    if (fresh) found = Math.max(found ?? 0, memory[at + 1] as number);
  }
  return found;
}

/** Steps of rain that are the limit on soil with so much water; on unknown soil that of wet soil. */
function limitFor({ drySoil, wetSoil, dryLimit, wetLimit }: SoilWater, soil: number | undefined): number {
  const percent = soil === undefined ? wetSoil : fromSteps('soilMoisture', soil);
  const part = Math.max(0, Math.min(1, (percent - drySoil) / (wetSoil - drySoil)));
  return Math.round(toSteps('rain', dryLimit) + (toSteps('rain', wetLimit) - toSteps('rain', dryLimit)) * part);
}

/** False when the sample changes nothing: too old, or a doubtful word about the soil. */
function take({ params, memory }: Place<SoilWater>, base: number, shape: SumShape, input: number, sample: ModelSample) {
  if (input === 0) {
    if (!addIncrement(memory, base, shape, sample)) return false;
  } else {
    const at = FIXED + (input - 1) * SOIL;
    if (sample.suspect || sample.atMs < (memory[at] as number)) return false;
    memory.set([sample.atMs, sample.value], at);
    // Soil readings go on when the gauge is silent: its window must not stand still and look whole.
    if (sample.atMs - newestEndMs(memory, base, shape) > shape.bridge * params.bucket)
      passTime(memory, base, shape, sample.atMs);
  }
  memory[NEWEST] = Math.max(memory[NEWEST] as number, sample.atMs);
  return true;
}

function step(place: Place<SoilWater>, input: number, sample: ModelSample): Figure | undefined {
  const { params, memory, sensors } = place;
  const shape = shapeOf(params, sensors[0]?.staleAfterMs ?? 0);
  const base = FIXED + (sensors.length - 1) * SOIL;
  if (!take(place, base, shape, input, sample)) return undefined;
  if (newestEndMs(memory, base, shape) === 0) return undefined;
  const soil = wettest(place);
  const limit = limitFor(params, soil);
  const { sum, coverage } = sumOf(memory, base, shape, 0);
  const whole = coverage === 1 && !sample.suspect;
  const value = cut((100 * sum) / limit, DECIMALS);
  return {
    value,
    coverage,
    mayLower: whole,
    mayBeMore: !whole,
    say: () => sayFound(params, sum, limit, soil, coverage),
  };
}

function sayFound(params: SoilWater, sum: number, limit: number, soil: number | undefined, coverage: number) {
  const window = sayDuration(params.window);
  const holes = sayLowerBound(coverage);
  const part = sayFixed(cut((100 * sum) / limit, DECIMALS), DECIMALS);
  const age = sayDuration(params.soilMaxAge);
  const percent = soil === undefined ? '' : sayNumber('soilMoisture', soil);
  const ground =
    soil === undefined
      ? { zh: `近 ${age.zh}无土壤含水率数据，按湿润计`, en: `no soil reading for ${age.en}, taken as wet` }
      : { zh: `土壤含水率 ${percent}%`, en: `soil moisture ${percent}%` };
  return {
    zh: `${window.zh}雨量 ${mm(sum)}，为临界雨量 ${mm(limit)} 的 ${part}%（${ground.zh}${holes.zh}）`,
    en: `rain of ${mm(sum)} in ${window.en}, ${part}% of the ${mm(limit)} that this soil bears (${ground.en}${holes.en})`,
  };
}

export const soilWater = defineModel<SoilWater>({
  kind: 'soilWater',
  doc: 'Rain of a window as a part of a limit that falls linearly with the soil’s water between two points of the site.',
  quantities: ['rain'],
  params: {
    window: { type: 'duration', default: DAY_MS, min: 10 * MINUTE_MS, max: 15 * DAY_MS, doc: 'window of the rain' },
    drySoil: { type: 'number', min: 0, max: 100, doc: 'soil moisture up to which dryLimit holds, %' },
    wetSoil: { type: 'number', min: 0, max: 100, doc: 'soil moisture from which wetLimit holds, %' },
    dryLimit: { type: 'number', min: 0.1, doc: 'rain that is too much for dry soil, mm' },
    wetLimit: { type: 'number', min: 0.1, doc: 'rain that is too much for wet soil, mm' },
    soilMaxAge: { type: 'duration', default: 6 * HOUR_MS, doc: 'an older soil reading says nothing any more' },
    bucket: { type: 'duration', default: 5 * MINUTE_MS, doc: 'step in which the window slides' },
  },
  per: 'sensor',
  upwardsOnly: true,
  roles: [
    {
      role: 'soil',
      quantities: ['soilMoisture'],
      from: 'point',
      many: true,
      min: 1,
      doc: 'how wet the ground is; the wettest counts',
    },
  ],
  figure: () => ({
    name: { zh: '雨量占临界雨量', en: 'rain as a part of what the soil bears' },
    unit: '%',
    decimals: DECIMALS,
  }),
  defaults: { onDelayMs: 0, offDelayMs: HOUR_MS, deadbandPart: 0.05 },
  numbers: (params, sensors) => FIXED + (sensors - 1) * SOIL + sumNumbers(shapeOf(params, 0)),
  check: ({ bucket, window, drySoil, wetSoil, dryLimit, wetLimit }) => {
    const faults = checkBucket(bucket, [{ path: 'window', ms: window }]);
    if (drySoil >= wetSoil)
      faults.push({ path: 'wetSoil', message: 'wet soil must hold more than dry soil', mend: 'swap the two' });
    if (dryLimit < wetLimit)
      faults.push({
        path: 'wetLimit',
        message: 'wet soil bears no more rain than dry soil',
        mend: 'swap the two limits',
      });
    return faults;
  },
  step,
  windowMs: ({ window }) => window,
});
