/**
 * Time until water reaches a level: (Z* − Z) ÷ (dZ/dt), the rate by least squares, and only while it is above the gauge's
 * noise; with a level–storage table and meters of all inflow and outflow, ∫dV ÷ (Qin − Qout) instead, which sees a flood
 * before the level shows it. Told as an interval (rate ± its standard error; flows ± their error); the figure is its early
 * end, the one to act on. Of several levels the next one above the water counts.
 */
import type { Param } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';
import { type Height, sayHeight } from './height.ts';
import { firstDescent, type Rung, readLadder } from './kit/ladder.ts';
import {
  addPoint,
  fitLine,
  type Line,
  pointCount,
  pointOf,
  pointsWithin,
  type SeriesShape,
  seriesNumbers,
} from './kit/series.ts';
import { spanOf } from './rise-rate.ts';

type Storage = { readonly level: Height; readonly volume: number };

type TimeToLevelParams = {
  readonly to: readonly Height[];
  readonly window: number;
  readonly minSamples: number;
  /** m/h. */
  readonly noise: number;
  readonly horizon: number;
  readonly storage: readonly Storage[] | null;
  /** Part of a flow, 0 to 1. */
  readonly flowError: number;
};

const POINTS = 60;
const LOWERS_FROM = 0.5;
const STEPS_A_METRE = 1_000;
const M3_OF_VOLUME = 10_000;
const SUSPECT_AT = 0;
/** Of each further sensor: when it last spoke, what it said (steps of 0.001 m³/s), whether that is suspect. */
const FLOWS = 1;
const FLOW = 3;

const shapeOf = ({ window }: TimeToLevelParams): SeriesShape => ({ windowMs: window, capacity: POINTS });
const seriesAt = (sensors: number): number => FLOWS + (sensors - 1) * FLOW;

/** Metres now, and how fast they rise. */
type Water = { readonly nowMs: number; readonly z: number; readonly line: Line; readonly perHour: number };

type Answer = {
  /** What the hours are counted from. */
  readonly fromMs: number;
  /** Hours, the early and the late end; Infinity: not at this rate. */
  readonly early: number;
  readonly late: number;
  readonly how: Text;
};

type TimePlace = Place<TimeToLevelParams>;

function step(place: TimePlace, input: number, sample: ModelSample): Figure | undefined {
  const { params, sensors, memory } = place;
  if (input > 0) keepFlow(place, input, sample);
  else {
    if (!addPoint(memory, seriesAt(sensors.length), shapeOf(params), sample.atMs, sample.value)) return undefined;
    if (sample.suspect) memory[SUSPECT_AT] = Math.max(memory[SUSPECT_AT] as number, sample.atMs);
  }
  const water = waterNow(place);
  // Meters that go on beside a gauge that fell silent say nothing of its level.
  const silentMs = newestMs(place) - (water?.nowMs ?? 0);
  return water === undefined || silentMs > (sensors[0]?.staleAfterMs ?? 0) ? undefined : judgeWater(place, water);
}

function keepFlow({ memory }: TimePlace, input: number, { atMs, value, suspect }: ModelSample): void {
  const at = FLOWS + (input - 1) * FLOW;
  if (atMs >= (memory[at] as number)) memory.set([atMs, value, suspect ? 1 : 0], at);
}

/** The newest sample of any of its sensors. */
function newestMs({ params, sensors, memory }: TimePlace): number {
  const base = seriesAt(sensors.length);
  const count = pointCount(memory, base);
  let newest = count === 0 ? 0 : pointOf(memory, base, shapeOf(params), count - 1).atMs;
  for (let at = FLOWS; at < base; at += FLOW) newest = Math.max(newest, memory[at] as number);
  return newest;
}

function waterNow({ params, sensors, memory }: TimePlace): Water | undefined {
  const shape = shapeOf(params);
  const base = seriesAt(sensors.length);
  const count = pointCount(memory, base);
  if (count === 0) return undefined;
  const newest = pointOf(memory, base, shape, count - 1);
  const line = fitLine(pointsWithin(memory, base, shape, newest.atMs - params.window, newest.atMs));
  if (line === undefined || line.points < params.minSamples) return undefined;
  // The line lags behind water that rises ever faster, the newest sample does not.
  const z = Math.max(line.atEnd, newest.value) / STEPS_A_METRE;
  return { nowMs: newest.atMs, z, line, perHour: (line.slope * HOUR_MS) / STEPS_A_METRE };
}

