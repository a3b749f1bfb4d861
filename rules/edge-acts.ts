/**
 * What edges did by themselves goes into the record; an output that does not do what it is told is a fault of its own.
 * A fault that comes out of an outage's backlog is told a minute later, when nothing behind it has taken it back.
 */
import type { Origin } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';
import type { EdgeActNote, Evidence } from '#model/transition.ts';
import { type Desk, writeTransition } from './desk.ts';
import { type Act, type EdgeHearing, hearingOf, instantOf, isPast, type Speaker } from './edge-hearing.ts';
import type { EngineState } from './state.ts';
import { sayOutputFailed, sayOutputWorks } from './texts-edge.ts';

/** People on the spot rely on it: it must be seen to at once, and is less than the hazard itself. */
const OUTPUT_FAILED_LEVEL = 'orange';
const BACKLOG_SETTLES_MS = 60_000;
/** Outputs that an edge may have named: more than a box has relays. */
const MAX_OUTPUTS = 64;
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

export function hearAct(state: EngineState, desk: Desk, from: Speaker, act: Act): void {
  const hearing = hearingOf(state, from.edgeId);
  const late = isPast(hearing, from);
  const last = hearing.outputs[act.output];
  const pointId = act.pointId ?? last?.pointId ?? null;
  const atMs = instantOf(act.atMs, from, desk.receivedAtMs);
  desk.notes.push(noteOf(desk, from, { ...act, pointId, atMs }, late));
  const saysHowItIs = act.act === 'failed' || act.act === 'on' || act.act === 'off' || act.act === 'tested';
  if (!saysHowItIs || hearing.epoch !== from.epoch || from.place < (last?.place ?? 0)) return;
  if (last === undefined && Object.keys(hearing.outputs).length >= MAX_OUTPUTS) return;
  hearing.outputs[act.output] = {
    place: from.place,
    isFailed: act.act === 'failed',
    isTold: last?.isTold ?? false,
    toldAt: last?.toldAt ?? null,
    pointId,
    atMs,
    heardAtMs: desk.receivedAtMs,
    reason: act.reason,
  };
  if (!late) tell(hearing, desk, from, act.output);
}

/** The centre's clock went by: what a backlog said last of an output, and nothing took back, is so. */
export function settleOutputs(state: EngineState, desk: Desk, atMs: EpochMs): void {
  for (const [edgeId, hearing] of Object.entries(state.hearings)) {
    for (const [output, { isFailed, isTold, heardAtMs }] of Object.entries(hearing.outputs)) {
      if (isFailed === isTold || atMs - heardAtMs < BACKLOG_SETTLES_MS) continue;
      const origin = state.edges[state.edgeIds.indexOf(edgeId)]?.origin;
      if (origin !== undefined) tell(hearing, desk, { edgeId, origin }, output);
    }
  }
}

type Whose = { readonly edgeId: string; readonly origin: Origin };

function tell(hearing: EdgeHearing, desk: Desk, { edgeId, origin }: Whose, output: string): void {
  const last = hearing.outputs[output];
  if (last === undefined || last.isFailed === last.isTold) return;
  const { isFailed, atMs, reason } = last;
  const pointId = isFailed ? last.pointId : last.toldAt;
  writeTransition(desk, {
    rule: `output-failed@1-${output}`,
    subject: pointId === null ? { kind: 'edge', id: edgeId } : { kind: 'point', id: pointId },
    hazard: 'equipment',
    origin,
    from: isFailed ? 'none' : OUTPUT_FAILED_LEVEL,
    to: isFailed ? OUTPUT_FAILED_LEVEL : 'none',
    condition: isFailed ? 'active' : 'cleared',
    atMs,
    late: false,
    reason: isFailed ? sayOutputFailed(output, edgeId, reason) : sayOutputWorks(output, edgeId),
    evidence: NO_EVIDENCE,
    site: 'edge',
  });
  hearing.outputs[output] = { ...last, isTold: isFailed, toldAt: pointId };
}

function noteOf(desk: Desk, from: Speaker, act: Act, late: boolean): EdgeActNote {
  const place = `${desk.partition}:${desk.pos}:${desk.notes.length}`;
  return {
    kind: 'act',
    id: `act|${from.edgeId}|${act.output}|${place}`,
    edgeId: from.edgeId,
    pointId: act.pointId,
    output: act.output,
    act: act.act,
    level: act.level,
    origin: from.origin,
    atMs: act.atMs,
    decidedAtMs: desk.receivedAtMs,
    late,
    reason: act.reason,
    partition: desk.partition,
    pos: desk.pos,
  };
}
