/**
 * What a model that begins in the midst is told first: the newest value of each of its sensors. A zone that gets one more
 * detector is another zone to its rule, and the detectors that are in alarm stay in alarm.
 */
import { QUANTITIES } from '#model/quantity.ts';
import type { Desk } from '../desk.ts';
import { defOfBinding } from '../desk.ts';
import { DOUBLES, type EngineState, INTS, LAST_AT, LAST_MARK, LAST_VALUE, ORIGIN, SUSPECT } from '../state.ts';
import { stepsOfFigure } from './bound-model.ts';
import type { ModelSample } from './hazard-model.ts';
import type { OpenPlace } from './open-models.ts';

const at = (state: EngineState, slot: number): number => state.doubles[slot * DOUBLES + LAST_AT] as number;

/** Amounts add up, so the last one alone would be a lie; values stand until the next. */
const speaks = (state: EngineState, own: number, slot: number): boolean =>
  at(state, slot) > 0 &&
  state.ints[slot * INTS + ORIGIN] === state.ints[own * INTS + ORIGIN] &&
  QUANTITIES[state.quantities[slot] ?? 'fault'].kind !== 'increment';

/** Only a model that has learned nothing yet; what it finds is judged by the caller. */
export function seedModel(state: EngineState, desk: Desk, open: OpenPlace): void {
  if (open.doubts || open.place.memory.some((number) => number !== 0)) return;
  const own = open.slots[0] as number;
  const told = open.slots
    .map((slot, input) => ({ slot, input }))
    .filter(({ slot }) => speaks(state, own, slot))
    .sort((a, b) => at(state, a.slot) - at(state, b.slot));
  const def = defOfBinding(state, open.binding);
  for (const { slot, input } of told) {
    const figure = open.model.step(open.place, input, lastSample(state, desk, slot));
    if (figure === undefined || def.measure.kind !== 'model') continue;
    const steps = stepsOfFigure(figure.value, def.measure.figure.decimals);
    state.lastFigure[open.index] = def.below === true ? -steps : steps;
  }
}

const lastSample = (state: EngineState, desk: Desk, slot: number): ModelSample => ({
  atMs: at(state, slot),
  value: state.ints[slot * INTS + LAST_VALUE] as number,
  suspect: state.ints[slot * INTS + LAST_MARK] === SUSPECT,
  ...{ first: false, inOrder: true, afterGap: false },
  nowMs: desk.receivedAtMs,
});
