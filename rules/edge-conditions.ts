/**
 * Takes over what an edge judged by itself while nobody heard it. Its conditions are kept beside the centre's own, never
 * mixed with them: an edge's clear clears only the edge's. What is still active when it is heard again is raised now;
 * what lay before its statement is a late finding and calls nobody (docs/decisions/edge-conditions.md).
 */
import type { EdgeCondition, EdgeEvent } from '#model/edge-event.ts';
import type { LevelOrNone } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import { type Desk, writeTransition } from './desk.ts';
import { hearAct } from './edge-acts.ts';
import { type EdgeHeld, hearingOf, instantOf, isPast, keep, keyOf, type Speaker, turnEpoch } from './edge-hearing.ts';
import type { EngineState } from './state.ts';
import { sayEdgeCleared, sayEdgeForgot, sayEdgeHeard, sayEdgeLost, sayEdgeSubjectGone } from './texts-edge.ts';

const stands = (condition: EdgeCondition): boolean =>
  condition.to !== 'none' && (condition.condition === 'active' || condition.condition === 'dataLost');

const heldOf = (condition: EdgeCondition): EdgeHeld => ({ condition, lost: condition.condition === 'dataLost' });

/** An edge speaks for its own sensors' points only. */
function speaksFor(state: EngineState, edgeId: string, condition: EdgeCondition): boolean {
  const edge = state.edgeIds.indexOf(edgeId);
  if (edge < 0) return false;
  const { sensorId } = condition.evidence;
  if (sensorId === null)
    return state.pointOf.some(
      (point, slot) => state.edgeOf[slot] === edge && state.points[point] === condition.pointId,
    );
  const slot = state.slotOf.get(sensorId);
  return (
    slot !== undefined &&
    state.edgeOf[slot] === edge &&
    state.points[state.pointOf[slot] as number] === condition.pointId
  );
}

type Change = {
  readonly from: LevelOrNone;
  readonly to: LevelOrNone;
  readonly is: EdgeCondition['condition'];
  readonly atMs: EpochMs;
  readonly late: boolean;
  readonly reason: Text;
};

function write(desk: Desk, origin: Origin, condition: EdgeCondition, change: Change): void {
  writeTransition(desk, {
    rule: condition.rule,
    subject: { kind: 'point', id: condition.pointId },
    hazard: condition.hazard,
    origin,
    from: change.from,
    to: change.to,
    condition: change.is,
    atMs: change.atMs,
    late: change.late,
    reason: change.reason,
    evidence: condition.evidence,
    site: 'edge',
  });
}

const levelHeld = (held: EdgeHeld | undefined): LevelOrNone => held?.condition.to ?? 'none';

/** One change that an edge decided. */
function hearCondition(state: EngineState, desk: Desk, from: Speaker, condition: EdgeCondition): void {
  if (condition.evidence.measure === 'silence') return;
  if (!speaksFor(state, from.edgeId, condition)) {
    state.counters.foreign++;
    return;
  }
  const hearing = hearingOf(state, from.edgeId);
  const key = keyOf(condition);
  const held = hearing.held[key];
  const atMs = instantOf(condition.atMs, from, desk.receivedAtMs);
  const change = { from: condition.from, to: condition.to, is: condition.condition, atMs, reason: condition.reason };
  if (condition.late || isPast(hearing, from) || from.place < (hearing.changedPlace[key] ?? 0)) {
    // A clear of the past is no finding: what it cleared was none either.
    if (stands(condition)) write(desk, from.origin, condition, { ...change, late: true });
    return;
  }
  if (stands(condition) || held !== undefined)
    write(desk, from.origin, condition, { ...change, from: levelHeld(held), late: false });
  keep(hearing, key, from.place, stands(condition) ? heldOf(condition) : undefined);
}

