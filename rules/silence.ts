/**
 * Judges silence: sensors against the inventory, gateways by their coming and going. A gateway that is lost is one
 * condition, its sensors are unknown and raise nothing of their own; a centre that was away calls nobody silent.
 * Only a value is a sign of life of a sensor; a condition whose data stopped stands, as `dataLost`.
 */
import { type LevelOrNone, levelOfRank } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Transition } from '#model/transition.ts';
import { type Desk, originOfSlot, quantityOf, writeBindingChange, writeTransition } from './desk.ts';
import { settleOutputs } from './edge-acts.ts';
import { loseEdgeConditions } from './edge-conditions.ts';
import { arm } from './latch.ts';
import { tickModels } from './models/bound-model.ts';
import {
  BIND_FROM,
  BIND_TO,
  DOUBLES,
  type EdgeState,
  type EngineState,
  INTS,
  LAST_AT,
  rankOfBits,
  SILENT,
  STALE_MS,
} from './state.ts';
import {
  SENSOR_SILENT_TITLE,
  sayDataLost,
  sayGatewayBack,
  sayGatewayLost,
  saySensorBack,
  saySettingGone,
  saySilent,
} from './texts.ts';

/** The engine's own rules bear their settings as version. */
export const silentRule = (state: EngineState): string => `sensor-silent@1-${state.silence.staleLevel}`;
export const gatewayRule = (state: EngineState): string =>
  `gateway-lost@1-${state.silence.gatewayLostLevel}-${state.silence.gatewayLostAfterMs}`;

type SilenceChange = {
  readonly raise: boolean;
  readonly condition: Transition['condition'];
  readonly atMs: EpochMs;
  readonly reason: Text;
};

export function writeSilent(state: EngineState, desk: Desk, slot: number, change: SilenceChange): void {
  const level: LevelOrNone = state.silence.staleLevel;
  writeTransition(desk, {
    rule: silentRule(state),
    subject: { kind: 'point', id: state.points[state.pointOf[slot] as number] ?? '' },
    hazard: 'equipment',
    origin: originOfSlot(state, slot),
    from: change.raise ? 'none' : level,
    to: change.raise ? level : 'none',
    condition: change.condition,
    atMs: change.atMs,
    late: false,
    reason: change.reason,
    evidence: {
      sensorId: state.sensorIds[slot] ?? null,
      quantity: quantityOf(state, slot),
      measure: 'silence',
      windowMs: state.ints[slot * INTS + STALE_MS] as number,
      value: null,
      limit: null,
      limits: [],
      coverage: null,
    },
  });
}

export function writeGateway(
  state: EngineState,
  desk: Desk,
  edgeId: string,
  origin: Origin,
  change: SilenceChange,
): void {
  const level: LevelOrNone = state.silence.gatewayLostLevel;
  writeTransition(desk, {
    rule: gatewayRule(state),
    subject: { kind: 'edge', id: edgeId },
    hazard: 'equipment',
    origin,
    from: change.raise ? 'none' : level,
    to: change.raise ? level : 'none',
    condition: change.condition,
    atMs: change.atMs,
    late: false,
    reason: change.reason,
    evidence: {
      sensorId: null,
      quantity: null,
      measure: 'silence',
      windowMs: state.silence.gatewayLostAfterMs,
      value: null,
      limit: null,
      limits: [],
      coverage: null,
    },
  });
}

/** A silent sensor sent a value; only one of now ends the silence. */
export function sensorIsBack(state: EngineState, desk: Desk, slot: number, atMs: EpochMs): void {
  state.nextSilenceMs = 0;
  if (desk.receivedAtMs - atMs > (state.ints[slot * INTS + STALE_MS] as number)) return;
  state.ints[slot * INTS + SILENT] = 0;
  const reason = saySensorBack(state.sensorIds[slot] ?? '');
  writeSilent(state, desk, slot, { raise: false, condition: 'cleared', atMs, reason });
}

/** A condition stands while its data are away, and says so. */
export function loseBinding(state: EngineState, desk: Desk, binding: number, atMs: EpochMs, why: Text): void {
  const rank = rankOfBits(state.latch[binding] as number);
  if (rank === 0 || state.lost[binding] === 1) return;
  state.lost[binding] = 1;
  arm(state, binding);
  writeBindingChange(state, desk, binding, {
    from: rank,
    to: rank,
    condition: 'dataLost',
    atMs,
    late: false,
    value: null,
    limit: null,
    coverage: null,
    reason: sayDataLost(levelOfRank(rank), why),
  });
}

function loseData(state: EngineState, desk: Desk, slot: number, atMs: EpochMs, why: Text): void {
  const to = state.ints[slot * INTS + BIND_TO] as number;
  for (let binding = state.ints[slot * INTS + BIND_FROM] as number; binding < to; binding++)
    if (state.modelOf[binding] === -1) loseBinding(state, desk, binding, atMs, why);
  // A model loses its data with the last of its sensors; one that listens to absence loses nothing by it.
  for (const { open } of state.open.taps[slot] ?? [])
    if (open.model.ofAbsence !== true && open.slots.every((one) => isAway(state, one, atMs)))
      loseBinding(state, desk, open.binding, atMs, why);
}

