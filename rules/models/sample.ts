/** Judges the rules that look at samples themselves: the newest value, and the slope over a window. */
import type { Desk } from '../desk.ts';
import { defOfBinding } from '../desk.ts';
import { judge, outside } from '../latch.ts';
import {
  BIND_TO,
  DOUBLES,
  type EngineState,
  GOOD,
  INTS,
  LAST_AT,
  LAST_MARK,
  LAST_VALUE,
  STALE_MS,
  SUM_TO,
  SUSPECT,
} from '../state.ts';
import { lookAtModel } from './bound-model.ts';
import { findLateValue } from './late.ts';
import { addSample, slopeOf } from './rate.ts';

/** A slope over less than this part of its window does not show that a movement ended. */
const SLOPE_LOWERS_FROM = 0.5;

export type Sample = {
  readonly atMs: number;
  readonly value: number;
  readonly mark: number;
  readonly inOrder: boolean;
  readonly afterGap: boolean;
};

export function judgeSample(state: EngineState, desk: Desk, slot: number, sample: Sample): void {
  const s = slot * INTS;
  const to = state.ints[s + BIND_TO] as number;
  for (let binding = state.ints[s + SUM_TO] as number; binding < to; binding++) {
    const { measure } = defOfBinding(state, binding);
    if (measure.kind === 'model') continue; // Fed with the others that look at this sensor (bound-model.ts).
    if (measure.kind === 'rate') {
      const row = state.slopeOf[binding] as number;
      if (addSample(state, row, measure.windowMs, sample.atMs, sample.value))
        judgeSlope(state, desk, slot, binding, sample.mark, sample.afterGap);
      else state.counters.tooOld++;
    } else if (sample.inOrder) judgeValue(state, desk, slot, binding, sample.afterGap);
    else findLateValue(state, desk, slot, binding, sample.atMs, sample.value);
  }
}

const isFresh = (state: EngineState, desk: Desk, slot: number, atMs: number): boolean =>
  desk.receivedAtMs - atMs <= (state.ints[slot * INTS + STALE_MS] as number);

const newestAt = (state: EngineState, slot: number): number => state.doubles[slot * DOUBLES + LAST_AT] as number;

function judgeValue(state: EngineState, desk: Desk, slot: number, binding: number, afterGap: boolean): void {
  const measured = state.ints[slot * INTS + LAST_VALUE] as number;
  const value = defOfBinding(state, binding).below === true ? -measured : measured;
  if (!outside(state, binding, value)) return;
  const suspect = state.ints[slot * INTS + LAST_MARK] === SUSPECT;
  const atMs = newestAt(state, slot);
  const fresh = isFresh(state, desk, slot, atMs);
  judge(state, desk, binding, {
    atMs,
    value,
    mayLower: !suspect,
    mayBeMore: suspect,
    afterGap,
    fresh,
    suspect,
    coverage: null,
  });
}

function judgeSlope(
  state: EngineState,
  desk: Desk,
  slot: number,
  binding: number,
  mark: number,
  afterGap: boolean,
): void {
  const { measure, below } = defOfBinding(state, binding);
  if (measure.kind !== 'rate') return;
  const slope = slopeOf(state, state.slopeOf[binding] as number, measure.windowMs, measure.minSamples);
  if (slope === undefined) return;
  const value = below === true ? -slope.perHour : slope.perHour;
  if (!outside(state, binding, value)) return;
  const suspect = mark === SUSPECT;
  const atMs = newestAt(state, slot);
  judge(state, desk, binding, {
    atMs,
    value,
    mayLower: !suspect && slope.coverage >= SLOPE_LOWERS_FROM,
    mayBeMore: suspect,
    afterGap,
    fresh: isFresh(state, desk, slot, atMs),
    suspect,
    coverage: slope.coverage,
  });
}

/** Judges what a new rule found ready made: the newest value, or a slope that was kept. */
export function lookAtSample(state: EngineState, desk: Desk, slot: number, binding: number, afterGap: boolean): void {
  const { kind } = defOfBinding(state, binding).measure;
  if (kind === 'model') lookAtModel(state, desk, binding);
  else if (kind === 'rate') judgeSlope(state, desk, slot, binding, GOOD, afterGap);
  else judgeValue(state, desk, slot, binding, afterGap);
}
