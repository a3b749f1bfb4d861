/**
 * Decides the level of one rule at one sensor. Each level is a latch of its own: on when the value has held at or above
 * its limit for the on-delay, off when it has held at or below limit − deadband for the off-delay; the condition's level
 * is the highest latch that is on. Delays are shown by samples, never by a timer; a gap in the data starts them anew.
 */
import { levelOfRank, rankOf } from '#model/level.ts';
import type { LevelLimit } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Forecast } from '#model/transition.ts';
import { type Desk, defOfBinding, limitOf, quantityOf, windowOf, writeBindingChange } from './desk.ts';
import {
  BIND,
  DOWN_AT,
  type EngineState,
  INTS,
  LATE,
  LATE_FROM,
  LATE_RANK,
  LATE_TO,
  LEVEL_COUNT,
  type RuleDef,
  rankOfBits,
  SLACK,
  UP_AT,
} from './state.ts';
import { sayFinding } from './texts.ts';

export const NEVER_UP = 0x7fffffff;
export const NEVER_DOWN = -0x80000000;
export const ALWAYS_UP = -0x80000000;

/** What one look at a value may do. */
export type Look = {
  /** Event time of the value: the newest measurement of the sensor. */
  readonly atMs: EpochMs;
  readonly value: number;
  /** The value is believed and whole: good, and the window has no hole. */
  readonly mayLower: boolean;
  /** The truth may be higher: the value is suspect, or a sum with a hole. Then it breaks off no pending rise. */
  readonly mayBeMore: boolean;
  /** The data before this sample had a hole longer than the sensor's allowance: what is pending starts anew. */
  readonly afterGap: boolean;
  /** The sample is of now, so that a condition whose data stopped has them back. */
  readonly fresh: boolean;
  readonly suspect: boolean;
  readonly coverage: number | null;
  /** Of a hazard model: what it found, in words, and what it expects. */
  readonly say?: () => Text;
  readonly forecast?: Forecast;
};

/** A value at the limit itself raises and never lowers, so a deadband is one step at least. */
const fallsAt = ({ limit, deadband }: Pick<LevelLimit, 'limit' | 'deadband'>): number => limit - Math.max(1, deadband);

/** One level's latch after a look; `since` is where its pending change began, 0 for none. */
export function turnLatch(
  on: boolean,
  since: EpochMs,
  limit: { readonly limit: number; readonly deadband: number; readonly onDelayMs: number; readonly offDelayMs: number },
  look: Pick<Look, 'atMs' | 'value' | 'mayLower' | 'mayBeMore'>,
): { readonly on: boolean; readonly since: EpochMs } {
  if (!on) {
    if (look.value >= limit.limit) {
      const from = since === 0 ? look.atMs : since;
      return look.atMs - from >= limit.onDelayMs ? { on: true, since: 0 } : { on: false, since: from };
    }
    return { on: false, since: look.mayBeMore ? since : 0 };
  }
  if (look.value > fallsAt(limit)) return { on: true, since: 0 };
  if (!look.mayLower) return { on: true, since };
  const from = since === 0 ? look.atMs : since;
  return look.atMs - from >= limit.offDelayMs ? { on: false, since: 0 } : { on: true, since: from };
}

/** Whether a value can change anything. */
export const outside = (state: EngineState, binding: number, value: number): boolean =>
  value >= (state.hot[binding * BIND + UP_AT] as number) || value <= (state.hot[binding * BIND + DOWN_AT] as number);

/** Bits of the levels that have a limit; a schedule may take one away while it stands. */
const bitsOf = (def: RuleDef): number => def.limits.reduce((bits, { level }) => bits | (1 << (rankOf(level) - 1)), 0);

