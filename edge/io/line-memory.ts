/** What is known of one line across its re-openings: answers that units still owe, and whether it echoes. */
import type { Request } from '../modbus/frame.ts';

const LONGEST_GUARD_MS = 10_000;

export type LineMemory = {
  /** The last request of each unit whose answer may still come, and until when. */
  readonly owed: Map<number, { readonly request: Request; readonly untilMs: number }>;
  /** Undefined until a read has shown it. */
  echoes: boolean | undefined;
  /** Beyond a unit's own longest time, its answer is waited out for so long. */
  guardMs: number;
  /** Set at the first opening. */
  wasOpen: boolean;
};

export const freshLineMemory = (slowestUnitMs: number): LineMemory => ({
  owed: new Map(),
  echoes: undefined,
  guardMs: slowestUnitMs,
  wasOpen: false,
});

/** An answer came later than was allowed for: the units are slower than their profiles say. */
export function widenGuard(memory: LineMemory): void {
  memory.guardMs = Math.min(Math.max(memory.guardMs, 1) * 2, LONGEST_GUARD_MS);
}

/** Requests whose answers may still come; the others are forgotten. */
export function stillOwed(memory: LineMemory, nowMs: number): ReadonlyMap<number, Request> {
  for (const [unitId, { untilMs }] of memory.owed) if (untilMs <= nowMs) memory.owed.delete(unitId);
  return new Map([...memory.owed].map(([unitId, { request }]) => [unitId, request]));
}
