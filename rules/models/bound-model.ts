/**
 * Feeds samples and time to the bound hazard models, and judges the figures that they give: against the limits of their
 * rule, or, for a rule that doubts, against what makes a sensor's values suspect.
 */
import type { Text } from '#model/text.ts';
import type { DoubtNote } from '#model/transition.ts';
import type { Desk } from '../desk.ts';
import { defOfBinding, originOfSlot } from '../desk.ts';
import { judge, outside } from '../latch.ts';
import { DOUBLES, type EngineState, FIRST, INTS, LAST_AT, ORIGIN, STALE_MS, SUSPECT } from '../state.ts';
import { sayDoubtOver, sayLastFigure } from '../texts-models.ts';
import type { Figure, ModelSample } from './hazard-model.ts';
import type { OpenPlace, Tap } from './open-models.ts';
import type { Sample } from './sample.ts';

const TICK_MS = 60_000;
const MOST_STEPS = 2 ** 31 - 2;

export const stepsOfFigure = (value: number, decimals: number): number => {
  const scaled = value * 10 ** decimals;
  const steps = Math.sign(scaled) * Math.round(Math.abs(scaled) * (1 + 1e-12));
  return Math.max(-MOST_STEPS, Math.min(MOST_STEPS, steps));
};

/** The newest measurement of any of its sensors. */
function newestAt(state: EngineState, slots: readonly number[]): number {
  let newest = 0;
  for (const slot of slots) newest = Math.max(newest, state.doubles[slot * DOUBLES + LAST_AT] as number);
  return newest;
}

/** What a sensor said, for every model that looks at it. Doubts first: what they find marks the sample for the others. */
export function feedModels(state: EngineState, desk: Desk, slot: number, sample: Sample): Sample {
  const taps = state.open.taps[slot] ?? [];
  let marked = withDoubt(state, slot, sample);
  for (const tap of taps) {
    // Data of one origin never count for another.
    const own = tap.open.slots[0] as number;
    if (state.ints[slot * INTS + ORIGIN] !== state.ints[own * INTS + ORIGIN]) continue;
    const figure = tap.open.model.step(tap.open.place, tap.input, modelSample(marked, desk));
    if (figure === undefined) continue;
    if (tap.open.doubts) {
      judgeDoubt(state, desk, tap.open, figure, sample.atMs);
      marked = withDoubt(state, slot, marked);
    } else judgeFigure(state, desk, tap, figure, marked);
  }
  return marked;
}

/** A value of a doubted sensor is suspect. */
export function withDoubt(state: EngineState, slot: number, sample: Sample): Sample {
  const until = state.doubtUntil[slot] as number;
  return until === 0 || sample.atMs > until || sample.mark === SUSPECT ? sample : { ...sample, mark: SUSPECT };
}

const modelSample = ({ atMs, value, mark, inOrder, afterGap }: Sample, desk: Desk): ModelSample => ({
  ...{ atMs, value, inOrder, afterGap, nowMs: desk.receivedAtMs },
  ...{ suspect: mark === SUSPECT, first: mark === FIRST },
});

function judgeFigure(state: EngineState, desk: Desk, { open, input }: Tap, figure: Figure, sample: Sample): void {
  const atMs = newestAt(state, open.slots);
  const suspect = sample.mark === SUSPECT;
  const staleMs = state.ints[(open.slots[input] as number) * INTS + STALE_MS] as number;
  judgeSteps(state, desk, open, figure, {
    atMs,
    suspect,
    // A hole in one of many is for the model to weigh.
    afterGap: sample.afterGap && open.slots.length === 1,
    fresh: desk.receivedAtMs - atMs <= staleMs,
  });
}

type How = {
  readonly atMs: number;
  readonly suspect: boolean;
  readonly afterGap: boolean;
  readonly fresh: boolean;
};

