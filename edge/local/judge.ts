/**
 * The engine at the edge: judges the edge's own batches, in order, and keeps what is active. Everything that it does
 * follows from the batches, its clock's ticks included, so that a snapshot and the batches behind it give the same again.
 */
import { openVerified } from '../../model/batch.ts';
import type { EdgeCondition } from '../../model/edge-event.ts';
import type { Origin, SensorId } from '../../model/reading.ts';
import type { CompiledRuleSet } from '../../model/rule-set.ts';
import type { EpochMs } from '../../model/time.ts';
import type { Transition } from '../../model/transition.ts';
import { createEngine, type Engine, restoreEngine } from '../../rules/engine.ts';
import { advance, retime, type Timeline } from './timeline.ts';

export type LocalJudge = {
  /** Judges one batch; what changed, in order. */
  readonly judge: (seq: number, body: string) => readonly EdgeCondition[];
  /** From here on this rule set judges; what vanished with the old one is closed. */
  readonly adopt: (ruleSet: CompiledRuleSet, afterSeq: number, nowMs: EpochMs) => readonly EdgeCondition[];
  /** Everything that stands, by `keyOf`. */
  readonly active: () => ReadonlyMap<string, EdgeCondition>;
  readonly ruleSetVersion: () => string;
  readonly snapshot: () => Uint8Array;
};

type Place = Pick<EdgeCondition, 'rule' | 'pointId' | 'hazard'> & { readonly sensorId: SensorId | null };

/** One rule at one sensor. */
export const keyOf = ({ rule, pointId, hazard, sensorId }: Place): string =>
  [rule, pointId, hazard, sensorId ?? '-'].join('|');
const keyOfCondition = (condition: EdgeCondition): string =>
  keyOf({ ...condition, sensorId: condition.evidence.sensorId });

/** Written by this version; another one is refused and the batches that are there are judged anew. */
const FORMAT = 1;
const PARTITION = 0;

type Head = {
  readonly format: number;
  readonly timeline: Timeline | null;
  readonly tickMs: number;
  readonly tickedAtMs: EpochMs;
  readonly origin: Origin;
  readonly active: readonly EdgeCondition[];
};

/** Silence and gateways are the centre's to judge; a condition whose data stopped is told here as well. */
function conditionOf(transition: Transition, shiftMs: number): EdgeCondition | undefined {
  const { rule, subject, hazard, from, to, condition, late, reason, evidence } = transition;
  if (subject.kind !== 'point' || evidence.measure === 'silence') return undefined;
  const atMs = Math.round(transition.atMs - shiftMs);
  return { rule, pointId: subject.id, hazard, from, to, condition, atMs, late, reason, evidence };
}

/** A late finding is about the past: it changes nothing that stands. */
function keep(active: Map<string, EdgeCondition>, condition: EdgeCondition): void {
  if (condition.late) return;
  const isOver = condition.to === 'none' || condition.condition === 'cleared' || condition.condition === 'closed';
  if (isOver) active.delete(keyOfCondition(condition));
  else active.set(keyOfCondition(condition), condition);
}

/** Goes on from a snapshot; undefined when that was written by another version. */
export function restoreJudge(edgeId: string, snapshot: Uint8Array): LocalJudge | undefined {
  if (snapshot.length < 4) return undefined;
  const length = new DataView(snapshot.buffer, snapshot.byteOffset).getUint32(0, true);
  if (snapshot.length < 4 + length) return undefined;
  const head = JSON.parse(new TextDecoder().decode(snapshot.subarray(4, 4 + length))) as Head;
  if (head.format !== FORMAT) return undefined;
  const engine = restoreEngine(PARTITION, snapshot.subarray(4 + length), 'edge');
  return engine === undefined ? undefined : judgeWith(edgeId, engine, head);
}

export const createJudge = (edgeId: string): LocalJudge =>
  judgeWith(edgeId, createEngine(PARTITION, 'edge'), {
    ...{ format: FORMAT, timeline: null, tickMs: 0, tickedAtMs: 0, origin: 'live', active: [] },
  });

function judgeWith(edgeId: string, engine: Engine, head: Head): LocalJudge {
  const active = new Map(head.active.map((condition) => [keyOfCondition(condition), condition]));
  let { tickMs, tickedAtMs, origin } = head;
  let timeline = head.timeline ?? undefined;

  const told = (transitions: readonly Transition[], shiftMs: number): readonly EdgeCondition[] => {
    const conditions = transitions.flatMap((transition) => conditionOf(transition, shiftMs) ?? []);
    for (const condition of conditions) keep(active, condition);
    return conditions;
  };
  const tick = (seq: number, line: Timeline): readonly Transition[] => {
    if (tickMs === 0 || line.lastMs - tickedAtMs < tickMs) return [];
    tickedAtMs = line.lastMs;
    const at = { partition: PARTITION, pos: seq, receivedAtMs: line.lastMs };
    return engine.apply({ ...at, kind: 'tick', atMs: line.lastMs, centreUpSinceMs: line.upSinceMs });
  };

  return {
    judge: (seq, body) => {
      const batch = openVerified(body);
      // A batch of events says nothing about the world outside.
      if (batch.ids.length === 0) return [];
      const line = advance(timeline, batch);
      timeline = line;
      const row = { partition: PARTITION, pos: seq, receivedAtMs: line.lastMs, edgeId, epoch: '-', seq, origin };
      const changes = engine.apply({ ...row, kind: 'batch', body: retime(body, line.shiftMs) });
      return told([...changes, ...tick(seq, line)], line.shiftMs);
    },
    adopt: (ruleSet, afterSeq, nowMs) => {
      tickMs = ruleSet.tickMs;
      origin = ruleSet.inventory[0]?.origin ?? 'live';
      const shiftMs = timeline?.shiftMs ?? 0;
      const receivedAtMs = Math.max(nowMs + shiftMs, timeline?.lastMs ?? 0);
      return told(
        engine.apply({ partition: PARTITION, pos: afterSeq, receivedAtMs, kind: 'rules', ruleSet }),
        receivedAtMs - nowMs,
      );
    },
    active: () => active,
    ruleSetVersion: () => engine.ruleSetVersion(),
    snapshot: () => {
      const now: Head = {
        ...{ format: FORMAT, timeline: timeline ?? null, tickMs, tickedAtMs, origin },
        active: [...active.values()],
      };
      const text = new TextEncoder().encode(JSON.stringify(now));
      const state = engine.snapshot();
      const out = new Uint8Array(4 + text.length + state.length);
      new DataView(out.buffer).setUint32(0, text.length, true);
      out.set(text, 4);
      out.set(state, 4 + text.length);
      return out;
    },
  };
}
