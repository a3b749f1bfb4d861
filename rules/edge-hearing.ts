/**
 * What the centre remembers of an edge's own judgement, and in which order it takes what it hears. The order is that of
 * the edge's outbox, never that of a clock: a box whose clock was wrong, set back or never set is heard all the same.
 */
import type { EdgeCondition, EdgeEvent } from '#model/edge-event.ts';
import type { Origin } from '#model/reading.ts';
import type { PointId } from '#model/registry.ts';
import type { SeqRange } from '#model/seen.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { EngineState } from './state.ts';

/** A condition that stands at an edge, as the centre last heard of it. */
export type EdgeHeld = { readonly condition: EdgeCondition; readonly lost: boolean };

/** An output's last word on whether it does what it is told. */
export type EdgeOutput = {
  readonly place: number;
  readonly isFailed: boolean;
  /** What people were told of it; behind `isFailed` while more of the same outage may come. */
  readonly isTold: boolean;
  /** Where it was told as failed: there it works again. */
  readonly toldAt: PointId | null;
  /** The point that it sounded for last; what switches it off names none. */
  readonly pointId: PointId | null;
  readonly atMs: EpochMs;
  readonly heardAtMs: EpochMs;
  readonly reason: Text;
};

export type EdgeHearing = {
  /** The outbox that is heard now; places count within it. Empty before the first word. */
  epoch: string;
  /** Outboxes before it, oldest first: what comes out of them yet is past. */
  formerEpochs: readonly string[];
  /** Where the newest statement stood; what stood before it is late. */
  statementPlace: number;
  /** Where the newest change of each condition stood, by its key; also of those that are over. */
  changedPlace: { [key: string]: number };
  held: { [key: string]: EdgeHeld };
  outputs: { [output: string]: EdgeOutput };
};

/** Conditions that an edge may have had: more than an edge has rules and sensors. */
const MAX_KEYS = 2_000;
/** Cards that were changed and put back; one that was changed longer ago is taken for a new one. */
const MAX_FORMER = 8;

/** What came with a row: who speaks, where it stands in his outbox, and what his clock's dating adds. */
export type Speaker = {
  readonly edgeId: string;
  readonly origin: Origin;
  readonly epoch: string;
  /** The batch's number; an aggregate stands where the last of those stood that it replaces. */
  readonly place: number;
  /** What the dating of the batch adds to the edge's own clock. */
  readonly shiftMs: number;
};

export const placeOf = (seq: number, replaces: readonly SeqRange[]): number => replaces.at(-1)?.[1] ?? seq;

export const keyOf = (condition: EdgeCondition): string =>
  `${condition.rule}|${condition.pointId}|${condition.hazard}|${condition.evidence.sensorId ?? '-'}`;

export function hearingOf(state: EngineState, edgeId: string): EdgeHearing {
  let hearing = state.hearings[edgeId];
  if (hearing === undefined) {
    hearing = { epoch: '', formerEpochs: [], statementPlace: 0, changedPlace: {}, held: {}, outputs: {} };
    state.hearings[edgeId] = hearing;
  }
  return hearing;
}

/** Whether the edge speaks out of another outbox than before, which it then does from here on. */
export function turnEpoch(hearing: EdgeHearing, epoch: string): boolean {
  if (hearing.epoch === epoch || hearing.formerEpochs.includes(epoch)) return false;
  const isFirst = hearing.epoch === '';
  if (!isFirst) hearing.formerEpochs = [...hearing.formerEpochs, hearing.epoch].slice(-MAX_FORMER);
  hearing.epoch = epoch;
  hearing.statementPlace = 0;
  hearing.changedPlace = {};
  for (const [output, last] of Object.entries(hearing.outputs)) hearing.outputs[output] = { ...last, place: 0 };
  return !isFirst;
}

/** What stood before the statement, or in an outbox that is no more, is past: it is recorded and tells nobody. */
export const isPast = (hearing: EdgeHearing, { epoch, place }: Speaker): boolean =>
  hearing.epoch !== epoch || place < hearing.statementPlace;

/** Keeps what a condition is now, undefined when it is over. */
export function keep(hearing: EdgeHearing, key: string, place: number, held: EdgeHeld | undefined): void {
  if (held === undefined) delete hearing.held[key];
  else hearing.held[key] = held;
  hearing.changedPlace[key] = place;
  const keys = Object.keys(hearing.changedPlace);
  if (keys.length <= MAX_KEYS) return;
  const oldest = keys
    .filter((one) => hearing.held[one] === undefined)
    .sort((a, b) => (hearing.changedPlace[a] ?? 0) - (hearing.changedPlace[b] ?? 0))[0];
  if (oldest !== undefined) delete hearing.changedPlace[oldest];
}

/** Instants of a clock that runs ahead are those of the receipt: nothing was decided after it was heard. */
export const instantOf = (atMs: EpochMs, { shiftMs }: Speaker, receivedAtMs: EpochMs): EpochMs =>
  Math.min(atMs + shiftMs, receivedAtMs);

export type Act = Extract<EdgeEvent, { kind: 'act' }>;
