/**
 * When a slope sped up: times in which its rate (least squares over a trailing window, domain practice for crack meters)
 * stood above what the sensor's own noise can make, above its rate of the week before, and grew.
 */
import { HOUR_MS } from '#model/time.ts';
import type { Acceleration, Accelerations, Said } from '#model/trend.ts';
import { notSaid } from './said.ts';
import { lineThrough, noiseOf } from './slope.ts';
import { coarsen, endOf, isKnown, meanAt, type Stretch } from './stretch.ts';

/** Places of a window: twelve hours of an hourly sensor, four days of a daily one. */
const WINDOW = { hourly: 12, daily: 4 } as const;
/** A hole of this many places parts the data: no window reaches over it. */
const HOLE = { hourly: 4, daily: 3 } as const;
/** Places of the time before that its usual rate is taken from. */
const BEFORE = { hourly: 7 * 24, daily: 30 } as const;
/** Errors of a window's slope that noise alone hardly ever reaches. */
const ERRORS = 4;
/** Below this nobody is interested, however quiet the sensor. */
const LEAST_MM_PER_D = 1;
const BEGINS = 1.5;
const ENDS = 1.25;
const GROWS = 2;
/** So much of a movement within one place is a step: a block that slipped, or somebody at the sensor. */
const STEP_SHARE = 0.7;
/** An hourly sensor is known in more hours than this. */
const HOURLY_SHARE = 1 / 3;

type Rates = { readonly speed: Float64Array; readonly segment: Int32Array };

/** Speed at the end of each place, in steps a day; NaN where its window is not filled. */
function speedsOf(places: Stretch, window: number, hole: number): Rates {
  const speed = new Float64Array(places.length).fill(Number.NaN);
  const segment = new Int32Array(places.length);
  const perDay = (24 * HOUR_MS) / places.stepMs;
  let [first, last, number] = [-1, -1, 0];
  for (let at = 0; at < places.length; at++) {
    if (isKnown(places, at)) {
      if (last < 0 || at - last > hole) {
        first = at;
        number++;
      }
      last = at;
      if (at - first >= window - 1) {
        const line = lineThrough(places, at - window + 1, at + 1);
        if (line !== undefined) speed[at] = Math.abs(line.slope) * perDay;
      }
    }
    segment[at] = last >= 0 && at - last <= hole ? number : 0;
  }
  return { speed, segment };
}

function medianOf(values: Float64Array, from: number, to: number): number | undefined {
  const known = values
    .slice(Math.max(0, from), Math.max(0, to))
    .filter((value) => !Number.isNaN(value))
    .sort();
  return known[known.length >> 1];
}

type Run = { readonly start: number; readonly end: number; readonly before: number; readonly byGap: boolean };

type Marks = { readonly floor: number; readonly window: number; readonly before: number };

/** From where a rate passes its mark to where it has stayed below for a window. */
function runFrom(rates: Rates, start: number, before: number, { floor, window }: Marks): Run {
  const { speed, segment } = rates;
  const lower = Math.max(floor, ENDS * before);
  let end = start;
  for (let at = start + 1; at < speed.length && at - end <= window; at++) {
    if (segment[at] !== segment[start]) return { start, end: at - 1, before, byGap: true };
    if ((speed[at] ?? 0) > lower) end = at;
  }
  return { start, end, before, byGap: false };
}

function runsOf(rates: Rates, marks: Marks): readonly Run[] {
  const { speed } = rates;
  const runs: Run[] = [];
  let usual: number | undefined;
  let usualAt = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < speed.length; at++) {
    const now = speed[at] ?? Number.NaN;
    if (!(now > marks.floor)) continue;
    // The usual rate moves slowly: asked for every few places only.
    if (at - usualAt >= marks.window / 2) {
      usual = medianOf(speed, at - marks.before - marks.window, at - marks.window);
      usualAt = at;
    }
    // Nothing before to compare with: how it moves when the record begins is its usual rate.
    const before = usual ?? now;
    if (now <= BEGINS * before) continue;
    const run = runFrom(rates, at, before, marks);
    runs.push(run);
    at = run.end;
    usualAt = Number.NEGATIVE_INFINITY;
  }
  return runs;
}

