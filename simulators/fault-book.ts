/** Which faults are in force on one line: those of the scenario, and those that somebody ordered while it ran. */
import {
  type Fault,
  isLineFault,
  isReplyFault,
  isValueFault,
  type LineFault,
  nextChangeAfter,
  occurrenceAt,
  type ReplyFault,
  type TimedFault,
} from '#simulators/fault.ts';
import { noiseAt } from '#simulators/noise.ts';
import type { StruckValue } from '#simulators/value-fault.ts';

/** `zeroMs`: chain time from which its times count; null: from the scenario's begin. */
type Entry = { readonly timed: TimedFault; readonly zeroMs: number | null };

export type FaultBook = {
  readonly replyFaults: (
    unitId: number,
    nowMs: number,
  ) => readonly { readonly fault: ReplyFault; readonly fromMs: number }[];
  readonly valueFaults: (unitId: number, register: string, nowMs: number) => readonly StruckValue[];
  readonly lineFaults: (nowMs: number) => readonly { readonly fault: LineFault; readonly fromMs: number }[];
  /** Chain time at which the line's own faults change next, or a babble is due; undefined: never as things stand. */
  readonly nextLineChange: (nowMs: number) => number | undefined;
  /** Counts from `nowMs`. */
  readonly add: (timed: TimedFault, nowMs: number) => void;
  /** In force at once and instead of everything else that strikes this unit (null: the line); null ends that. */
  readonly replace: (unitId: number | null, fault: Fault | null, nowMs: number) => void;
  /** Ends what was added for this unit (null: for any), and what replaces. */
  readonly heal: (unitId: number | null) => void;
};

export type FaultBookParts = {
  readonly lineId: string;
  readonly seed: number;
  readonly scenario: readonly TimedFault[];
  /** Chain time of the scenario's begin; null before it. */
  readonly beganAtMs: () => number | null;
};

/** Faults that are ordered while it runs; beyond this the oldest ends. */
const MAX_ADDED = 256;

/** What somebody orders strikes until it is healed. */
export const lasting = (unitId: number | null, fault: Fault, register: string | null = null): TimedFault => ({
  unitId,
  register,
  fault,
  fromMs: 0,
  toMs: null,
  everyMs: null,
  share: 1,
});

export function createFaultBook(parts: FaultBookParts): FaultBook {
  const { lineId, seed, beganAtMs } = parts;
  let added: readonly Entry[] = [];
  const replaced = new Map<number | null, Entry>();
  const scenario: readonly Entry[] = parts.scenario.map((timed) => ({ timed, zeroMs: null }));

  /** By unit, since every request and every register asks; forgotten when somebody orders something. */
  const known = new Map<number | null, readonly Entry[]>();
  const lookUp = (unitId: number | null): readonly Entry[] => {
    const own = replaced.get(unitId) ?? replaced.get(null);
    if (own !== undefined) return [own];
    return [...scenario, ...added].filter(({ timed }) => timed.unitId === unitId || timed.unitId === null);
  };
  /** Entries that matter for a unit, or for the line itself. */
  const entriesFor = (unitId: number | null): readonly Entry[] => {
    const entries = known.get(unitId) ?? lookUp(unitId);
    known.set(unitId, entries);
    return entries;
  };
  const zeroOf = (entry: Entry): number | null => entry.zeroMs ?? beganAtMs();
  const isChosen = (entry: Entry, unitId: number, nowMs: number): boolean =>
    entry.timed.share >= 1 ||
    noiseAt(seed, `${lineId}/${unitId}/${entry.timed.fault.kind}/${entry.timed.fromMs}`, nowMs) < entry.timed.share;
  const inForce = (entries: readonly Entry[], nowMs: number) =>
    entries.flatMap((entry) => {
      const zeroMs = zeroOf(entry);
      const sinceMs = zeroMs === null ? undefined : occurrenceAt(entry.timed, nowMs - zeroMs);
      return zeroMs === null || sinceMs === undefined ? [] : [{ entry, zeroMs, fromMs: zeroMs + sinceMs }];
    });
  /** A roll-over is prepared from the first: the counter stands as far before its modulus as it will still count. */
  const rollOvers = (entries: readonly Entry[], nowMs: number) =>
    entries
      .filter(({ timed }) => timed.fault.kind === 'counterRollOver')
      .map((entry) => {
        const zeroMs = zeroOf(entry) ?? nowMs;
        return { entry, zeroMs, fromMs: zeroMs + entry.timed.fromMs };
      });

  return {
    replyFaults: (unitId, nowMs) =>
      inForce(entriesFor(unitId), nowMs).flatMap(({ entry, fromMs }) => {
        const { fault } = entry.timed;
        return isReplyFault(fault) && isChosen(entry, unitId, nowMs) ? [{ fault, fromMs }] : [];
      }),
    valueFaults: (unitId, register, nowMs) => {
      const entries = entriesFor(unitId).filter(({ timed }) => timed.register === null || timed.register === register);
      const current = inForce(entries, nowMs).filter(({ entry }) => entry.timed.fault.kind !== 'counterRollOver');
      return [...rollOvers(entries, nowMs), ...current].flatMap(({ entry, fromMs, zeroMs }) => {
        const { fault } = entry.timed;
        return isValueFault(fault) ? [{ fault, fromMs, zeroMs }] : [];
      });
    },
    lineFaults: (nowMs) =>
      inForce(entriesFor(null), nowMs).flatMap(({ entry, fromMs }) => {
        const { fault } = entry.timed;
        return isLineFault(fault) ? [{ fault, fromMs }] : [];
      }),
    nextLineChange: (nowMs) => {
      const changes = entriesFor(null).flatMap((entry) => {
        const zeroMs = zeroOf(entry);
        const { fault } = entry.timed;
        if (zeroMs === null || !isLineFault(fault)) return [];
        const next = nextChangeAfter(entry.timed, nowMs - zeroMs);
        const sinceMs = occurrenceAt(entry.timed, nowMs - zeroMs);
        const babble =
          fault.kind === 'babble' && sinceMs !== undefined
            ? sinceMs + (Math.floor((nowMs - zeroMs - sinceMs) / fault.everyMs) + 1) * fault.everyMs
            : undefined;
        return [next, babble].flatMap((atMs) => (atMs === undefined ? [] : [zeroMs + atMs]));
      });
      return changes.length === 0 ? undefined : Math.min(...changes);
    },
    add: (timed, nowMs) => {
      known.clear();
      const isOver = ({ timed: old, zeroMs }: Entry) =>
        old.everyMs === null && old.toMs !== null && nowMs - (zeroMs ?? nowMs) >= old.toMs;
      added = [...added.filter((entry) => !isOver(entry)), { timed, zeroMs: nowMs }].slice(-MAX_ADDED);
    },
    replace: (unitId, fault, nowMs) => {
      known.clear();
      if (fault === null) replaced.delete(unitId);
      else replaced.set(unitId, { timed: lasting(unitId, fault), zeroMs: nowMs });
    },
    heal: (unitId) => {
      known.clear();
      added = added.filter(({ timed }) => unitId !== null && timed.unitId !== unitId);
      if (unitId === null) replaced.clear();
      else replaced.delete(unitId);
    },
  };
}
