/**
 * Rolling sums of increments. A sensor has one ring of buckets that all its windows share; a bucket is half-open,
 * (t − b, t], so that a stamp on the hour belongs to the hour that it ends. A window is its last W/b buckets, the newest
 * included; its sum and its number of covered buckets are kept as increments enter and leave.
 *
 * A bucket is covered when a good reading fell into it, or when it lies between two covered ones that are no further
 * apart than the sensor's allowance (an hourly station covers its hours). What is not covered makes a sum a lower bound.
 *
 * The newest bucket stays beside the sensor until the next one begins: while its sum is below the sensor's slack no
 * window can have crossed anything, and a reading touches one cache line.
 */
import type { Desk } from '../desk.ts';
import { ALWAYS_UP, judge, NEVER_DOWN, NEVER_UP } from '../latch.ts';
import {
  BIND,
  BIND_FROM,
  BRIDGE,
  COVER,
  DOUBLES,
  DOWN_AT,
  type EngineState,
  FIRST,
  HEAD,
  HEAD_CELL,
  HEAD_POS,
  INTS,
  LAST_AT,
  RING,
  SLACK,
  STALE_MS,
  SUM,
  SUM_TO,
  SUSPECT,
  UP_AT,
} from '../state.ts';
import { findLateSums } from './late.ts';

/** Takes one increment into its bucket and judges every window of the sensor now. */
export function addIncrement(
  state: EngineState,
  desk: Desk,
  slot: number,
  atMs: number,
  value: number,
  mark: number,
  afterGap: boolean,
): void {
  const { ints, bucketMs } = state;
  const s = slot * INTS;
  const head = ints[s + HEAD] as number;
  const endMs = head * bucketMs;
  // Most readings fall into the newest bucket: two comparisons tell, where a division would cost as much as all the rest.
  if (atMs > endMs || atMs <= endMs - bucketMs) {
    const back = head - Math.ceil(atMs / bucketMs);
    if (back > 0) {
      addLate(state, desk, slot, atMs, value, mark, back);
      return;
    }
    if (back < 0) advance(state, s, -back);
  }
  const cell = ints[s + HEAD_CELL] as number;
  const sum = cell >> 1;
  const added = Math.max(0, Math.min(value, state.bucketCap - sum));
  ints[s + HEAD_CELL] = cell + (added << 1);
  if ((cell & 1) === 0 && mark !== SUSPECT) cover(state, s, 0, mark === FIRST);
  if (sum + added >= (ints[s + SLACK] as number)) judgeSums(state, desk, slot, mark, afterGap);
}

/** Late rows count: they enter their bucket and the windows are judged again now. */
function addLate(
  state: EngineState,
  desk: Desk,
  slot: number,
  atMs: number,
  value: number,
  mark: number,
  back: number,
): void {
  if (back >= state.ringLength) {
    state.counters.tooOld++;
    return;
  }
  const s = slot * INTS;
  const at = placeOf(state, s, back);
  const cell = state.ring[at] as number;
  const added = Math.max(0, Math.min(value, state.bucketCap - (cell >> 1)));
  state.ring[at] = cell + (added << 1);
  if ((cell & 1) === 0 && mark !== SUSPECT) cover(state, s, back, mark === FIRST);
  const to = state.ints[s + SUM_TO] as number;
  for (let b = state.ints[s + BIND_FROM] as number; b < to; b++) {
    if (back < (state.buckets[b] as number)) state.hot[b * BIND + SUM] = (state.hot[b * BIND + SUM] as number) + added;
  }
  judgeSums(state, desk, slot, mark, false);
  if (added > 0) findLateSums(state, desk, slot, atMs, back, added);
}

/** Lets the windows slide to a new newest bucket; what they leave behind is subtracted. */
function advance(state: EngineState, s: number, moved: number): void {
  const { ints, ring, hot, buckets, ringLength } = state;
  const base = ints[s + RING] as number;
  const from = ints[s + BIND_FROM] as number;
  const to = ints[s + SUM_TO] as number;
  const folded = ints[s + HEAD_CELL] as number;
  ints[s + HEAD] = (ints[s + HEAD] as number) + moved;
  ints[s + HEAD_CELL] = 0;
  ints[s + SLACK] = ALWAYS_UP;
  if (moved >= ringLength) {
    ring.fill(0, base, base + ringLength);
    ints[s + HEAD_POS] = 0;
    for (let b = from; b < to; b++) {
      hot[b * BIND + SUM] = 0;
      hot[b * BIND + COVER] = 0;
    }
    return;
  }
  let pos = ints[s + HEAD_POS] as number;
  ring[base + pos] = folded;
  for (let b = from; b < to; b++) hot[b * BIND + SUM] = (hot[b * BIND + SUM] as number) + (folded >> 1);
  for (let step = 0; step < moved; step++) {
    pos = pos + 1 === ringLength ? 0 : pos + 1;
    for (let b = from; b < to; b++) {
      let leaving = pos - (buckets[b] as number);
      if (leaving < 0) leaving += ringLength;
      const cell = ring[base + leaving] as number;
      if (cell === 0) continue;
      const h = b * BIND;
      hot[h + SUM] = (hot[h + SUM] as number) - (cell >> 1);
      hot[h + COVER] = (hot[h + COVER] as number) - (cell & 1);
    }
    ring[base + pos] = 0;
  }
  ints[s + HEAD_POS] = pos;
}

