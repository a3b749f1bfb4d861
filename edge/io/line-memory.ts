/** What is known of one line across its re-openings: answers that units still owe, and whether it echoes. */
import type { Request } from '../modbus/frame.ts';

const LONGEST_GUARD_MS = 10_000;
/** Noise from nobody knows where widens the guard to that many times what the profiles say, no more. */
const MOST_BY_NOISE = 4;
/** After so many answers in time the guard narrows again. */
const CALM_ANSWERS = 500;

type Owed = { readonly request: Request; readonly sentMs: number; readonly ceilingMs: number };

export type LineMemory = {
  /** The last request of each unit that was not answered in time; what comes from the unit is taken for its answer. */
  readonly owed: Map<number, Owed>;
  /** Undefined until a read has shown it. */
  echoes: boolean | undefined;
  /** Beyond a unit's own longest time, its answer is waited out for so long. */
  guardMs: number;
  readonly leastGuardMs: number;
  calmAnswers: number;
  /** Set at the first opening. */
  wasOpen: boolean;
};

export const freshLineMemory = (slowestUnitMs: number): LineMemory => ({
  owed: new Map(),
  echoes: undefined,
  guardMs: slowestUnitMs,
  leastGuardMs: slowestUnitMs,
  calmAnswers: 0,
  wasOpen: false,
});

/** Until when an answer of this unit may come. */
export function owedUntilMs(memory: LineMemory, unitId: number): number {
  const owed = memory.owed.get(unitId);
  return owed === undefined ? 0 : owed.sentMs + owed.ceilingMs + memory.guardMs;
}

export const isAnythingOwed = (memory: LineMemory, nowMs: number): boolean =>
  [...memory.owed.keys()].some((unitId) => owedUntilMs(memory, unitId) > nowMs);

export const owedRequests = (memory: LineMemory): ReadonlyMap<number, Request> =>
  new Map([...memory.owed].map(([unitId, { request }]) => [unitId, request]));

/** A late answer has come: one that came later than was allowed for teaches how long to wait. */
export function settleDebt(memory: LineMemory, unitId: number, nowMs: number): void {
  const owed = memory.owed.get(unitId);
  memory.owed.delete(unitId);
  if (owed === undefined) return;
  const neededMs = (nowMs - owed.sentMs - owed.ceilingMs) * 1.25;
  if (neededMs <= memory.guardMs) return;
  memory.guardMs = Math.min(neededMs, LONGEST_GUARD_MS);
  memory.calmAnswers = 0;
}

/** Bytes that belong to nobody: perhaps an answer that came even later than its successor. */
export function noteNoise(memory: LineMemory): void {
  const most = Math.max(memory.guardMs, Math.min(memory.leastGuardMs * MOST_BY_NOISE, LONGEST_GUARD_MS));
  memory.guardMs = Math.min(Math.max(memory.guardMs, 1) * 2, most);
  memory.calmAnswers = 0;
}

export function noteAnswer(memory: LineMemory): void {
  memory.calmAnswers++;
  if (memory.calmAnswers < CALM_ANSWERS) return;
  memory.calmAnswers = 0;
  memory.guardMs = Math.max(memory.leastGuardMs, memory.guardMs / 2);
}
