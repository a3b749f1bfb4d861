/** What can go wrong on a simulated line, by name and by time: faults of an answer, of a value, of the whole line. */

/** Strikes what a unit answers on the wire. */
export type ReplyFault =
  /** Hears nothing and says nothing. */
  | { readonly kind: 'silent' }
  /** Hears nothing. A station that reports by itself goes on reporting, and sends again what nobody confirms. */
  | { readonly kind: 'deaf' }
  /** Answers so much later, perhaps when its master has given up and asks somebody else. */
  | { readonly kind: 'late'; readonly delayMs: number }
  /** Each answer takes its own time between the two. */
  | { readonly kind: 'slow'; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: 'wrongUnit' }
  | { readonly kind: 'badCrc' }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'exception'; readonly code: number }
  /** Exception 06: asked while it does something else. */
  | { readonly kind: 'busy' }
  /** Bytes glued to the answer: `hex`, or so many that chance chose. */
  | {
      readonly kind: 'noise';
      readonly where: 'before' | 'after' | 'both';
      readonly count: number;
      readonly hex: string | null;
    }
  /** The answer comes in pieces with pauses between them. */
  | { readonly kind: 'split'; readonly pieces: number; readonly pauseMs: number }
  /** Every register as it was when the fault began: a controller that hangs behind a port that lives. */
  | { readonly kind: 'frozenBlock' };

/** Strikes what a register holds; the frames are sound. */
export type ValueFault =
  | { readonly kind: 'stuck' }
  | { readonly kind: 'spike'; readonly by: number }
  | { readonly kind: 'drift'; readonly perHour: number }
  /** The profile's sentinel; without one the unit stays silent. */
  | { readonly kind: 'noValue' }
  /** The register shows this; a button is pressed by 1. */
  | { readonly kind: 'force'; readonly value: number }
  /** A counter that begins again, and goes on from there for good. */
  | { readonly kind: 'counterReset'; readonly to: number }
  /** A counter that passes its modulus at that instant, standing before it until then. */
  | { readonly kind: 'counterRollOver' };

/** Strikes the line itself, whoever is asked. */
export type LineFault =
  /** The wire is out: the device file is gone, the connection closed; at the end it is back. */
  | { readonly kind: 'unplug' }
  /** Each byte of the master comes back to it, as on a two-wire line whose receiver stays on. */
  | { readonly kind: 'echo' }
  /** Bytes that nobody asked for, every so often. */
  | { readonly kind: 'babble'; readonly everyMs: number; readonly count: number; readonly hex: string | null };

export type Fault = ReplyFault | ValueFault | LineFault;
export type FaultKind = Fault['kind'];

const VALUE_KINDS: ReadonlySet<FaultKind> = new Set<ValueFault['kind']>([
  'stuck',
  'spike',
  'drift',
  'noValue',
  'force',
  'counterReset',
  'counterRollOver',
]);
const LINE_KINDS: ReadonlySet<FaultKind> = new Set<LineFault['kind']>(['unplug', 'echo', 'babble']);
export const isValueFault = (fault: Fault): fault is ValueFault => VALUE_KINDS.has(fault.kind);
export const isLineFault = (fault: Fault): fault is LineFault => LINE_KINDS.has(fault.kind);
export const isReplyFault = (fault: Fault): fault is ReplyFault => !isValueFault(fault) && !isLineFault(fault);

/** A fault on the time line; times count from the scenario's begin. */
export type TimedFault = {
  /** Null: every unit of the line. */
  readonly unitId: number | null;
  /** Key of the register that a fault of values strikes; null: every register. */
  readonly register: string | null;
  readonly fault: Fault;
  /** In force from `fromMs` until before `toMs`; null: until the end. */
  readonly fromMs: number;
  readonly toMs: number | null;
  /** Comes back every so often; null: once. */
  readonly everyMs: number | null;
  /** Part of the answers that it strikes, chosen by the seed. */
  readonly share: number;
};

/** A fault in force: since which moment, in the time that `TimedFault` counts. */
export type Occurrence = { readonly timed: TimedFault; readonly sinceMs: number };

/** When the occurrence in force at `tMs` began; undefined when none is. */
export function occurrenceAt(timed: TimedFault, tMs: number): number | undefined {
  const { fromMs, toMs, everyMs } = timed;
  if (tMs < fromMs) return undefined;
  const sinceMs = everyMs === null ? fromMs : fromMs + Math.floor((tMs - fromMs) / everyMs) * everyMs;
  return toMs === null || tMs - sinceMs < toMs - fromMs ? sinceMs : undefined;
}

/** The next instant after `tMs` at which it begins or ends; undefined when it does neither any more. */
export function nextChangeAfter(timed: TimedFault, tMs: number): number | undefined {
  const { fromMs, toMs, everyMs } = timed;
  if (tMs < fromMs) return fromMs;
  if (toMs === null) return undefined;
  const sinceMs = everyMs === null ? fromMs : fromMs + Math.floor((tMs - fromMs) / everyMs) * everyMs;
  const endMs = sinceMs + (toMs - fromMs);
  if (tMs < endMs) return endMs;
  return everyMs === null ? undefined : sinceMs + everyMs;
}
