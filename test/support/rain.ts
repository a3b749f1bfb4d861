/** For the tests of the rain models: bindings by hand, and storms with late, doubled, missing, suspect and first readings. */
import fc from 'fast-check';
import type { Params } from '#model/rule-set.ts';
import type { Figure, HazardModel, ModelSample, ModelSensor, Place } from '#rules/models/hazard-model.ts';
import { type ParamFault, readParams } from '#rules/models/params.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A whole day, so that buckets are easy to see. */
export const START = Date.UTC(2021, 6, 1);

export type Bench = {
  readonly place: Place<Params>;
  /** A reading of sensor number `input`, by minutes after START and mm (or the input's own steps, when not rain). */
  readonly feed: (minute: number, mm: number, more?: Partial<ModelSample> & { input?: number }) => Figure | undefined;
};

/** Parameters as a rule file writes them, and the model's own complaints. */
export function paramsOf(
  model: HazardModel,
  raw: object,
): { readonly params: Params; readonly faults: readonly string[] } {
  const faults: ParamFault[] = [];
  const params = readParams(model.params, raw, 'written', faults);
  if (params === undefined)
    throw new Error(faults.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  return { params, faults: (model.check?.(params) ?? []).map(({ path, message }) => `${path}: ${message}`) };
}

/** One binding of a model with the sensors given; the first is a rain gauge. */
export function bench(model: HazardModel, raw: object, staleMinutes = 10, others: readonly ModelSensor[] = []): Bench {
  const { params, faults } = paramsOf(model, raw);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const own: ModelSensor = { role: 'own', sensorId: 'gauge', quantity: 'rain', staleAfterMs: staleMinutes * MINUTE };
  const sensors = [own, ...others];
  const place = { params, sensors, memory: new Float64Array(model.numbers(params, sensors.length)) };
  const newest = new Map<number, number>();
  return {
    place,
    feed: (minute, mm, more = {}) => {
      const { input = 0, ...rest } = more;
      const atMs = START + Math.round(minute * MINUTE);
      const last = newest.get(input) ?? 0;
      newest.set(input, Math.max(last, atMs));
      const sample: ModelSample = {
        ...{ atMs, value: input === 0 ? Math.round(mm * 1_000) : mm, suspect: false, first: false },
        ...{ inOrder: atMs >= last, afterGap: atMs - last > (sensors[input]?.staleAfterMs ?? 0), nowMs: atMs },
        ...rest,
      };
      return model.step(place as never, input, sample);
    },
  };
}

export type StormStep = {
  readonly minute: number;
  readonly steps: number;
  readonly suspect: boolean;
  readonly first: boolean;
};

/** Minutes run on; now and then a reading is late, a twin of another stamp, suspect, a base, or comes after a hole. */
export const storms = (longestHole: number, maxLength = 100): fc.Arbitrary<readonly StormStep[]> =>
  fc
    .array(
      fc.record({
        step: fc.oneof(
          { weight: 20, arbitrary: fc.integer({ min: 0, max: 12 }) },
          { weight: 2, arbitrary: fc.integer({ min: 20, max: longestHole }) },
        ),
        back: fc.oneof({ weight: 7, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: longestHole })),
        steps: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20_000 })),
        suspect: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
        first: fc.oneof({ weight: 15, arbitrary: fc.constant(false) }, fc.constant(true)),
      }),
      { minLength: 1, maxLength },
    )
    .map((rows) => {
      let minute = 0;
      return rows.map(({ step, back, steps, suspect, first }) => {
        minute += step;
        return { minute: minute - back, steps: first ? 0 : steps, suspect, first };
      });
    });

export const en = (figure: Figure | undefined): string => figure?.say().en ?? '';
export const zh = (figure: Figure | undefined): string => figure?.say().zh ?? '';
