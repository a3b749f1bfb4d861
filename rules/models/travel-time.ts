/**
 * What an upstream station has seen comes here after the travel time: the level expected here while the water is under
 * way. Either by corresponding stages (相应水位法: a table from the stage there to the stage here one travel time later),
 * or by the rise (涨差法: the stage here now, plus `ratio` times what the stage there rose above what it was one travel time
 * ago). Travel time and table come from the two stations' own floods; that they are known within `band` is told with it.
 */
import { fromSteps, QUANTITIES, type QuantityCode, UNIT_TEXT } from '#model/quantity.ts';
import type { Text } from '#model/text.ts';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { sayDuration, sayNumber } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type ModelSensor, type Place } from './hazard-model.ts';
import { firstDescent, readLadder } from './kit/ladder.ts';
import { addPoint, pointsWithin, type SeriesPoint, type SeriesShape, seriesNumbers } from './kit/series.ts';

type Pair = { readonly upstream: number; readonly here: number };

type TravelTimeParams = {
  readonly lag: number;
  readonly band: number;
  readonly relation: readonly Pair[] | null;
  readonly ratio: number;
};

const POINTS = 120;
/** Newest sample here (time, value) and newest suspect sample of either; then what the upstream station said. */
const OWN_AT = 0;
const OWN = 1;
const SUSPECT_AT = 2;
const UPSTREAM_AT = 3;
const SERIES = 4;

type TravelPlace = Place<TravelTimeParams>;

const windowOf = ({ lag, band }: TravelTimeParams): number => lag + band;
const shapeOf = (params: TravelTimeParams): SeriesShape => ({ windowMs: windowOf(params), capacity: POINTS });

function step(place: TravelPlace, input: number, sample: ModelSample): Figure | undefined {
  const { params, memory } = place;
  if (sample.suspect) memory[SUSPECT_AT] = Math.max(memory[SUSPECT_AT] as number, sample.atMs);
  if (input === 0) {
    if (sample.atMs >= (memory[OWN_AT] as number)) memory.set([sample.atMs, sample.value], OWN_AT);
  } else {
    addPoint(memory, SERIES, shapeOf(params), sample.atMs, sample.value);
    memory[UPSTREAM_AT] = Math.max(memory[UPSTREAM_AT] as number, sample.atMs);
  }
  return expectHere(place);
}

type Expected = {
  /** In the unit of the own quantity. */
  readonly value: number;
  /** The sample there that it comes from. */
  readonly crest: SeriesPoint;
  readonly how: Text;
};

function expectHere(place: TravelPlace): Figure | undefined {
  const { params, sensors, memory } = place;
  const [own, upstream] = sensors;
  if (own === undefined || upstream === undefined || memory[UPSTREAM_AT] === 0) return undefined;
  const nowMs = Math.max(memory[OWN_AT] as number, memory[UPSTREAM_AT] as number);
  const fromMs = nowMs - windowOf(params);
  const points = pointsWithin(memory, SERIES, shapeOf(params), fromMs, nowMs);
  const crest = highest(points);
  if (crest === undefined) return undefined;
  const found = params.relation === null ? byRise(place, points, crest, nowMs) : byTable(params.relation, place, crest);
  if (found === undefined) return undefined;
  const coverage = coverageOf(points, fromMs, nowMs, upstream.staleAfterMs);
  const doubtful = (memory[SUSPECT_AT] as number) > fromMs;
  const dueMs = Math.round(crest.atMs) + params.lag;
  return {
    value: found.value,
    coverage,
    // A crest that went by while the station was silent may be higher than all that is known.
    mayLower: coverage === 1 && !doubtful,
    mayBeMore: coverage < 1 || doubtful,
    say: () => sayExpected(own, upstream, params, found, dueMs - nowMs),
    ...(dueMs + params.band <= nowMs ? {} : { forecast: { fromMs: dueMs - params.band, toMs: dueMs + params.band } }),
  };
}

/** Of equal ones the earliest: its water is here first. */
const highest = (points: readonly SeriesPoint[]): SeriesPoint | undefined =>
  points.reduce<SeriesPoint | undefined>(
    (best, point) => (best === undefined || point.value > best.value ? point : best),
    undefined,
  );

function byTable(relation: readonly Pair[], { sensors }: TravelPlace, crest: SeriesPoint): Expected | undefined {
  const there = sensors[1]?.quantity ?? 'level';
  const stage = fromSteps(there, crest.value);
  const read = readLadder(
    relation.map(({ upstream, here }) => ({ x: upstream, y: here })),
    stage,
  );
  if (read === undefined) return undefined;
  const how = read.beyond
    ? {
        zh: '，超出相应水位关系表，按末段外推',
        en: ', beyond the table of corresponding stages, drawn on from its end',
      }
    : { zh: '', en: '' };
  return { value: read.y, crest, how };
}

