/** A hazard model opened for a test: parameters as a rule file writes them, sensors, and samples said to it one by one. */
import type { QuantityCode } from '#model/quantity.ts';
import type { Params } from '#model/rule-set.ts';
import type { WaterTable } from '#model/water.ts';
import type { Figure, HazardModel, ModelSample, ModelSensor } from '../hazard-model.ts';
import { resolveHeights } from '../height.ts';
import { type ParamFault, readParams } from '../params.ts';

export type SensorSpec = {
  readonly id: string;
  readonly role?: string;
  readonly quantity: QuantityCode;
  readonly staleAfterMs: number;
};

export type Said = {
  readonly input: number;
  readonly atMs: number;
  /** Whole steps. */
  readonly value: number;
  readonly suspect?: boolean;
};

export function paramsOf(model: HazardModel, raw: object, water?: WaterTable): Params {
  const faults: ParamFault[] = [];
  const params = readParams(model.params, raw, 'written', faults);
  if (params === undefined)
    throw new Error(faults.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '));
  return resolveHeights(params, water).params;
}

export function openPlace(model: HazardModel, params: Params, specs: readonly SensorSpec[]) {
  const sensors = specs.map(
    ({ id, role = 'own', quantity, staleAfterMs }): ModelSensor => ({ role, sensorId: id, quantity, staleAfterMs }),
  );
  const memory = new Float64Array(model.numbers(params, sensors.length));
  const newest = new Map<number, number>();
  const say = ({ input, atMs, value, suspect = false }: Said): Figure | undefined => {
    const before = newest.get(input);
    newest.set(input, Math.max(before ?? 0, atMs));
    const sample: ModelSample = {
      ...{ atMs, value, suspect, nowMs: atMs, first: before === undefined },
      inOrder: before === undefined || atMs >= before,
      afterGap: before !== undefined && atMs - before > (specs[input]?.staleAfterMs ?? 0),
    };
    return model.step({ params, sensors, memory }, input, sample);
  };
  return { memory, say, sayAll: (all: readonly Said[]) => all.map(say).at(-1) };
}
