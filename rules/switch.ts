/**
 * A rule set switch: what is unchanged keeps its state, what vanished is closed with a reason, what is new begins from
 * the windows that exist. Windows belong to sensors and survive the switch.
 */
import { QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { type Desk, defOfBinding, writeBindingChange } from './desk.ts';
import { carryHearings } from './edge-conditions.ts';
import { arm } from './latch.ts';
import { layOut } from './layout.ts';
import { endDoubt } from './models/bound-model.ts';
import { lookAtSum, recountSum } from './models/rolling-sum.ts';
import { lookAtSample } from './models/sample.ts';
import { seedModel } from './models/seed.ts';
import { turnSchedules } from './schedule.ts';
import { closeSilent, gatewayRule, loseBinding, silentRule, writeGateway } from './silence.ts';
import {
  BIND_FROM,
  BIND_TO,
  DOUBLES,
  type EngineState,
  HEAD,
  HEAD_CELL,
  HEAD_POS,
  INTS,
  LAST_AT,
  LAST_MARK,
  LAST_VALUE,
  LATE,
  LEVEL_COUNT,
  ORIGIN,
  originOf,
  RING,
  rankOfBits,
  SILENT,
  SLOPE_STRIDE,
  STALE_MS,
  SUM_TO,
} from './state.ts';
import { GATEWAY_LOST_TITLE, sayRuleGone, saySettingGone, saySilent } from './texts.ts';

const isIncrement = (code: string): boolean => QUANTITIES[code as QuantityCode]?.kind === 'increment';

/** A binding without a state to take over; `held`: the rank at which an older version of its rule stood there. */
type Fresh = { readonly binding: number; readonly held: number };

/** The state under the new rule set; the old one is not used again. */
export function adopt(old: EngineState, ruleSet: CompiledRuleSet, desk: Desk): EngineState {
  const state = layOut(ruleSet, isIncrement, old);
  turnSchedules(state, desk);
  state.upSinceMs = old.upSinceMs;
  state.nextModelTickMs = old.nextModelTickMs;
  state.counters = old.counters;
  carryEdges(old, state, desk);
  carryHearings(old, state, desk);
  const kept = new Uint8Array(old.defOf.length);
  const fresh: Fresh[] = [];
  for (let slot = 0; slot < state.sensorIds.length; slot++) {
    const from = old.slotOf.get(state.sensorIds[slot] ?? '');
    if (from === undefined) beginSensor(state, slot, desk.receivedAtMs);
    else carrySensor(old, from, state, slot, desk.receivedAtMs);
    const to = state.ints[slot * INTS + BIND_TO] as number;
    for (let binding = state.ints[slot * INTS + BIND_FROM] as number; binding < to; binding++) {
      if (!carryBinding(old, from, state, binding, kept))
        fresh.push({ binding, held: heldBefore(old, state, binding) });
    }
  }
  closeVanished(old, state, desk, kept);
  endDoubts(old, state, desk);
  for (const open of state.open.places) seedModel(state, desk, open);
  for (const one of fresh) lookAtNew(state, desk, one);
  return state;
}

function beginSensor(state: EngineState, slot: number, nowMs: number): void {
  state.allowFrom[slot] = nowMs;
}

const CARRIED_INTS = [SILENT, ORIGIN, LAST_VALUE, LAST_MARK] as const;

function carrySensor(old: EngineState, from: number, state: EngineState, slot: number, nowMs: number): void {
  const o = from * INTS;
  const s = slot * INTS;
  for (const field of CARRIED_INTS) state.ints[s + field] = old.ints[o + field] as number;
  state.doubles[slot * DOUBLES + LAST_AT] = old.doubles[from * DOUBLES + LAST_AT] as number;
  state.aliveAt[slot] = old.aliveAt[from] as number;
  state.doubtUntil[slot] = old.doubtUntil[from] as number;
  const sameEdge = old.edgeIds[old.edgeOf[from] as number] === state.edgeIds[state.edgeOf[slot] as number];
  state.allowFrom[slot] = sameEdge ? (old.allowFrom[from] as number) : nowMs;
  if (old.bucketMs === state.bucketMs) carryRing(old, o, state, s);
}

/** Copies the buckets so that the newest comes last. */
function carryRing(old: EngineState, o: number, state: EngineState, s: number): void {
  const source = old.ints[o + RING] as number;
  const target = state.ints[s + RING] as number;
  if (source < 0 || target < 0) return;
  const head = old.ints[o + HEAD_POS] as number;
  const older = old.ringLength - head - 1;
  const start = target + state.ringLength - old.ringLength;
  state.ring.set(old.ring.subarray(source + head + 1, source + old.ringLength), start);
  state.ring.set(old.ring.subarray(source, source + head + 1), start + older);
  state.ints[s + HEAD] = old.ints[o + HEAD] as number;
  state.ints[s + HEAD_POS] = state.ringLength - 1;
  state.ints[s + HEAD_CELL] = old.ints[o + HEAD_CELL] as number;
}

/** Takes over the latches of the same rule at the same sensor and point; false when there is none. */
function carryBinding(
  old: EngineState,
  from: number | undefined,
  state: EngineState,
  binding: number,
  kept: Uint8Array,
): boolean {
  const def = defOfBinding(state, binding);
  const slot = state.slotOfBinding[binding] as number;
  if (def.measure.kind === 'rollingSum') recountSum(state, slot, binding);
  let found = -1;
  const to = from === undefined ? 0 : (old.ints[from * INTS + BIND_TO] as number);
  const begin = from === undefined ? 0 : (old.ints[from * INTS + BIND_FROM] as number);
  for (let candidate = begin; candidate < to; candidate++) {
    const was = defOfBinding(old, candidate);
    if (kept[candidate] === 1) continue;
    const samePoint =
      old.points[old.bindPoint[candidate] as number] === state.points[state.bindPoint[binding] as number];
    if (was.rule === def.rule && samePoint) found = candidate;
    if (was.measure.kind === 'rate' && def.measure.kind === 'rate' && was.measure.windowMs === def.measure.windowMs)
      carrySlope(old, candidate, state, binding);
    if (samePoint && isSameModel(old, candidate, state, binding)) carryCells(old, candidate, state, binding);
  }
  if (found >= 0) {
    kept[found] = 1;
    state.latch[binding] = old.latch[found] as number;
    state.lost[binding] = old.lost[found] as number;
    for (let bit = 0; bit < LEVEL_COUNT; bit++)
      state.since[binding * LEVEL_COUNT + bit] = old.since[found * LEVEL_COUNT + bit] as number;
    for (let field = 0; field < LATE; field++)
      state.late[binding * LATE + field] = old.late[found * LATE + field] as number;
  }
  arm(state, binding);
  return found >= 0;
}

/** What a model has learned outlives an edit of its limits; another measure, or other sensors, begin anew. */
function isSameModel(old: EngineState, candidate: number, state: EngineState, binding: number): boolean {
  const was = defOfBinding(old, candidate).measure;
  const now = defOfBinding(state, binding).measure;
  if (was.kind !== 'model' || now.kind !== 'model' || was.model !== now.model) return false;
  const before = old.models[old.modelOf[candidate] as number];
  const after = state.models[state.modelOf[binding] as number];
  return (
    before?.cells === after?.cells &&
    JSON.stringify([was.params, before?.inputs]) === JSON.stringify([now.params, after?.inputs])
  );
}

function carryCells(old: EngineState, candidate: number, state: EngineState, binding: number): void {
  const from = old.models[old.modelOf[candidate] as number];
  const to = state.models[state.modelOf[binding] as number];
  if (from === undefined || to === undefined) return;
  state.cells.set(old.cells.subarray(from.cellsAt, from.cellsAt + from.cells), to.cellsAt);
  const figure = old.lastFigure[old.modelOf[candidate] as number] as number;
  const turned = defOfBinding(old, candidate).below === defOfBinding(state, binding).below;
  state.lastFigure[state.modelOf[binding] as number] = turned ? figure : -figure;
}

function carrySlope(old: EngineState, candidate: number, state: EngineState, binding: number): void {
  const source = (old.slopeOf[candidate] as number) * SLOPE_STRIDE;
  const target = (state.slopeOf[binding] as number) * SLOPE_STRIDE;
  state.slopes.set(old.slopes.subarray(source, source + SLOPE_STRIDE), target);
}

function carryEdges(old: EngineState, state: EngineState, desk: Desk): void {
  const settings = gatewayRule(old) === gatewayRule(state);
  for (const [index, edgeId] of state.edgeIds.entries()) {
    const was = old.edges[old.edgeIds.indexOf(edgeId)];
    const edge = state.edges[index];
    if (edge === undefined) continue;
    if (was === undefined) {
      const slot = state.edgeOf.indexOf(index);
      edge.sinceMs = desk.receivedAtMs;
      edge.origin = originOf(state.ints[slot * INTS + ORIGIN] as number);
    } else Object.assign(edge, was);
  }
  for (const [index, edgeId] of old.edgeIds.entries()) {
    const was = old.edges[index];
    const still = state.edges[state.edgeIds.indexOf(edgeId)];
    if (was?.raised !== true || (still !== undefined && settings)) continue;
    if (still !== undefined) still.raised = false;
    const reason = saySettingGone(GATEWAY_LOST_TITLE);
    const change = { raise: false, condition: 'closed', atMs: desk.receivedAtMs, reason } as const;
    writeGateway(old, desk, edgeId, was.origin, change);
  }
}

function closeVanished(old: EngineState, state: EngineState, desk: Desk, kept: Uint8Array): void {
  const settings = silentRule(old) === silentRule(state);
  for (let slot = 0; slot < old.sensorIds.length; slot++) {
    const now = state.slotOf.get(old.sensorIds[slot] ?? '');
    const samePoint =
      now !== undefined && old.points[old.pointOf[slot] as number] === state.points[state.pointOf[now] as number];
    if (!samePoint || !settings) {
      closeSilent(old, desk, slot);
      if (now !== undefined) state.ints[now * INTS + SILENT] = 0;
    }
  }
  for (let binding = 0; binding < kept.length; binding++)
    if (kept[binding] === 0) closeBinding(old, desk, binding, sayRuleGone(defOfBinding(old, binding).title));
}

/** A sensor that no rule doubts any more is not doubted any more. */
function endDoubts(old: EngineState, state: EngineState, desk: Desk): void {
  const doubting = new Set(state.open.places.flatMap(({ doubts, slots }) => (doubts ? slots.slice(0, 1) : [])));
  for (const open of old.open.places) {
    const slot = open.slots[0] as number;
    const now = state.slotOf.get(old.sensorIds[slot] ?? '');
    if (!open.doubts || (now !== undefined && doubting.has(now))) continue;
    if (now !== undefined) state.doubtUntil[now] = 0;
    endDoubt(old, desk, slot, sayRuleGone(defOfBinding(old, open.binding).title));
  }
}

/** Ends a rule's condition for a reason outside the data. */
export function closeBinding(
  state: EngineState,
  desk: Desk,
  binding: number,
  reason: { readonly zh: string; readonly en: string },
): void {
  const rank = rankOfBits(state.latch[binding] as number);
  if (rank === 0) return;
  writeBindingChange(state, desk, binding, {
    from: rank,
    to: 0,
    condition: 'closed',
    atMs: desk.receivedAtMs,
    late: false,
    value: null,
    limit: null,
    coverage: null,
    reason,
  });
}

const nameOf = (rule: string): string => rule.split('@', 1)[0] ?? rule;

/** Sensors that a binding looks at, its own first. */
const slotsOf = (state: EngineState, binding: number): readonly number[] =>
  state.open.places[state.modelOf[binding] as number]?.slots ?? [state.slotOfBinding[binding] as number];

/** A group's own sensor may be another one since; it is the same group while it shares a sensor. */
function heldBefore(old: EngineState, state: EngineState, binding: number): number {
  const name = nameOf(defOfBinding(state, binding).rule);
  const point = state.points[state.bindPoint[binding] as number];
  let held = 0;
  for (const slot of isGroup(state, binding) ? slotsOf(state, binding) : [state.slotOfBinding[binding] as number]) {
    const from = old.slotOf.get(state.sensorIds[slot] ?? '') ?? -1;
    const to = from < 0 ? 0 : (old.ints[from * INTS + BIND_TO] as number);
    for (let was = from < 0 ? 0 : (old.ints[from * INTS + BIND_FROM] as number); was < to; was++)
      if (nameOf(defOfBinding(old, was).rule) === name && old.points[old.bindPoint[was] as number] === point)
        held = Math.max(held, rankOfBits(old.latch[was] as number));
  }
  return held;
}

/** Long ago: a level that stood before needs no delay of its own to stand under the rule's next version. */
const LONG_HELD = 1;

const isGroup = (state: EngineState, binding: number): boolean =>
  state.open.places[state.modelOf[binding] as number]?.model.per === 'group';

/** Of a binding's sensors the one that spoke last. */
const newestOf = (state: EngineState, slots: readonly number[]): number =>
  slots.reduce((best, slot) =>
    (state.doubles[slot * DOUBLES + LAST_AT] as number) > (state.doubles[best * DOUBLES + LAST_AT] as number)
      ? slot
      : best,
  );

/**
 * A new rule judges what the sensor has, unless that is old: a sensor that was heard of days ago raises nothing now. The
 * next version of a rule that stands there takes its place at once, with old data as `dataLost`: an edit clears nothing
 * that nobody knows to be over.
 */
function lookAtNew(state: EngineState, desk: Desk, { binding, held }: Fresh): void {
  const slot = newestOf(state, slotsOf(state, binding));
  const lastAt = state.doubles[slot * DOUBLES + LAST_AT] as number;
  const silentMs = desk.receivedAtMs - lastAt;
  const allowedMs = state.ints[slot * INTS + STALE_MS] as number;
  const isOld = state.ints[slot * INTS + SILENT] === 1 || silentMs > allowedMs;
  if (lastAt === 0 || (isOld && held === 0)) return;
  const since = state.since.subarray(binding * LEVEL_COUNT, (binding + 1) * LEVEL_COUNT);
  since.fill(LONG_HELD, 0, held);
  const own = state.slotOfBinding[binding] as number;
  if (binding < (state.ints[own * INTS + SUM_TO] as number)) lookAtSum(state, desk, own, binding, held === 0);
  else lookAtSample(state, desk, own, binding, held === 0);
  for (let bit = 0; bit < held; bit++) if (since[bit] === LONG_HELD) since[bit] = 0;
  arm(state, binding);
  if (!isOld) return;
  const why = saySilent(state.sensorIds[slot] ?? '', silentMs, allowedMs, false, false);
  loseBinding(state, desk, binding, desk.receivedAtMs, why);
}