function judgeWater(place: TimePlace, water: Water): Figure {
  const { params, memory } = place;
  const doubtful = (memory[SUSPECT_AT] as number) > water.nowMs - params.window;
  const coverage = spanOf(water.line, params.window);
  const believed = { coverage, mayLower: coverage >= LOWERS_FROM && !doubtful, mayBeMore: doubtful };
  const ascending = [...params.to].sort((a, b) => a.m - b.m);
  const next = ascending.find(({ m }) => m > water.z);
  const reached = ascending.at(-1);
  if (next === undefined) {
    const say = (): Text => sayReached(water.z, reached ?? { m: water.z, name: null });
    return { ...believed, value: 0, say };
  }
  const answer = byStorage(place, water, next) ?? byRate(params, water, next);
  const horizonH = params.horizon / HOUR_MS;
  const say = (): Text => sayAnswer(water, next, answer, params);
  if (answer.early > horizonH) return { ...believed, value: horizonH, say };
  const at = (hours: number): number => Math.round(answer.fromMs + Math.min(hours, horizonH) * HOUR_MS);
  return { ...believed, value: answer.early, say, forecast: { fromMs: at(answer.early), toMs: at(answer.late) } };
}

/** By the rate of rise, plus and minus its standard error. */
function byRate({ noise, window }: TimeToLevelParams, { nowMs, z, line, perHour }: Water, next: Height): Answer {
  const over = sayDuration(window);
  const rate = perHour.toFixed(3);
  const how = { zh: `${over.zh}涨率 ${rate} m/h`, en: `at ${rate} m/h over ${over.en}` };
  const never = Number.POSITIVE_INFINITY;
  if (perHour <= 0 || perHour < noise) return { fromMs: nowMs, early: never, late: never, how };
  const error = line.points > 2 ? perHour * Math.sqrt((1 / line.r2 - 1) / (line.points - 2)) : 0;
  const left = next.m - z;
  return {
    fromMs: nowMs,
    early: left / (perHour + error),
    late: perHour > error ? left / (perHour - error) : Number.POSITIVE_INFINITY,
    how,
  };
}

type Net = { readonly inflow: number; readonly outflow: number };

/** By what still fits in and what flows in and out; undefined when that is not fully known, or says less than the gauge. */
function byStorage(place: TimePlace, water: Water, next: Height): Answer | undefined {
  const { storage, flowError, noise } = place.params;
  const flows = storage === null ? undefined : flowsNow(place, newestMs(place));
  if (storage === null || flows === undefined) return undefined;
  const rungs = rungsOf(storage);
  const here = readLadder(rungs, water.z);
  const there = readLadder(rungs, next.m);
  if (here === undefined || there === undefined || here.beyond || there.beyond) return undefined;
  const net = flows.inflow - flows.outflow;
  // Water that rises although the meters say that none is left over comes from where no meter is.
  if (net <= 0 && water.perHour > 0 && water.perHour >= noise) return undefined;
  const error = flowError * (flows.inflow + flows.outflow);
  const secondsAt = (m3PerS: number): number =>
    m3PerS > 0 ? ((there.y - here.y) * M3_OF_VOLUME) / m3PerS / (HOUR_MS / 1_000) : Number.POSITIVE_INFINITY;
  const [inflow, outflow] = [flows.inflow.toFixed(1), flows.outflow.toFixed(1)];
  return {
    fromMs: newestMs(place),
    early: net > 0 ? secondsAt(net + error) : Number.POSITIVE_INFINITY,
    late: secondsAt(net - error),
    how: {
      zh: `入库 ${inflow}、出库 ${outflow} m³/s，尚可蓄 ${(there.y - here.y).toFixed(1)} 万 m³`,
      en: `${inflow} m³/s in, ${outflow} m³/s out, room for ${((there.y - here.y) * M3_OF_VOLUME).toFixed(0)} m³`,
    },
  };
}

/** In m³/s; undefined unless every meter spoke lately and is believed, and there are some of both. */
function flowsNow({ sensors, memory }: TimePlace, nowMs: number): Net | undefined {
  const sums = { inflow: 0, outflow: 0 };
  const seen = new Set<string>();
  for (const [index, { role, staleAfterMs }] of sensors.entries()) {
    if (role !== 'inflow' && role !== 'outflow') continue;
    const at = FLOWS + (index - 1) * FLOW;
    const spokeAt = memory[at] as number;
    if (spokeAt === 0 || nowMs - spokeAt > staleAfterMs || memory[at + 2] === 1) return undefined;
    sums[role] += (memory[at + 1] as number) / STEPS_A_METRE;
    seen.add(role);
  }
  return seen.size === 2 ? sums : undefined;
}

const rungsOf = (storage: readonly Storage[]): readonly Rung[] =>
  storage.map(({ level, volume }) => ({ x: level.m, y: volume }));