/** Index in `ring` of the bucket that is `back` before the newest. */
function placeOf(state: EngineState, s: number, back: number): number {
  const pos = (state.ints[s + HEAD_POS] as number) - back;
  return (state.ints[s + RING] as number) + (pos < 0 ? pos + state.ringLength : pos);
}

const cellOf = (state: EngineState, s: number, back: number): number =>
  back === 0 ? (state.ints[s + HEAD_CELL] as number) : (state.ring[placeOf(state, s, back)] as number);

/** Marks a bucket as covered, and what it bridges; `alone` says that nothing is known of the time before it. */
function cover(state: EngineState, s: number, back: number, alone: boolean): void {
  markCovered(state, s, back);
  const older = alone ? 0 : distanceToCovered(state, s, back, 1);
  for (let d = 1; d < older; d++) markCovered(state, s, back + d);
  const newer = distanceToCovered(state, s, back, -1);
  for (let d = 1; d < newer; d++) markCovered(state, s, back - d);
}

/** Buckets to the nearest covered one in a direction (1 older, −1 newer); 0 when there is none within the bridge. */
function distanceToCovered(state: EngineState, s: number, back: number, way: 1 | -1): number {
  const bridge = state.ints[s + BRIDGE] as number;
  for (let d = 1; d <= bridge; d++) {
    const there = back + d * way;
    if (there < 0 || there >= state.ringLength) return 0;
    if ((cellOf(state, s, there) & 1) === 1) return d;
  }
  return 0;
}

function markCovered(state: EngineState, s: number, back: number): void {
  const cell = cellOf(state, s, back);
  if ((cell & 1) === 1) return;
  if (back === 0) state.ints[s + HEAD_CELL] = cell | 1;
  else state.ring[placeOf(state, s, back)] = cell | 1;
  const to = state.ints[s + SUM_TO] as number;
  for (let b = state.ints[s + BIND_FROM] as number; b < to; b++) {
    if (back < (state.buckets[b] as number)) state.hot[b * BIND + COVER] = (state.hot[b * BIND + COVER] as number) + 1;
  }
}

/** Compares every window with what would change it, and finds out from where on it has to look again. */
function judgeSums(state: EngineState, desk: Desk, slot: number, mark: number, afterGap: boolean): void {
  const { ints, hot } = state;
  const s = slot * INTS;
  const newest = (ints[s + HEAD_CELL] as number) >> 1;
  const to = ints[s + SUM_TO] as number;
  let slack = NEVER_UP;
  for (let b = ints[s + BIND_FROM] as number; b < to; b++) {
    const h = b * BIND;
    const older = hot[h + SUM] as number;
    const sum = older + newest;
    if (sum >= (hot[h + UP_AT] as number) || sum <= (hot[h + DOWN_AT] as number)) {
      lookAtWindow(state, desk, slot, b, mark, afterGap);
    }
    const up = hot[h + UP_AT] as number;
    if (up === ALWAYS_UP || hot[h + DOWN_AT] !== NEVER_DOWN) slack = ALWAYS_UP;
    else slack = Math.min(slack, up - older);
  }
  ints[s + SLACK] = slack;
}

function lookAtWindow(
  state: EngineState,
  desk: Desk,
  slot: number,
  binding: number,
  mark: number,
  afterGap: boolean,
): void {
  const atMs = state.doubles[slot * DOUBLES + LAST_AT] as number;
  const covered = state.hot[binding * BIND + COVER] as number;
  const whole = state.buckets[binding] as number;
  judge(state, desk, binding, {
    atMs,
    value: (state.hot[binding * BIND + SUM] as number) + ((state.ints[slot * INTS + HEAD_CELL] as number) >> 1),
    mayLower: covered === whole && mark !== SUSPECT,
    mayBeMore: covered !== whole || mark === SUSPECT,
    afterGap,
    fresh: desk.receivedAtMs - atMs <= (state.ints[slot * INTS + STALE_MS] as number),
    suspect: mark === SUSPECT,
    coverage: covered / whole,
  });
}

/** Judges a window that a new rule found ready made. */
export function lookAtSum(state: EngineState, desk: Desk, slot: number, binding: number, afterGap: boolean): void {
  lookAtWindow(state, desk, slot, binding, 0, afterGap);
}

/** Adds a binding's window up from the ring; after a rule set switch. */
export function recountSum(state: EngineState, slot: number, binding: number): void {
  const s = slot * INTS;
  let sum = 0;
  let covered = 0;
  for (let back = 0; back < (state.buckets[binding] as number) && back < state.ringLength; back++) {
    const cell = cellOf(state, s, back);
    if (back > 0) sum += cell >> 1;
    covered += cell & 1;
  }
  state.hot[binding * BIND + SUM] = sum;
  state.hot[binding * BIND + COVER] = covered;
}