/** Undefined until both stations are known: here now, there one travel time ago. */
function byRise(
  { params, sensors, memory }: TravelPlace,
  points: readonly SeriesPoint[],
  crest: SeriesPoint,
  nowMs: number,
): Expected | undefined {
  const own = sensors[0];
  const there = sensors[1]?.quantity ?? 'level';
  if (own === undefined || memory[OWN_AT] === 0 || nowMs - (memory[OWN_AT] as number) > own.staleAfterMs)
    return undefined;
  const before = points.filter(({ atMs }) => atMs <= nowMs - params.lag + params.band);
  if (before.length === 0) return undefined;
  const base = Math.min(...before.map(({ value }) => value));
  const rise = fromSteps(there, crest.value - base);
  const here = memory[OWN] as number;
  const [now, unit] = [sayNumber(own.quantity, here), unitOf(own.quantity)];
  return {
    value: fromSteps(own.quantity, here) + params.ratio * rise,
    crest,
    how: {
      zh: `（上游已涨 ${rise.toFixed(2)} ${unitOf(there)}，本站现为 ${now} ${unit}）`,
      en: ` (it rose by ${rise.toFixed(2)} ${unitOf(there)} there, and stands at ${now} ${unit} here)`,
    },
  };
}

/** Part of the time for which the upstream station spoke, each sample for as long as it may be silent. */
function coverageOf(points: readonly SeriesPoint[], fromMs: number, nowMs: number, allowedMs: number): number {
  let missing = 0;
  let last = fromMs;
  for (const atMs of [...points.map((point) => point.atMs), nowMs]) {
    missing += Math.max(0, atMs - last - allowedMs);
    last = atMs;
  }
  return 1 - missing / (nowMs - fromMs);
}

const unitOf = (quantity: QuantityCode): string => {
  const { unit } = QUANTITIES[quantity];
  return UNIT_TEXT[unit] ?? unit;
};

function sayDue(leftMs: number): Text {
  const minutes = Math.round(leftMs / MINUTE_MS);
  if (minutes <= 0) return { zh: '即将或已经到达', en: 'is due now' };
  const left = sayDuration(minutes * MINUTE_MS);
  return { zh: `约 ${left.zh}后到达`, en: `is due in about ${left.en}` };
}

function sayExpected(
  own: ModelSensor,
  upstream: ModelSensor,
  { band }: TravelTimeParams,
  { value, crest, how }: Expected,
  leftMs: number,
): Text {
  const there = `${sayNumber(upstream.quantity, crest.value)} ${unitOf(upstream.quantity)}`;
  const here = `${value.toFixed(2)} ${unitOf(own.quantity)}`;
  const due = sayDue(leftMs);
  const within = sayDuration(band);
  return {
    zh: `上游站 ${upstream.sensorId} ${QUANTITIES[upstream.quantity].name.zh} ${there}，${due.zh}（±${within.zh}），预计本站 ${own.sensorId} 达 ${here}${how.zh}`,
    en: `the ${QUANTITIES[upstream.quantity].name.en} of ${there} at ${upstream.sensorId} upstream ${due.en} (± ${within.en}) and makes ${here} of it at ${own.sensorId}${how.en}`,
  };
}

function checkTravel(params: TravelTimeParams) {
  const faults: { path: string; message: string; mend: string }[] = [];
  if (params.band >= params.lag)
    faults.push({
      path: 'band',
      message: 'the band is as wide as the travel time itself: the water could be here before it is there',
      mend: 'use a band shorter than the lag',
    });
  const wrong =
    params.relation === null
      ? -1
      : firstDescent(
          params.relation.map(({ upstream, here }) => ({ x: upstream, y: here })),
          'notFalling',
        );
  if (wrong !== -1)
    faults.push({
      path: 'relation',
      message: `row ${wrong + 1} of relation does not lie above the one before it`,
      mend: 'sort the rows by the stage upstream; a higher stage there is no lower one here',
    });
  return faults;
}

export const travelTime = defineModel<TravelTimeParams>({
  kind: 'travelTime',
  doc: 'Level expected here after the travel time from an upstream station: by corresponding stages (相应水位法), or by the rise there (涨差法).',
  quantities: ['level', 'flow'],
  params: {
    lag: { type: 'duration', min: 10 * MINUTE_MS, max: 72 * HOUR_MS, doc: 'travel time from there to here' },
    band: {
      type: 'duration',
      default: 30 * MINUTE_MS,
      min: MINUTE_MS,
      doc: 'how far the travel time may be off, each way',
    },
    relation: {
      type: 'rows',
      optional: true,
      min: 2,
      columns: {
        upstream: { type: 'number', doc: 'stage (or discharge) there, in the unit of its quantity' },
        here: { type: 'number', doc: 'stage here one travel time later, in the unit of the rule' },
      },
      doc: 'corresponding stages, ascending; left out: by the rise',
    },
    ratio: {
      type: 'number',
      default: 1,
      min: 0.01,
      max: 100,
      doc: 'rise here for a rise of 1 there; without relation',
    },
  },
  per: 'sensor',
  roles: [
    {
      role: 'upstream',
      quantities: ['level', 'flow'],
      from: 'named',
      many: false,
      min: 1,
      doc: 'the station upstream',
    },
  ],
  figure: (_params, quantity) => ({
    name: { zh: `预计${QUANTITIES[quantity].name.zh}`, en: `expected ${QUANTITIES[quantity].name.en}` },
    unit: unitOf(quantity),
    decimals: QUANTITIES[quantity].decimals,
  }),
  defaults: { onDelayMs: 0, offDelayMs: HOUR_MS, deadbandPart: 0.02 },
  numbers: (params) => SERIES + seriesNumbers(shapeOf(params)),
  check: checkTravel,
  step,
  windowMs: windowOf,
});