const sayHours = (hours: number): string => (hours < 10 ? hours.toFixed(2) : hours.toFixed(1));

function sayReached(z: number, height: Height): Text {
  const name = sayHeight(height);
  return {
    zh: `水位 ${z.toFixed(3)} m，已达${name.zh}`,
    en: `water level of ${z.toFixed(3)} m has reached ${name.en}`,
  };
}

function sayAnswer({ z }: Water, next: Height, { early, late, how }: Answer, { horizon }: TimeToLevelParams): Text {
  const name = sayHeight(next);
  const within = sayDuration(horizon);
  const level = z.toFixed(3);
  if (early > horizon / HOUR_MS)
    return {
      zh: `水位 ${level} m，${within.zh}内不会到达${name.zh}（${how.zh}）`,
      en: `water level of ${level} m does not reach ${name.en} within ${within.en} (${how.en})`,
    };
  const open = late > horizon / HOUR_MS;
  return {
    zh: `水位 ${level} m，预计最早 ${sayHours(early)} 小时后到达${name.zh}（${open ? '最迟不定' : `最迟 ${sayHours(late)} 小时`}；${how.zh}）`,
    en: `water level of ${level} m may reach ${name.en} in ${sayHours(early)} h at the earliest (${open ? 'the latest is open' : `${sayHours(late)} h at the latest`}; ${how.en})`,
  };
}

/** Heights that a station resolves where the rule is bound have no metres yet when the file is linted. */
const metresOf = (param: Param | undefined): number | undefined => {
  const m =
    typeof param === 'object' && param !== null && !Array.isArray(param) ? (param as { m?: Param }).m : undefined;
  return typeof m === 'number' ? m : undefined;
};

function checkStorage({ storage }: TimeToLevelParams) {
  if (storage === null) return [];
  const levels = storage.map(({ level }) => metresOf(level as unknown as Param));
  const rungs = storage.map(({ volume }, index) => ({ x: levels[index] ?? index, y: volume }));
  const wrong = levels.every((m) => m !== undefined) ? firstDescent(rungs, 'rising') : -1;
  if (wrong === -1) return [];
  const message = `row ${wrong + 1} of storage does not lie above the one before it`;
  return [{ path: 'storage', message, mend: 'sort the rows: more water stands higher' }];
}

export const timeToLevel = defineModel<TimeToLevelParams>({
  kind: 'timeToLevel',
  doc: 'Hours until water reaches its next level: (Z* − Z) ÷ rate of rise above the noise, or storage left ÷ (inflow − outflow); the early end of an interval.',
  quantities: ['level'],
  params: {
    to: {
      type: 'heights',
      doc: 'the level, or several: metres of the gauge, { station: floodLimit } or { datum: 412.5 }',
    },
    window: { type: 'duration', default: HOUR_MS, min: 10 * MINUTE_MS, max: 24 * HOUR_MS, doc: 'length of the line' },
    minSamples: {
      type: 'whole',
      default: 4,
      min: 3,
      max: POINTS,
      doc: 'points (at most one in 1/60 of the window) of a line',
    },
    noise: { type: 'number', default: 0.05, min: 0, doc: 'a rise below it reaches nothing, m/h' },
    horizon: {
      type: 'duration',
      default: 72 * HOUR_MS,
      min: HOUR_MS,
      max: 30 * 24 * HOUR_MS,
      doc: 'the figure goes no further',
    },
    storage: {
      type: 'rows',
      optional: true,
      min: 2,
      columns: {
        level: { type: 'height', doc: 'water level, as under to' },
        volume: { type: 'number', min: 0, doc: 'storage below it, in 10,000 m³ (万立方米)' },
      },
      doc: 'level and storage; used when inflow and outflow are metered',
    },
    flowError: { type: 'number', default: 0.1, min: 0, max: 1, doc: 'error of a flow, part of it; an assumption' },
  },
  per: 'sensor',
  below: true,
  roles: [
    { role: 'inflow', quantities: ['flow'], from: 'named', many: true, min: 0, doc: 'all that flows in' },
    { role: 'outflow', quantities: ['flow'], from: 'named', many: true, min: 0, doc: 'all that flows out' },
  ],
  most: ({ horizon }) => horizon / HOUR_MS,
  figure: () => ({ name: { zh: '到达水位剩余时间', en: 'time left to the level' }, unit: 'h', decimals: 2 }),
  defaults: { onDelayMs: 0, offDelayMs: HOUR_MS, deadbandPart: 0.2 },
  numbers: (params, sensors) => seriesAt(sensors) + seriesNumbers(shapeOf(params)),
  check: checkStorage,
  step,
  windowMs: ({ window }) => window,
});