function isAway(state: EngineState, slot: number, atMs: EpochMs): boolean {
  const s = slot * INTS;
  const lastAt = state.doubles[slot * DOUBLES + LAST_AT] as number;
  return (
    state.ints[s + SILENT] === 1 ||
    state.edges[state.edgeOf[slot] as number]?.state === 'lost' ||
    atMs - lastAt > (state.ints[s + STALE_MS] as number)
  );
}

function eachSlotOf(state: EngineState, edge: number, run: (slot: number) => void): number {
  let count = 0;
  for (let slot = 0; slot < state.edgeOf.length; slot++) {
    if (state.edgeOf[slot] !== edge) continue;
    count++;
    run(slot);
  }
  return count;
}

/** A gateway came or went. */
export function onEdge(state: EngineState, desk: Desk, edgeId: string, came: boolean): void {
  const index = state.edgeIds.indexOf(edgeId);
  const edge = state.edges[index];
  if (edge === undefined) return;
  if (came) edgeIsHere(state, desk, index, edge);
  if (came || edge.state === 'lost') return;
  edge.state = 'lost';
  edge.sinceMs = desk.receivedAtMs;
  state.nextSilenceMs = 0;
}

/** Also called by an edge's first batch. */
export function edgeIsHere(state: EngineState, desk: Desk, index: number, edge: EdgeState): void {
  if (edge.state === 'online') return;
  edge.state = 'online';
  edge.sinceMs = desk.receivedAtMs;
  state.nextSilenceMs = 0;
  eachSlotOf(state, index, (slot) => {
    state.allowFrom[slot] = desk.receivedAtMs;
  });
  if (!edge.raised) return;
  edge.raised = false;
  const edgeId = state.edgeIds[index] ?? '';
  const reason = sayGatewayBack(edgeId);
  writeGateway(state, desk, edgeId, edge.origin, {
    raise: false,
    condition: 'cleared',
    atMs: desk.receivedAtMs,
    reason,
  });
}

/** The centre's clock went by. */
export function onTick(state: EngineState, desk: Desk, atMs: EpochMs, upSinceMs: EpochMs): void {
  state.upSinceMs = upSinceMs;
  for (const [index, edge] of state.edges.entries()) judgeGateway(state, desk, index, edge, atMs);
  settleOutputs(state, desk, atMs);
  tickModels(state, desk, atMs);
  if (atMs < state.nextSilenceMs) return;
  let next = Number.MAX_SAFE_INTEGER;
  for (let slot = 0; slot < state.sensorIds.length; slot++) {
    const due = judgeSensor(state, desk, slot, atMs);
    if (due < next) next = due;
  }
  state.nextSilenceMs = next;
}

function judgeGateway(state: EngineState, desk: Desk, index: number, edge: EdgeState, atMs: EpochMs): void {
  if (edge.state === 'online' || edge.raised) return;
  const awayMs = atMs - Math.max(edge.sinceMs, state.upSinceMs);
  if (awayMs < state.silence.gatewayLostAfterMs) return;
  edge.raised = true;
  const edgeId = state.edgeIds[index] ?? '';
  const sensors = eachSlotOf(state, index, () => {});
  const reason = sayGatewayLost(edgeId, awayMs, sensors, edge.state === 'never');
  writeGateway(state, desk, edgeId, edge.origin, { raise: true, condition: 'active', atMs, reason });
  eachSlotOf(state, index, (slot) => loseData(state, desk, slot, atMs, reason));
  loseEdgeConditions(state, desk, edgeId, edge.origin, atMs);
}

/** Raises a sensor's silence when it is due; answers when to look again. */
function judgeSensor(state: EngineState, desk: Desk, slot: number, atMs: EpochMs): EpochMs {
  const edge = state.edges[state.edgeOf[slot] as number];
  if (edge === undefined || edge.state !== 'online') return Number.MAX_SAFE_INTEGER;
  const allowedMs = state.ints[slot * INTS + STALE_MS] as number;
  const lastAt = state.doubles[slot * DOUBLES + LAST_AT] as number;
  const allowFrom = state.allowFrom[slot] as number;
  const silent = state.ints[slot * INTS + SILENT] === 1;
  const dueMs = Math.max(lastAt, allowFrom, state.upSinceMs) + allowedMs;
  if (!silent && atMs <= dueMs) return dueMs;
  const never = lastAt === 0;
  const silentMs = atMs - (never ? Math.max(allowFrom, state.upSinceMs) : lastAt);
  const answering = atMs - (state.aliveAt[slot] as number) <= allowedMs;
  const reason = saySilent(state.sensorIds[slot] ?? '', silentMs, allowedMs, answering, never);
  if (!silent) {
    state.ints[slot * INTS + SILENT] = 1;
    writeSilent(state, desk, slot, { raise: true, condition: 'active', atMs, reason });
  }
  loseData(state, desk, slot, atMs, reason);
  return Number.MAX_SAFE_INTEGER;
}

/** The sensor left the inventory or its settings changed: its silence ends as a condition. */
export function closeSilent(state: EngineState, desk: Desk, slot: number): void {
  if (state.ints[slot * INTS + SILENT] !== 1) return;
  state.ints[slot * INTS + SILENT] = 0;
  const reason = saySettingGone(SENSOR_SILENT_TITLE);
  writeSilent(state, desk, slot, { raise: false, condition: 'closed', atMs: desk.receivedAtMs, reason });
}
