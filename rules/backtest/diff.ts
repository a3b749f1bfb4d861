/** Compares two backtests of one recording: which changes only one of them has, what came earlier, how the skill moved. */
import { LEVELS, type Level, type LevelOrNone, rankOf } from '#model/level.ts';

/** What is looked at of a run's line of JSON; instants in ISO with their offset. */
export type Comparable = {
  readonly changes: readonly {
    readonly at: string;
    readonly level: LevelOrNone;
    readonly from: LevelOrNone;
    readonly subject: string;
    readonly hazard: string;
    readonly rule: string;
  }[];
  readonly skill: { readonly [name: string]: unknown };
  readonly readings: number;
};

type Change = Comparable['changes'][number];

/** When a level was first reached at a (subject, hazard); `laterMs` is positive when B is later. */
export type FirstTime = {
  readonly subject: string;
  readonly hazard: string;
  readonly level: Level;
  readonly a: string | null;
  readonly b: string | null;
  readonly laterMs: number | null;
};

export type Difference = {
  readonly onlyA: readonly Change[];
  readonly onlyB: readonly Change[];
  /** Where A and B reach a level at different times, or only one of them does. */
  readonly first: readonly FirstTime[];
  readonly skill: readonly { readonly name: string; readonly a: number | null; readonly b: number | null }[];
  readonly same: boolean;
  /** The runs are of different recordings. */
  readonly otherData: boolean;
};

/** A rule's version is left out: another limit that decides the same way is no other decision. */
const keyOf = ({ at, level, from, subject, hazard }: Change): string =>
  `${Date.parse(at)}|${level}|${from}|${subject}|${hazard}`;

const MEASURES = ['hits', 'misses', 'falseAlarms', 'pod', 'far', 'csi', 'alarmHours', 'falseTime'] as const;
const COLOURS = LEVELS.filter((level): level is Level => level !== 'none');

export function diffRuns(a: Comparable, b: Comparable): Difference {
  const inA = new Set(a.changes.map(keyOf));
  const inB = new Set(b.changes.map(keyOf));
  const onlyA = a.changes.filter((change) => !inB.has(keyOf(change)));
  const onlyB = b.changes.filter((change) => !inA.has(keyOf(change)));
  const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  const skill = MEASURES.map((name) => ({ name, a: number(a.skill[name]), b: number(b.skill[name]) }));
  return {
    ...{ onlyA, onlyB, first: firstTimes(a.changes, b.changes), skill },
    same: onlyA.length === 0 && onlyB.length === 0,
    otherData: a.readings !== b.readings,
  };
}

function firstsOf(changes: readonly Change[]): ReadonlyMap<string, string> {
  const firsts = new Map<string, string>();
  for (const { at, level, subject, hazard } of changes)
    for (const colour of COLOURS) {
      const key = `${subject}|${hazard}|${colour}`;
      if (rankOf(level) >= rankOf(colour) && !firsts.has(key)) firsts.set(key, at);
    }
  return firsts;
}

function firstTimes(a: readonly Change[], b: readonly Change[]): readonly FirstTime[] {
  const inA = firstsOf(a);
  const inB = firstsOf(b);
  return [...new Set([...inA.keys(), ...inB.keys()])].sort().flatMap((key) => {
    const [subject = '', hazard = '', level = 'blue'] = key.split('|');
    const at = { a: inA.get(key) ?? null, b: inB.get(key) ?? null };
    const laterMs = at.a === null || at.b === null ? null : Date.parse(at.b) - Date.parse(at.a);
    return laterMs === 0 ? [] : [{ subject, hazard, level: level as Level, ...at, laterMs }];
  });
}
