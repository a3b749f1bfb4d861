/**
 * Takes over what an edge judged by itself while nobody heard it. Its conditions are kept beside the centre's own, never
 * mixed with them: an edge's clear clears only the edge's. What is still active when it is heard again is raised now;
 * what lay before its statement is a late finding and calls nobody (docs/decisions/edge-conditions.md).
 */
import type { EdgeCondition, EdgeEvent } from '#model/edge-event.ts';
import type { LevelOrNone } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type { PointId } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { EdgeActNote, Evidence } from '#model/transition.ts';
import { type Desk, writeTransition } from './desk.ts';
import type { EngineState } from './state.ts';
import {
  sayEdgeCleared,
  sayEdgeHeard,
  sayEdgeLost,
  sayEdgeSubjectGone,
  sayOutputFailed,
  sayOutputWorks,
} from './texts-edge.ts';

/** A condition that stands at an edge, as the centre last heard of it. */
export type EdgeHeld = { readonly condition: EdgeCondition; readonly lost: boolean };

/** What the centre has heard of one edge's own judgement. */
export type EdgeHearing = {
  /** Instant of the newest statement; what lay before it is late. */
  statementAtMs: EpochMs;
  /** When the newest change of each condition was, by its key; also of those that are over. */
  changedAtMs: { [key: string]: EpochMs };
  held: { [key: string]: EdgeHeld };
  /** Outputs that did not do what they were to. */
  failed: { [output: string]: PointId | null };
};

/** People on the spot rely on it: it must be seen to at once, and is less than the hazard itself. */
const OUTPUT_FAILED_LEVEL = 'orange';
const NO_EVIDENCE: Evidence = {
  sensorId: null,
  quantity: null,
  measure: 'silence',
  windowMs: null,
  value: null,
  limit: null,
  limits: [],
  coverage: null,
};

/** Conditions that an edge may have had: more than an edge has rules and sensors. */
const MAX_KEYS = 2_000;

const keyOf = (condition: EdgeCondition): string =>
  `${condition.rule}|${condition.pointId}|${condition.hazard}|${condition.evidence.sensorId ?? '-'}`;

const stands = (condition: EdgeCondition): boolean =>
  condition.to !== 'none' && (condition.condition === 'active' || condition.condition === 'dataLost');

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

function hearingOf(state: EngineState, edgeId: string): EdgeHearing {
  let hearing = state.hearings[edgeId];
  if (hearing === undefined) {
    hearing = { statementAtMs: 0, changedAtMs: {}, held: {}, failed: {} };
    state.hearings[edgeId] = hearing;
  }
  return hearing;
}

function note(hearing: EdgeHearing, key: string, atMs: EpochMs, held: EdgeHeld | undefined): void {
  if (held === undefined) delete hearing.held[key];
  else hearing.held[key] = held;
  hearing.changedAtMs[key] = atMs;
  const keys = Object.keys(hearing.changedAtMs);
  if (keys.length <= MAX_KEYS) return;
  const oldest = keys
    .filter((one) => hearing.held[one] === undefined)
    .sort((a, b) => (hearing.changedAtMs[a] ?? 0) - (hearing.changedAtMs[b] ?? 0))[0];
  if (oldest !== undefined) delete hearing.changedAtMs[oldest];
}

/** One change that an edge decided; `atMs` is its instant by the centre's dating. */
function hearCondition(state: EngineState, desk: Desk, from: Speaker, condition: EdgeCondition, atMs: EpochMs): void {
  if (condition.evidence.measure === 'silence') return;
  if (!speaksFor(state, from.edgeId, condition)) {
    state.counters.foreign++;
    return;
  }
  const hearing = hearingOf(state, from.edgeId);
  const key = keyOf(condition);
  const held = hearing.held[key];
  const isPast = condition.late || atMs <= hearing.statementAtMs || atMs < (hearing.changedAtMs[key] ?? 0);
  const change = { from: condition.from, to: condition.to, is: condition.condition, atMs, reason: condition.reason };
  if (isPast) {
    // A clear of the past is no finding: what it cleared was none either.
    if (stands(condition)) write(desk, from.origin, condition, { ...change, late: true });
    return;
  }
  if (!stands(condition) && held === undefined) {
    note(hearing, key, atMs, undefined);
    return;
  }
  write(desk, from.origin, condition, { ...change, from: levelHeld(held), late: false });
  note(hearing, key, atMs, stands(condition) ? { condition, lost: condition.condition === 'dataLost' } : undefined);
}

type Speaker = { readonly edgeId: string; readonly origin: Origin };

