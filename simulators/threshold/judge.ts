/** Holds what a scenario expects against what came: which level stood when, and why, and what was missed. */
import { type LevelOrNone, rankOf, worse } from '#model/level.ts';
import type { Text } from '#model/text.ts';
import { conditionKey, subjectKey, type Transition } from '#model/transition.ts';
import { sayTime } from '#rules/test/instant.ts';
import type { Bound, Story } from './story.ts';

/** A change of the level of a (point, hazard), since the begin. */
export type Change = {
  readonly atMs: number;
  readonly point: string;
  readonly hazard: string;
  readonly level: LevelOrNone;
  readonly from: LevelOrNone;
  readonly rule: string;
  readonly reason: Text;
};

export type Miss = { readonly expected: string; readonly came: string; readonly reason: Text | null };

export type Verdict = {
  readonly changes: readonly Change[];
  readonly misses: readonly Miss[];
  readonly highest: LevelOrNone;
  /** When that level was reached first; null for none. */
  readonly highestAtMs: number | null;
  /** When the warning's level was reached first. */
  readonly warnedAtMs: number | null;
  /** From there to the failure; negative when it came after. Null without a failure or a warning. */
  readonly leadMs: number | null;
  /** A level was reached that the scenario forbids. */
  readonly falseAlarm: boolean;
};

const ruleId = (rule: string): string => rule.split('@')[0] ?? rule;

const isAbout = ({ point, hazard, rule }: Omit<Bound, 'level'>, one: Transition): boolean =>
  (point === undefined || one.subject.id === point) &&
  (hazard === undefined || one.hazard === hazard) &&
  (rule === undefined || ruleId(one.rule) === rule);

/** Changes of the worst level among all conditions of each (point, hazard) that are asked about. */
export function changesOf(
  transitions: readonly Transition[],
  startMs: number,
  about: Omit<Bound, 'level'> = {},
): readonly Change[] {
  const books = new Map<string, { level: LevelOrNone; readonly conditions: Map<string, LevelOrNone> }>();
  return transitions.flatMap((one): readonly Change[] => {
    if (one.late || !isAbout(about, one)) return [];
    const key = `${subjectKey(one.subject)}|${one.hazard}`;
    const book = books.get(key) ?? { level: 'none' as LevelOrNone, conditions: new Map<string, LevelOrNone>() };
    books.set(key, book);
    book.conditions.set(conditionKey(one), one.to);
    const level = [...book.conditions.values()].reduce<LevelOrNone>(worse, 'none');
    const from = book.level;
    book.level = level;
    if (level === from) return [];
    const { subject, hazard, reason } = one;
    return [
      { atMs: one.decidedAtMs - startMs, point: subject.id, hazard, level, from, rule: ruleId(one.rule), reason },
    ];
  });
}

const said = ({ level, point, hazard, rule }: Bound): string =>
  [
    level,
    point === undefined ? '' : `at ${point}`,
    hazard === undefined ? '' : `for ${hazard}`,
    rule === undefined ? '' : `by ${rule}`,
  ]
    .filter((part) => part !== '')
    .join(' ');

const firstAt = (changes: readonly Change[], bound: Bound): Change | undefined =>
  changes.find(({ level }) => rankOf(level) >= rankOf(bound.level));

const sayChange = ({ level, atMs, point, hazard }: Change): string =>
  `${level} at ${sayTime(atMs)} (${point}, ${hazard})`;

/** The worst that came instead. */
function insteadOf(changes: readonly Change[]): Pick<Miss, 'came' | 'reason'> {
  const worst = changes.reduce<Change | undefined>(
    (best, one) => (best === undefined || rankOf(one.level) > rankOf(best.level) ? one : best),
    undefined,
  );
  return worst === undefined || worst.level === 'none'
    ? { came: 'no level at all', reason: null }
    : { came: `at most ${sayChange(worst)}`, reason: worst.reason };
}

function wishMisses(story: Story, transitions: readonly Transition[], startMs: number): readonly Miss[] {
  return story.expect.flatMap((wish): readonly Miss[] => {
    const changes = changesOf(transitions, startMs, wish);
    const first = firstAt(changes, wish);
    const between =
      wish.fromMs === 0 ? `by ${sayTime(wish.byMs)}` : `from ${sayTime(wish.fromMs)} to ${sayTime(wish.byMs)}`;
    const expected = `${said(wish)} ${between}`;
    if (first === undefined) return [{ expected, ...insteadOf(changes) }];
    if (first.atMs < wish.fromMs || first.atMs > wish.byMs)
      return [{ expected, came: sayChange(first), reason: first.reason }];
    return [];
  });
}

function boundMisses(story: Story, transitions: readonly Transition[], startMs: number): readonly Miss[] {
  return story.never.flatMap((bound): readonly Miss[] => {
    const first = firstAt(changesOf(transitions, startMs, bound), bound);
    return first === undefined
      ? []
      : [{ expected: `never ${said(bound)}`, came: sayChange(first), reason: first.reason }];
  });
}

function leadMiss(story: Story, warned: Change | undefined, changes: readonly Change[]): readonly Miss[] {
  const { failureMs, leadAtLeastMs, warning } = story;
  if (failureMs === null || leadAtLeastMs === null) return [];
  const expected = `${said(warning)} at least ${sayTime(leadAtLeastMs)} before ${sayTime(failureMs)}`;
  if (warned === undefined) return [{ expected, ...insteadOf(changes) }];
  return failureMs - warned.atMs >= leadAtLeastMs ? [] : [{ expected, came: sayChange(warned), reason: warned.reason }];
}

/** `transitions` in the order in which they were decided. */
export function judge(story: Story, transitions: readonly Transition[], startMs: number): Verdict {
  const changes = changesOf(transitions, startMs);
  const about = changesOf(transitions, startMs, story.warning);
  const warned = firstAt(about, story.warning);
  const highest = changes.reduce<LevelOrNone>((level, one) => worse(level, one.level), 'none');
  const forbidden = boundMisses(story, transitions, startMs);
  const warnedAtMs = warned?.atMs ?? null;
  return {
    changes,
    misses: [...wishMisses(story, transitions, startMs), ...forbidden, ...leadMiss(story, warned, about)],
    highest,
    highestAtMs: highest === 'none' ? null : (firstAt(changes, { level: highest })?.atMs ?? null),
    warnedAtMs,
    leadMs: story.failureMs === null || warnedAtMs === null ? null : story.failureMs - warnedAtMs,
    falseAlarm: forbidden.length > 0,
  };
}
