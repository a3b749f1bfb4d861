/** Data of one origin never count for another: a sensor whose origin changes begins anew, so that no drill raises a live alert. */
import type { Desk } from './desk.ts';
import { closeEdgeConditions } from './edge-conditions.ts';
import { arm } from './latch.ts';
import { endDoubt } from './models/bound-model.ts';
import { closeSilent, writeGateway } from './silence.ts';
import {
  BIND,
  BIND_FROM,
  BIND_TO,
  COVER,
  DOUBLES,
  type EdgeState,
  type EngineState,
  HEAD,
  HEAD_CELL,
  HEAD_POS,
  INTS,
  LAST_AT,
  LATE,
  LEVEL_COUNT,
  ORIGIN,
  originOf,
  RING,
  SLOPE_STRIDE,
  SUM,
} from './state.ts';
import { closeBinding } from './switch.ts';
import { sayOriginChanged } from './texts.ts';

export function changeOrigin(state: EngineState, desk: Desk, slot: number, origin: number): void {
  const s = slot * INTS;
  const reason = sayOriginChanged(originOf(state.ints[s + ORIGIN] as number), originOf(origin));
  closeSilent(state, desk, slot);
  const to = state.ints[s + BIND_TO] as number;
  for (let binding = state.ints[s + BIND_FROM] as number; binding < to; binding++) {
    closeBinding(state, desk, binding, reason);
    clearBinding(state, binding);
  }
  const ring = state.ints[s + RING] as number;
  if (ring >= 0) state.ring.fill(0, ring, ring + state.ringLength);
  state.ints[s + HEAD] = 0;
  state.ints[s + HEAD_POS] = 0;
  state.ints[s + HEAD_CELL] = 0;
  endDoubt(state, desk, slot, reason);
  state.ints[s + ORIGIN] = origin;
  state.doubles[slot * DOUBLES + LAST_AT] = 0;
  state.doubtUntil[slot] = 0;
  // A model that looks at this sensor has seen data of the old origin: it begins anew too.
  for (const { open } of state.open.taps[slot] ?? []) {
    if (open.slots[0] !== slot) closeBinding(state, desk, open.binding, reason);
    clearBinding(state, open.binding);
  }
  state.allowFrom[slot] = desk.receivedAtMs;
  state.nextSilenceMs = 0;
}

/** A loss that was told under one origin ends under it; if it goes on it is told anew. */
export function changeEdgeOrigin(
  state: EngineState,
  desk: Desk,
  index: number,
  edge: EdgeState,
  origin: EdgeState['origin'],
): void {
  if (edge.raised) {
    edge.raised = false;
    const reason = sayOriginChanged(edge.origin, origin);
    const change = { raise: false, condition: 'closed', atMs: desk.receivedAtMs, reason } as const;
    writeGateway(state, desk, state.edgeIds[index] ?? '', edge.origin, change);
  }
  const edgeId = state.edgeIds[index] ?? '';
  closeEdgeConditions(state, desk, edgeId, edge.origin, sayOriginChanged(edge.origin, origin));
  edge.origin = origin;
}

function clearBinding(state: EngineState, binding: number): void {
  state.latch[binding] = 0;
  state.lost[binding] = 0;
  state.since.fill(0, binding * LEVEL_COUNT, (binding + 1) * LEVEL_COUNT);
  state.late.fill(0, binding * LATE, (binding + 1) * LATE);
  state.hot[binding * BIND + SUM] = 0;
  state.hot[binding * BIND + COVER] = 0;
  const slope = state.slopeOf[binding] as number;
  if (slope >= 0) state.slopes.fill(0, slope * SLOPE_STRIDE, (slope + 1) * SLOPE_STRIDE);
  const open = state.open.places[state.modelOf[binding] as number];
  open?.place.memory.fill(0);
  if (open !== undefined) state.lastFigure[open.index] = Number.NaN;
  arm(state, binding);
}
