/** Made-up slopes for the tests of the displacement models: courses of motion in mm over days, sampled with noise. */
import { toSteps } from '#model/quantity.ts';
import type { Params } from '#model/rule-set.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import type { Figure, HazardModel, ModelSample } from './hazard-model.ts';
import { type ParamFault, readParams } from './params.ts';

/** Displacement in mm after so many days. */
export type Course = (day: number) => number;

export const START_MS = Date.UTC(2026, 2, 1);

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A normal deviate of a seeded source (Box and Muller). */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export const uniform =
  (speed: number): Course =>
  (day) =>
    speed * day;

/** Uniform creep, then from `onset` the speed grows as (time left)^−p so that all comes to an end on `failure`. */
export const creepToFailure =
  (speed: number, onset: number, failure: number, p = 1): Course =>
  (day) => {
    if (day <= onset) return speed * day;
    const whole = failure - onset;
    const left = Math.max(failure - day, 1e-6);
    const grown = p === 1 ? Math.log(whole / left) : ((whole / left) ** (p - 1) - 1) / (p - 1);
    return speed * onset + speed * whole * grown;
  };

/** Uniform creep with a step of `size` mm that begins on `at` and takes `lasts` days, in one of several manners. */
export type Manner = 'even' | 'hump' | 'fading' | 'sigmoid' | 'sudden';

export const step =
  (speed: number, at: number, size: number, lasts: number, manner: Manner): Course =>
  (day) => {
    const part = Math.max(0, (day - at) / lasts);
    const done = ((): number => {
      switch (manner) {
        case 'even':
          return Math.min(1, part);
        case 'hump':
          return part >= 1 ? 1 : (1 - Math.cos(Math.PI * part)) / 2;
        case 'fading':
          return 1 - Math.exp(-3 * part);
        case 'sigmoid':
          return 1 / (1 + Math.exp(-10 * (part - 0.5))) - (1 / (1 + Math.exp(5))) * (part === 0 ? 1 : 0);
        case 'sudden':
          return part > 0 ? 1 : 0;
        default:
          return manner satisfies never;
      }
    })();
    return speed * day + size * done;
  };

export type Sampling = {
  readonly days: number;
  readonly everyMs?: number;
  readonly noiseMm?: number;
  readonly seed?: number;
};

/** Samples of a course in whole steps of displacement. */
export function sampled(course: Course, { days, everyMs = HOUR_MS, noiseMm = 0, seed = 1 }: Sampling): ModelSample[] {
  const random = seeded(seed);
  const out: ModelSample[] = [];
  for (let atMs = START_MS; atMs < START_MS + days * DAY_MS; atMs += everyMs) {
    const mm = course((atMs - START_MS) / DAY_MS) + (noiseMm === 0 ? 0 : noiseMm * normal(random));
    out.push(sampleAt(atMs, toSteps('displacement', mm)));
  }
  return out;
}

export const sampleAt = (atMs: number, value: number, more: Partial<ModelSample> = {}): ModelSample => ({
  atMs,
  value,
  suspect: false,
  first: false,
  inOrder: true,
  afterGap: false,
  nowMs: atMs,
  ...more,
});

/** Parameters as a rule file would give them; throws with what `fengsui check` would find. */
export function paramsOf(model: HazardModel, written: { readonly [name: string]: unknown } = {}): Params {
  const faults: ParamFault[] = [];
  const params = readParams(model.params, written, 'written', faults);
  const found = [...faults, ...(params === undefined ? [] : (model.check?.(params) ?? []))];
  if (params === undefined || found.length > 0) throw new Error(found.map(({ message }) => message).join('; '));
  return params;
}

export type Judged = { readonly atMs: number; readonly figure: Figure | undefined };

/** Runs a model over samples of one displacement sensor. */
export function run(
  model: HazardModel,
  written: { readonly [name: string]: unknown },
  samples: readonly ModelSample[],
): Judged[] {
  const params = paramsOf(model, written);
  const sensors = [{ role: 'own', sensorId: 's', quantity: 'displacement' as const, staleAfterMs: HOUR_MS }];
  const memory = new Float64Array(model.numbers(params, 1));
  return samples.map((sample) => ({ atMs: sample.atMs, figure: model.step({ params, sensors, memory }, 0, sample) }));
}

export type Point = { readonly atMs: number; readonly mm: number };

/** The textbook's slope in mm/d, from sums over all points at once. */
export function slopePerDay(points: readonly Point[]): number {
  const days = points.map(({ atMs }) => (atMs - START_MS) / DAY_MS);
  const n = points.length;
  const [t, v] = [days.reduce((a, b) => a + b, 0), points.reduce((a, { mm }) => a + mm, 0)];
  const tt = days.reduce((a, b) => a + b * b, 0);
  const tv = points.reduce((a, { mm }, index) => a + mm * (days[index] ?? 0), 0);
  return (n * tv - t * v) / (n * tt - t * t);
}

/** All samples that came so far, in order of their stamps, each once: what an oracle recomputes from. */
export function seenOf(samples: readonly ModelSample[]): readonly Point[] {
  const byStamp = new Map(samples.map(({ atMs, value }) => [atMs, value / 100]));
  return [...byStamp].map(([atMs, mm]) => ({ atMs, mm })).sort((a, b) => a.atMs - b.atMs);
}

export const within = (points: readonly Point[], fromMs: number, toMs: number): readonly Point[] =>
  points.filter(({ atMs }) => atMs > fromMs && atMs <= toMs);

/** Drops, repeats and delays samples as a poor link would; the seed decides. */
export function disturbed(samples: readonly ModelSample[], seed: number): ModelSample[] {
  const random = seeded(seed);
  return samples
    .filter(() => random() > 0.1)
    .flatMap((sample) => (random() < 0.1 ? [sample, sample] : [sample]))
    .map((sample, index) => ({ sample, at: index + (random() < 0.15 ? random() * 12 : 0) }))
    .sort((a, b) => a.at - b.at)
    .map(({ sample }) => sample);
}
