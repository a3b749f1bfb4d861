/** Takes one reading into the state: the hot entry of the engine, O(1) amortised. */
import { BAD_REASONS } from '#model/reading.ts';
import type { Desk } from './desk.ts';
import { feedModels } from './models/bound-model.ts';
import { addIncrement } from './models/rolling-sum.ts';
import { judgeSample } from './models/sample.ts';
import { sensorIsBack } from './silence.ts';
import {
  BIND_TO,
  DOUBLES,
  type EngineState,
  INTS,
  LAST_AT,
  LAST_MARK,
  LAST_VALUE,
  RING,
  SILENT,
  STALE_MS,
  SUM_TO,
} from './state.ts';

/** A stamp this far ahead of its receipt is not believed: it would silence the sensor's watermark until then. */
const FUTURE_MS = 600_000;

/** A reading with a value. `mark` is GOOD, SUSPECT or FIRST. */
export function feedValue(
  state: EngineState,
  desk: Desk,
  slot: number,
  atMs: number,
  value: number,
  mark: number,
): void {
  const { ints, doubles } = state;
  const s = slot * INTS;
  const d = slot * DOUBLES;
  const at = atMs > desk.receivedAtMs + FUTURE_MS ? desk.receivedAtMs : atMs;
  const lastAt = doubles[d + LAST_AT] as number;
  const inOrder = at >= lastAt;
  const afterGap = inOrder && at - lastAt > (ints[s + STALE_MS] as number);
  state.counters.readings++;
  if (inOrder) {
    doubles[d + LAST_AT] = at;
    ints[s + LAST_VALUE] = value;
    ints[s + LAST_MARK] = mark;
  }
  if (ints[s + SILENT] === 1) sensorIsBack(state, desk, slot, at);
  let believed = mark;
  if (state.open.watched[slot] === 1)
    believed = feedModels(state, desk, slot, { atMs: at, value, mark, inOrder, afterGap }).mark;
  if (believed !== mark && inOrder) ints[s + LAST_MARK] = believed;
  if ((ints[s + RING] as number) >= 0) addIncrement(state, desk, slot, at, value, believed, afterGap);
  if (ints[s + BIND_TO] !== ints[s + SUM_TO])
    judgeSample(state, desk, slot, { atMs: at, value, mark: believed, inOrder, afterGap });
}

/** A reading without a value: the device is there, nothing else is known. */
export function feedBad(state: EngineState, slot: number, atMs: number, reasonCode: number): void {
  state.counters.bad++;
  // A unit that was not asked or a closed port is no sign of life.
  const reason = BAD_REASONS[reasonCode];
  if (
    reason === 'exception' ||
    reason === 'sentinel' ||
    reason === 'decode' ||
    reason === 'frame' ||
    reason === 'stale'
  )
    state.aliveAt[slot] = Math.max(state.aliveAt[slot] as number, atMs);
}