/** Sets the two values between which nothing can happen, so that the hot loop need not look further. */
export function arm(state: EngineState, binding: number): void {
  const def = defOfBinding(state, binding);
  const bits = state.latch[binding] as number;
  let up = NEVER_UP;
  let down = NEVER_DOWN;
  let pending = state.lost[binding] === 1 || (bits & ~bitsOf(def)) !== 0;
  for (const { level, limit, deadband } of def.limits) {
    const rank = rankOf(level);
    if ((bits & (1 << (rank - 1))) === 0) up = Math.min(up, limit);
    else down = Math.max(down, fallsAt({ limit, deadband }));
    if (state.since[binding * LEVEL_COUNT + rank - 1] !== 0) pending = true;
  }
  state.hot[binding * BIND + UP_AT] = pending ? ALWAYS_UP : up;
  state.hot[binding * BIND + DOWN_AT] = down;
  // The sums of this sensor are looked at next time, which finds out anew how far they are from anything.
  state.ints[(state.slotOfBinding[binding] as number) * INTS + SLACK] = ALWAYS_UP;
}

/** Turns the latches of a binding and writes the transition, if its level or its data changed. */
export function judge(state: EngineState, desk: Desk, binding: number, look: Look): void {
  const def = defOfBinding(state, binding);
  const before = state.latch[binding] as number;
  // What has no limit at this hour falls at once, with the value that is looked at.
  let bits = look.mayLower ? before & bitsOf(def) : before;
  let isFalling = true;
  for (const limit of def.limits) {
    const bit = rankOf(limit.level) - 1;
    const at = binding * LEVEL_COUNT + bit;
    const since = look.afterGap ? 0 : (state.since[at] as number);
    const turned = turnLatch((bits & (1 << bit)) !== 0, since, limit, look);
    state.since[at] = turned.since;
    bits = turned.on ? bits | (1 << bit) : bits & ~(1 << bit);
    if (turned.on && turned.since === 0) isFalling = false;
  }
  state.latch[binding] = bits;
  const from = rankOfBits(before);
  const to = rankOfBits(bits);
  // Data that come back below every limit only wait for the off-delay: that they are there calls nobody.
  const back = state.lost[binding] === 1 && look.fresh && !isFalling;
  if (from !== to || back) {
    tell(state, desk, binding, look, from, to);
    state.lost[binding] = 0;
    remember(state, binding, look.atMs, from, to);
  }
  arm(state, binding);
}

function tell(state: EngineState, desk: Desk, binding: number, look: Look, from: number, to: number): void {
  const def = defOfBinding(state, binding);
  const slot = state.slotOfBinding[binding] as number;
  const named = levelOfRank(Math.max(from, to));
  const limit = limitOf(def, to >= from ? levelOfRank(to) : named);
  const kind =
    to === from ? 'dataBack' : to > from ? (from === 0 ? 'raised' : 'worsened') : to === 0 ? 'cleared' : 'improved';
  writeBindingChange(state, desk, binding, {
    from,
    to,
    condition: to === 0 ? 'cleared' : 'active',
    atMs: look.atMs,
    late: false,
    value: Math.round(look.value),
    limit: limit?.limit ?? null,
    coverage: look.coverage,
    ...(look.forecast === undefined ? {} : { forecast: look.forecast }),
    reason: sayFinding({
      kind,
      measure: def.measure,
      below: def.below === true,
      ...(look.say === undefined ? {} : { say: look.say }),
      quantity: quantityOf(state, slot),
      windowMs: windowOf(def),
      value: look.value,
      from: levelOfRank(from),
      to: levelOfRank(to),
      limit: limit?.limit ?? 0,
      limitName: limit?.name,
      deadband: limit?.deadband ?? 0,
      delayMs: (to > from ? limit?.onDelayMs : limit?.offDelayMs) ?? 0,
      coverage: look.coverage,
      suspect: look.suspect,
      unsure: desk.unsure,
    }),
  });
}

/** Keeps the stretch of the episode that was told, so that a late sample inside it is no news. */
function remember(state: EngineState, binding: number, atMs: EpochMs, from: number, to: number): void {
  const at = binding * LATE;
  if (from === 0 || to > (state.late[at + LATE_RANK] as number)) {
    if (from === 0) state.late[at + LATE_FROM] = atMs;
    state.late[at + LATE_RANK] = to;
  }
  state.late[at + LATE_TO] = atMs;
}

/** The highest level that this value reaches at once; for findings about the past. */
export function rankReached(def: RuleDef, value: number): number {
  let rank = 0;
  for (const { level, limit } of def.limits) if (value >= limit) rank = Math.max(rank, rankOf(level));
  return rank;
}