function judgeSteps(state: EngineState, desk: Desk, open: OpenPlace, figure: Figure, how: How): void {
  const def = defOfBinding(state, open.binding);
  if (def.measure.kind !== 'model') return;
  const steps = stepsOfFigure(figure.value, def.measure.figure.decimals);
  const value = def.below === true ? -steps : steps;
  state.lastFigure[open.index] = value;
  if (!outside(state, open.binding, value)) return;
  judge(state, desk, open.binding, {
    ...how,
    value,
    mayLower: figure.mayLower && !how.suspect,
    mayBeMore: figure.mayBeMore || how.suspect,
    coverage: figure.coverage,
    say: figure.say,
    ...(figure.forecast === undefined ? {} : { forecast: figure.forecast }),
  });
}

/** Time went by: once a minute for the models to which absence says something. */
export function tickModels(state: EngineState, desk: Desk, nowMs: number): void {
  if (state.open.ticking.length === 0 || nowMs < state.nextModelTickMs) return;
  state.nextModelTickMs = nowMs + TICK_MS;
  for (const open of state.open.ticking) {
    const figure = open.model.tick?.(open.place, nowMs);
    if (figure === undefined) continue;
    if (open.doubts) judgeDoubt(state, desk, open, figure, nowMs);
    else {
      // Time alone brings no data back.
      const fresh = open.model.ofAbsence === true;
      judgeSteps(state, desk, open, figure, { atMs: nowMs, suspect: false, afterGap: false, fresh });
    }
  }
}

/** Judges a rule that was changed by the figure that its model gave last. */
export function lookAtModel(state: EngineState, desk: Desk, binding: number): void {
  const open = state.open.places[state.modelOf[binding] as number];
  const value = open === undefined ? Number.NaN : (state.lastFigure[open.index] as number);
  if (open === undefined || open.doubts || Number.isNaN(value) || !outside(state, binding, value)) return;
  const def = defOfBinding(state, binding);
  const atMs = newestAt(state, open.slots);
  const say = (): Text => sayLastFigure(def, value);
  const how = { atMs, suspect: false, afterGap: false, fresh: false };
  judge(state, desk, binding, { ...how, value, mayLower: false, mayBeMore: true, coverage: null, say });
}

function judgeDoubt(state: EngineState, desk: Desk, open: OpenPlace, figure: Figure, atMs: number): void {
  const { doubt, measure } = defOfBinding(state, open.binding);
  if (doubt === undefined || measure.kind !== 'model') return;
  const slot = open.slots[0] as number;
  const until = state.doubtUntil[slot] as number;
  const holds = stepsOfFigure(figure.value, measure.figure.decimals) >= doubt.limit;
  if (holds) state.doubtUntil[slot] = Math.max(until, newestAt(state, [slot]) + doubt.holdMs);
  else if (until !== 0 && (figure.mayLower || atMs > until)) state.doubtUntil[slot] = 0;
  const now = state.doubtUntil[slot] as number;
  if ((until === 0) === (now === 0)) return;
  writeDoubt(state, desk, open, now !== 0, atMs, now === 0 ? sayDoubtOver(figure.say()) : figure.say());
}

/** A doubt ends because its rule or its data are gone, and the record says so. */
export function endDoubt(state: EngineState, desk: Desk, slot: number, why: Text): void {
  const open = state.open.places.find(({ doubts, slots }) => doubts && slots[0] === slot);
  if (state.doubtUntil[slot] === 0 || open === undefined) return;
  state.doubtUntil[slot] = 0;
  writeDoubt(state, desk, open, false, desk.receivedAtMs, sayDoubtOver(why));
}

function writeDoubt(
  state: EngineState,
  desk: Desk,
  open: OpenPlace,
  doubted: boolean,
  atMs: number,
  reason: Text,
): void {
  const slot = open.slots[0] as number;
  const sensorId = state.sensorIds[slot] ?? '';
  const { rule } = defOfBinding(state, open.binding);
  const note: DoubtNote = {
    kind: 'doubt',
    id: `${rule}|${sensorId}|${desk.partition}:${desk.pos}:${desk.count++}`,
    ...{ rule, sensorId, doubted, atMs, reason },
    pointId: state.points[state.bindPoint[open.binding] as number] ?? '',
    origin: originOfSlot(state, slot),
    decidedAtMs: desk.receivedAtMs,
    late: desk.receivedAtMs - atMs > (state.ints[slot * INTS + STALE_MS] as number),
    partition: desk.partition,
    pos: desk.pos,
  };
  desk.notes.push(note);
}
