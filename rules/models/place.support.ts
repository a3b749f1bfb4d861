/** For tests of models: a place with lent memory, and samples by minutes. */
import type { QuantityCode } from '#model/quantity.ts';
import type { Params } from '#model/rule-set.ts';
import type { Figure, HazardModel, ModelSample } from './hazard-model.ts';
import { type ParamFault, readParams } from './params.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** A whole hour, 08:00 in UTC+8. */
export const T0 = Date.UTC(2022, 5, 3, 0, 0, 0);

export type Given = Partial<Omit<ModelSample, 'atMs' | 'value'>>;

export type OpenedPlace = {
  /** A sample of an input, `minutes` after T0; it comes in at once unless `nowMs` says otherwise. */
  readonly step: (minutes: number, value: number, input?: number, given?: Given) => Figure | undefined;
  readonly tick: (minutes: number) => Figure | undefined;
  readonly memory: Float64Array;
};

export type SensorGiven = {
  readonly quantity?: QuantityCode;
  readonly staleAfterMs?: number;
  readonly role?: string;
  readonly id?: string;
};

/** `written`: parameters as a rule file has them. */
export function openPlace(
  model: HazardModel,
  written: { readonly [name: string]: unknown },
  sensors: readonly SensorGiven[] = [{}],
): OpenedPlace {
  const faults: ParamFault[] = [];
  const params = readParams(model.params, written, 'written', faults);
  const wrong = params === undefined ? [] : (model.check?.(params) ?? []);
  if (params === undefined || wrong.length > 0)
    throw new Error([...faults, ...wrong].map(({ path, message }) => `${path} ${message}`).join('; '));
  return openCompiled(model, params, sensors);
}

function openCompiled(model: HazardModel, params: Params, given: readonly SensorGiven[]): OpenedPlace {
  const sensors = given.map(({ quantity, staleAfterMs, role, id }, index) => ({
    role: role ?? (index === 0 ? 'own' : 'member'),
    sensorId: id ?? `s${index}`,
    quantity: quantity ?? model.quantities[0] ?? 'fault',
    staleAfterMs: staleAfterMs ?? 15 * MINUTE,
  }));
  const memory = new Float64Array(model.numbers(params, sensors.length));
  const place = { params, sensors, memory };
  return {
    step: (minutes, value, input = 0, more = {}) => {
      const atMs = T0 + minutes * MINUTE;
      const usual = { suspect: false, first: false, inOrder: true, afterGap: false, nowMs: atMs };
      return model.step(place, input, { atMs, value, ...usual, ...more });
    },
    tick: (minutes) => model.tick?.(place, T0 + minutes * MINUTE),
    memory,
  };
}

/** Whatever the order in which they come. */
export const messUp = <T>(items: readonly T[], keys: readonly number[]): readonly T[] =>
  items
    .map((item, index) => ({ item, key: keys[index % Math.max(1, keys.length)] ?? 0, index }))
    .sort((a, b) => a.index + a.key - (b.index + b.key))
    .map(({ item }) => item);