/** All that is active at an edge now: what is new is raised, what is not there any more is over. */
function hearStatement(
  state: EngineState,
  desk: Desk,
  from: Speaker,
  { active, ...said }: Extract<EdgeEvent, { kind: 'conditions' }>,
): void {
  const hearing = hearingOf(state, from.edgeId);
  if (isPast(hearing, from)) return;
  hearing.statementPlace = from.place;
  const atMs = instantOf(said.atMs, from, desk.receivedAtMs);
  const named = new Set<string>();
  for (const condition of active) {
    if (condition.evidence.measure === 'silence' || !stands(condition)) continue;
    if (!speaksFor(state, from.edgeId, condition)) {
      state.counters.foreign++;
      continue;
    }
    const key = keyOf(condition);
    named.add(key);
    const held = hearing.held[key];
    const isKnown = held !== undefined && !held.lost && held.condition.to === condition.to;
    const sinceMs = instantOf(condition.atMs, from, desk.receivedAtMs);
    if (!isKnown)
      write(desk, from.origin, condition, {
        from: levelHeld(held),
        to: condition.to,
        is: condition.condition,
        atMs: sinceMs,
        late: false,
        reason: sayEdgeHeard(condition.reason, from.edgeId, desk.receivedAtMs - sinceMs),
      });
    keep(hearing, key, from.place, heldOf(condition));
  }
  for (const [key, held] of Object.entries(hearing.held)) {
    if (named.has(key)) continue;
    const { condition } = held;
    const over = { from: condition.to, to: 'none', is: 'cleared', atMs, late: false } as const;
    write(desk, from.origin, condition, { ...over, reason: sayEdgeCleared(from.edgeId) });
    keep(hearing, key, from.place, undefined);
  }
}

/** A batch of an edge came, with events or without. */
export function hearEdge(state: EngineState, desk: Desk, from: Speaker, events: readonly EdgeEvent[]): void {
  if (events.length === 0 && state.hearings[from.edgeId] === undefined) return;
  const hearing = hearingOf(state, from.edgeId);
  if (turnEpoch(hearing, from.epoch))
    doubtHeld(state, desk, from, desk.receivedAtMs, (level) => sayEdgeForgot(level, from.edgeId));
  for (const event of events) {
    switch (event.kind) {
      case 'condition':
        hearCondition(state, desk, from, event.condition);
        break;
      case 'conditions':
        hearStatement(state, desk, from, event);
        break;
      case 'act':
        hearAct(state, desk, from, event);
        break;
      default:
        break;
    }
  }
}

/** What an edge judged stands, and nobody knows how it goes on. */
function doubtHeld(
  state: EngineState,
  desk: Desk,
  { edgeId, origin }: Pick<Speaker, 'edgeId' | 'origin'>,
  atMs: EpochMs,
  say: (level: LevelOrNone) => Text,
): void {
  const hearing = state.hearings[edgeId];
  if (hearing === undefined) return;
  for (const [key, { condition, lost }] of Object.entries(hearing.held)) {
    if (lost) continue;
    const level = condition.to;
    const change = { from: level, to: level, is: 'dataLost', atMs, late: false } as const;
    write(desk, origin, condition, { ...change, reason: say(level) });
    hearing.held[key] = { condition, lost: true };
  }
}

/** The gateway is lost. */
export function loseEdgeConditions(
  state: EngineState,
  desk: Desk,
  edgeId: string,
  origin: Origin,
  atMs: EpochMs,
): void {
  doubtHeld(state, desk, { edgeId, origin }, atMs, (level) => sayEdgeLost(level, edgeId));
}

/** Ends what an edge holds under an origin that is not its own any more. */
export function closeEdgeConditions(
  state: EngineState,
  desk: Desk,
  edgeId: string,
  origin: Origin,
  reason: Text,
  which: (condition: EdgeCondition) => boolean = () => true,
): void {
  const hearing = state.hearings[edgeId];
  if (hearing === undefined) return;
  for (const [key, { condition }] of Object.entries(hearing.held)) {
    if (!which(condition)) continue;
    const atMs = desk.receivedAtMs;
    write(desk, origin, condition, { from: condition.to, to: 'none', is: 'closed', atMs, late: false, reason });
    keep(hearing, key, hearing.changedPlace[key] ?? 0, undefined);
  }
}

/** After a switch of the rule set: what no edge may speak for any more is closed. */
export function carryHearings(old: EngineState, state: EngineState, desk: Desk): void {
  state.hearings = old.hearings;
  for (const edgeId of Object.keys(state.hearings)) {
    const origin = old.edges[old.edgeIds.indexOf(edgeId)]?.origin ?? 'live';
    const isForeign = (condition: EdgeCondition) => !speaksFor(state, edgeId, condition);
    closeEdgeConditions(state, desk, edgeId, origin, sayEdgeSubjectGone(edgeId), isForeign);
    if (!state.edgeIds.includes(edgeId)) delete state.hearings[edgeId];
  }
}
