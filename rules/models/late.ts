/**
 * Late findings: what a late reading shows about the past without touching the present. They are recorded, move no
 * siren and call nobody. Each is told once: a sum when this reading was what took it over the limit, a value when its
 * stretch of time was not told before.
 */
import { levelOfRank } from '#model/level.ts';
import { type Desk, defOfBinding, limitOf, quantityOf, windowOf, writeBindingChange } from '../desk.ts';
import { rankReached } from '../latch.ts';
import {
  BIND_FROM,
  type EngineState,
  HEAD_POS,
  INTS,
  LATE,
  LATE_FROM,
  LATE_RANK,
  LATE_TO,
  RING,
  rankOfBits,
  STALE_MS,
  SUM_TO,
} from '../state.ts';
import { sayFinding } from '../texts.ts';

/** Looks at the windows that ended after the late bucket and before the newest one. `back` buckets ago it was. */
export function findLateSums(
  state: EngineState,
  desk: Desk,
  slot: number,
  atMs: number,
  back: number,
  added: number,
): void {
  const s = slot * INTS;
  const to = state.ints[s + SUM_TO] as number;
  for (let binding = state.ints[s + BIND_FROM] as number; binding < to; binding++) {
    const def = defOfBinding(state, binding);
    const peak = peakOfPastSums(state, s, back, state.buckets[binding] as number);
    const rank = rankReached(def, peak);
    if (rank > rankReached(def, peak - added) && rank > rankOfBits(state.latch[binding] as number))
      tellLate(state, desk, binding, atMs, peak, rank);
  }
}

function peakOfPastSums(state: EngineState, s: number, back: number, buckets: number): number {
  const { ring, ringLength } = state;
  const base = state.ints[s + RING] as number;
  const head = state.ints[s + HEAD_POS] as number;
  const sumAt = (there: number): number => {
    if (there >= ringLength) return 0;
    const pos = head - there;
    return (ring[base + (pos < 0 ? pos + ringLength : pos)] as number) >> 1;
  };
  let sum = 0;
  for (let there = back; there < back + buckets && there < ringLength; there++) sum += sumAt(there);
  let peak = sum;
  for (let end = back - 1; end >= 1 && end > back - buckets; end--) {
    sum += sumAt(end) - sumAt(end + buckets);
    if (sum > peak) peak = sum;
  }
  return peak;
}

/** A late sample of a quantity that is compared as it is. */
export function findLateValue(
  state: EngineState,
  desk: Desk,
  slot: number,
  binding: number,
  atMs: number,
  measured: number,
): void {
  const def = defOfBinding(state, binding);
  const value = def.below === true ? -measured : measured;
  const rank = rankReached(def, value);
  if (rank === 0) return;
  const { late } = state;
  const at = binding * LATE;
  const current = rankOfBits(state.latch[binding] as number);
  const join = Math.max(state.ints[slot * INTS + STALE_MS] as number, limitOf(def, levelOfRank(rank))?.offDelayMs ?? 0);
  const from = late[at + LATE_FROM] as number;
  const until = current > 0 ? Number.POSITIVE_INFINITY : (late[at + LATE_TO] as number);
  const known = from !== 0 && atMs >= from - join && atMs <= until + join;
  late[at + LATE_FROM] = known ? Math.min(from, atMs) : atMs;
  late[at + LATE_TO] = known ? Math.max(late[at + LATE_TO] as number, atMs) : atMs;
  const told = known ? (late[at + LATE_RANK] as number) : 0;
  // A level with an on-delay is reached by a stretch of late samples, not by one.
  const held = (late[at + LATE_TO] as number) - (late[at + LATE_FROM] as number);
  const due = (limitOf(def, levelOfRank(rank))?.onDelayMs ?? 0) <= held;
  late[at + LATE_RANK] = due ? Math.max(told, rank) : told;
  if (due && rank > told && rank > current) tellLate(state, desk, binding, atMs, value, rank);
}

function tellLate(state: EngineState, desk: Desk, binding: number, atMs: number, value: number, rank: number): void {
  const def = defOfBinding(state, binding);
  const limit = limitOf(def, levelOfRank(rank));
  const from = rankOfBits(state.latch[binding] as number);
  writeBindingChange(state, desk, binding, {
    from,
    to: rank,
    condition: 'active',
    atMs,
    late: true,
    value,
    limit: limit?.limit ?? null,
    coverage: null,
    reason: sayFinding({
      kind: 'late',
      measure: def.measure,
      below: def.below === true,
      quantity: quantityOf(state, state.slotOfBinding[binding] as number),
      windowMs: windowOf(def),
      value,
      from: levelOfRank(from),
      to: levelOfRank(rank),
      limit: limit?.limit ?? 0,
      limitName: limit?.name,
      deadband: limit?.deadband ?? 0,
      delayMs: limit?.onDelayMs ?? 0,
      coverage: null,
      suspect: false,
      unsure: desk.unsure,
    }),
  });
}