function peakOf(speed: Float64Array, { start, end }: Run): number {
  let peak = start;
  for (let at = start; at <= end; at++) if ((speed[at] ?? 0) > (speed[peak] ?? 0)) peak = at;
  return peak;
}

const nextKnown = (places: Stretch, from: number, way: 1 | -1): number => {
  for (let at = from; at >= 0 && at < places.length; at += way) if (isKnown(places, at)) return at;
  return from;
};

/** Where most of the movement lies between two neighbouring places. */
function stepIn(places: Stretch, from: number, to: number, moved: number): number | undefined {
  let last = nextKnown(places, from, 1);
  for (let at = last + 1; at <= to; at++) {
    if (!isKnown(places, at)) continue;
    const jump = (meanAt(places, at) ?? 0) - (meanAt(places, last) ?? 0);
    if (at - last === 1 && jump / moved > STEP_SHARE) return at;
    last = at;
  }
  return undefined;
}

type Scale = { readonly perMm: number; readonly window: number; readonly lastKnown: number };

function tell(places: Stretch, rates: Rates, run: Run, { perMm, window, lastKnown }: Scale): Acceleration {
  const peak = peakOf(rates.speed, run);
  // The window that first showed it holds the beginning of the movement.
  const from = nextKnown(places, Math.max(0, run.start - window + 1), 1);
  const to = nextKnown(places, run.end, -1);
  const moved = (meanAt(places, to) ?? 0) - (meanAt(places, from) ?? 0);
  const step = stepIn(places, from, to, moved);
  const goesOn = !run.byGap && run.end >= lastKnown - 1;
  return {
    kind: step === undefined ? 'acceleration' : 'step',
    startMs: endOf(places, step ?? run.start),
    peakMs: endOf(places, step ?? peak),
    endMs: goesOn && step === undefined ? null : endOf(places, step ?? run.end),
    endedByGap: run.byGap,
    movedMm: moved / perMm,
    peakMmPerD: (rates.speed[peak] ?? 0) / perMm,
    beforeMmPerD: run.before / perMm,
  };
}

/** The newest `count` accelerations in hourly means of a displacement, newest first. */
export function accelerationsIn(
  hours: Stretch,
  perMm: number,
  count: number,
): Said<Omit<Accelerations, 'episodes'> & { readonly episodes: readonly Acceleration[] }> {
  let known = 0;
  let [firstKnown, lastKnown] = [-1, -1];
  for (let at = 0; at < hours.length; at++) {
    if (!isKnown(hours, at)) continue;
    known++;
    if (firstKnown < 0) firstKnown = at;
    lastKnown = at;
  }
  if (known === 0) return notSaid('没有位移数据', 'there are no displacement data');
  const cadence = known > HOURLY_SHARE * (lastKnown - firstKnown + 1) ? 'hourly' : 'daily';
  const places = cadence === 'hourly' ? hours : coarsen(hours, 24);
  const window = WINDOW[cadence];
  // One step of the register is the least that a reading can be off by: its share of a uniform rounding.
  const noise = noiseOf(places, 1 / Math.sqrt(12));
  if (noise === undefined) return notSaid('连续数据太少，求不出速率', 'too few readings in a row to make a rate of');
  const perDay = (24 * HOUR_MS) / places.stepMs;
  const error = noise * Math.sqrt(12 / (window * (window ** 2 - 1))) * perDay;
  const floor = Math.max(ERRORS * error, LEAST_MM_PER_D * perMm);
  const rates = speedsOf(places, window, HOLE[cadence]);
  const scale = { perMm, window, lastKnown: cadence === 'hourly' ? lastKnown : Math.floor(lastKnown / 24) };
  const grown = runsOf(rates, { floor, window, before: BEFORE[cadence] }).filter(
    (run) => (rates.speed[peakOf(rates.speed, run)] ?? 0) >= GROWS * Math.max(run.before, floor / 2),
  );
  return {
    said: true,
    floorMmPerD: floor / perMm,
    noiseMm: noise / perMm,
    windowH: (window * places.stepMs) / HOUR_MS,
    fromMs: hours.fromMs + Math.max(0, firstKnown) * hours.stepMs,
    hoursKnown: known,
    episodes: grown
      .slice(-count)
      .reverse()
      .map((run) => tell(places, rates, run, scale)),
  };
}
