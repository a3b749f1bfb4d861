/**
 * Opens the bound hazard models of a state: each with its place (parameters, sensors, memory), and for each sensor the
 * bindings that look at it. Made anew from the state after a rule set switch or a snapshot; it holds nothing of its own.
 */
import type { EngineState } from '../state.ts';
import { INTS, STALE_MS } from '../state.ts';
import type { HazardModel, ModelSensor, Place } from './hazard-model.ts';
import { HAZARD_MODELS } from './registry.ts';

export type OpenPlace = {
  readonly binding: number;
  /** Number in `lastFigure`. */
  readonly index: number;
  readonly model: HazardModel;
  readonly place: Place<never>;
  /** Slots of the sensors, the own first. */
  readonly slots: readonly number[];
  readonly doubts: boolean;
};

/** A binding that looks at a sensor, and which of its inputs that is. */
export type Tap = { readonly open: OpenPlace; readonly input: number };

export type OpenModel = {
  readonly places: readonly OpenPlace[];
  /** By slot; undefined for a sensor that no model looks at. Doubts come first. */
  readonly taps: readonly (readonly Tap[] | undefined)[];
  /** By slot, 1 where a model looks or a doubt is left: one byte tells the hot path that there is nothing to do. */
  readonly watched: Uint8Array;
  /** Models for which time itself says something. */
  readonly ticking: readonly OpenPlace[];
  /** Numbers of the definitions whose limits change with the season or the hour. */
  readonly scheduled: readonly number[];
};

type Unopened = Omit<EngineState, 'open'>;

export function openModels(state: Unopened): OpenModel {
  const places = state.models.map((_, index) => openPlace(state, index));
  const taps: Tap[][] = [];
  for (const open of places)
    for (const [input, slot] of open.slots.entries()) {
      taps[slot] ??= [];
      taps[slot].push({ open, input });
    }
  for (const list of taps) list?.sort((a, b) => Number(b.open.doubts) - Number(a.open.doubts));
  const watched = Uint8Array.from(state.sensorIds, (_, slot) =>
    taps[slot] !== undefined || state.doubtUntil[slot] !== 0 ? 1 : 0,
  );
  return {
    places,
    taps,
    watched,
    ticking: places.filter(({ model }) => model.tick !== undefined),
    scheduled: state.defs.flatMap(({ schedule }, index) => (schedule === undefined ? [] : [index])),
  };
}

function openPlace(state: Unopened, index: number): OpenPlace {
  const bound = state.models[index];
  const binding = bound?.binding ?? 0;
  const def = state.defs[state.defOf[binding] as number];
  const model = def?.measure.kind === 'model' ? HAZARD_MODELS.get(def.measure.model) : undefined;
  if (bound === undefined || def?.measure.kind !== 'model' || model === undefined)
    throw new Error(`a rule is bound to a model that is not there: ${def?.rule}`);
  const own = state.slotOfBinding[binding] as number;
  const others = bound.inputs.map(({ sensorId }) => state.slotOf.get(sensorId) ?? -1);
  const slots = [own, ...others];
  const sensors = slots.map(
    (slot, input): ModelSensor => ({
      role: input === 0 ? 'own' : (bound.inputs[input - 1]?.role ?? ''),
      sensorId: state.sensorIds[slot] ?? '',
      quantity: state.quantities[slot] ?? 'fault',
      staleAfterMs: state.ints[slot * INTS + STALE_MS] as number,
    }),
  );
  const memory = state.cells.subarray(bound.cellsAt, bound.cellsAt + bound.cells);
  const place = { params: def.measure.params as never, sensors, memory };
  return { binding, index, model, place, slots, doubts: def.doubt !== undefined };
}