/** All that is active at an edge now: what is new is raised, what is not there any more is over. */
function hearStatement(
  state: EngineState,
  desk: Desk,
  from: Speaker,
  active: readonly EdgeCondition[],
  atMs: EpochMs,
  shiftMs: number,
): void {
  const hearing = hearingOf(state, from.edgeId);
  if (atMs <= hearing.statementAtMs) return;
  hearing.statementAtMs = atMs;
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
    const sinceMs = condition.atMs + shiftMs;
    if (!isKnown)
      write(desk, from.origin, condition, {
        from: levelHeld(held),
        to: condition.to,
        is: condition.condition,
        atMs: sinceMs,
        late: false,
        reason: sayEdgeHeard(condition.reason, from.edgeId, Math.max(0, desk.receivedAtMs - sinceMs)),
      });
    note(hearing, key, atMs, { condition, lost: condition.condition === 'dataLost' });
  }
  for (const [key, held] of Object.entries(hearing.held)) {
    if (named.has(key)) continue;
    const { condition } = held;
    const over = { from: condition.to, to: 'none', is: 'cleared', atMs, late: false } as const;
    write(desk, from.origin, condition, { ...over, reason: sayEdgeCleared(from.edgeId) });
    note(hearing, key, atMs, undefined);
  }
}

/** The events of one batch; `shiftMs` is what the dating of the batch adds to the edge's own clock. */
export function hearEdge(
  state: EngineState,
  desk: Desk,
  from: Speaker,
  events: readonly EdgeEvent[],
  shiftMs: number,
): void {
  for (const event of events) {
    switch (event.kind) {
      case 'condition':
        hearCondition(state, desk, from, event.condition, event.condition.atMs + shiftMs);
        break;
      case 'conditions':
        hearStatement(state, desk, from, event.active, event.atMs + shiftMs, shiftMs);
        break;
      case 'act':
        hearAct(state, desk, from, event, event.atMs + shiftMs);
        break;
      default:
        break;
    }
  }
}

type Act = Extract<EdgeEvent, { kind: 'act' }>;

/** A siren that does not sound is a fault of its own, until it does what it is told. */
function hearAct(state: EngineState, desk: Desk, from: Speaker, act: Act, atMs: EpochMs): void {
  const hearing = hearingOf(state, from.edgeId);
  const note = actNote(state, desk, from, act, atMs);
  desk.acts.push(note);
  if (note.late) return;
  const isFailed = Object.hasOwn(hearing.failed, act.output);
  if ((act.act === 'failed') === isFailed) return;
  if (act.act !== 'failed' && act.act !== 'on' && act.act !== 'off' && act.act !== 'tested') return;
  const pointId = isFailed ? (hearing.failed[act.output] ?? null) : act.pointId;
  writeTransition(desk, {
    rule: `output-failed@1-${act.output}`,
    subject: pointId === null ? { kind: 'edge', id: from.edgeId } : { kind: 'point', id: pointId },
    hazard: 'equipment',
    origin: from.origin,
    from: isFailed ? OUTPUT_FAILED_LEVEL : 'none',
    to: isFailed ? 'none' : OUTPUT_FAILED_LEVEL,
    condition: isFailed ? 'cleared' : 'active',
    atMs,
    late: false,
    reason: isFailed ? sayOutputWorks(act.output, from.edgeId) : sayOutputFailed(act.output, from.edgeId, act.reason),
    evidence: NO_EVIDENCE,
    site: 'edge',
  });
  if (isFailed) delete hearing.failed[act.output];
  else hearing.failed[act.output] = act.pointId;
}

function actNote(state: EngineState, desk: Desk, from: Speaker, act: Act, atMs: EpochMs): EdgeActNote {
  const place = `${desk.partition}:${desk.pos}:${desk.acts.length}`;
  return {
    kind: 'act',
    id: `act|${from.edgeId}|${act.output}|${place}`,
    edgeId: from.edgeId,
    pointId: act.pointId,
    output: act.output,
    act: act.act,
    level: act.level,
    origin: from.origin,
    atMs,
    decidedAtMs: desk.receivedAtMs,
    late: atMs <= (state.hearings[from.edgeId]?.statementAtMs ?? 0),
    reason: act.reason,
    partition: desk.partition,
    pos: desk.pos,
  };
}

/** The gateway is lost: what it judged stands, and nobody knows how it goes on. */
export function loseEdgeConditions(
  state: EngineState,
  desk: Desk,
  edgeId: string,
  origin: Origin,
  atMs: EpochMs,
): void {
  const hearing = state.hearings[edgeId];
  if (hearing === undefined) return;
  for (const [key, { condition, lost }] of Object.entries(hearing.held)) {
    if (lost) continue;
    const level = condition.to;
    const change = { from: level, to: level, is: 'dataLost', atMs, late: false } as const;
    write(desk, origin, condition, { ...change, reason: sayEdgeLost(level, edgeId) });
    hearing.held[key] = { condition, lost: true };
  }
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
    note(hearing, key, atMs, undefined);
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
