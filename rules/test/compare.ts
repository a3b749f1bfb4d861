/** Compares what the engine said with what a test expects; every difference with what was expected, what came, and why. */
import { rankOf } from '#model/level.ts';
import type { Text } from '#model/text.ts';
import type { DoubtNote, Transition } from '#model/transition.ts';
import type { Path } from '../source.ts';
import { sayTime } from './instant.ts';
import { levelAt, ruleIdOf, type Said } from './run.ts';
import type { About, ChangeWish, DoubtWish, NeverWish, StateWish, TestCase } from './schema.ts';

export type Difference = {
  /** Within the test. */
  readonly path: Path;
  readonly expected: string;
  readonly came: string;
  /** The engine's own words. */
  readonly reason: Text | undefined;
};

export type Comparison = { readonly expectations: number; readonly differences: readonly Difference[] };

/** Conditions that the engine raises by itself, about silence. */
export const OWN_RULES: readonly string[] = ['sensor-silent', 'gateway-lost'];
const isOwn = (transition: Transition): boolean => OWN_RULES.includes(ruleIdOf(transition));

/** Silence counts only where it is asked for: by its rule's name, or by the hazard `equipment`. */
function isAbout(transition: Transition, about: About): boolean {
  if (about.rule === undefined && about.hazard === undefined && isOwn(transition)) return false;
  if (about.rule !== undefined && about.rule !== ruleIdOf(transition)) return false;
  if (about.sensor !== undefined && about.sensor !== transition.evidence.sensorId) return false;
  if (about.hazard !== undefined && about.hazard !== transition.hazard) return false;
  return about.point === undefined || about.point === transition.subject.id;
}

function sayAbout({ rule, sensor, point, hazard }: About): string {
  const parts = [
    sensor === undefined ? '' : ` of sensor ${sensor}`,
    point === undefined ? '' : ` at ${point}`,
    rule === undefined ? '' : ` by rule ${rule}`,
    hazard === undefined ? '' : ` for ${hazard}`,
  ];
  return parts.join('');
}

/** Texts that a reason lacks; each may stand in the Chinese or in the English sentence. */
const lacking = (reason: Text | undefined, wanted: readonly string[] | undefined): readonly string[] =>
  (wanted ?? []).filter((part) => reason === undefined || !(reason.zh.includes(part) || reason.en.includes(part)));

const quoted = (parts: readonly string[]): string => parts.map((part) => `"${part}"`).join(' and ');

const sayTransition = (transition: Transition, startMs: number): string => {
  const { from, to, condition, late, decidedAtMs, evidence, subject } = transition;
  const marks = `${condition === 'active' || condition === 'cleared' ? '' : ` ${condition}`}${late ? ' late' : ''}`;
  return `${sayTime(decidedAtMs - startMs)} ${ruleIdOf(transition)} ${evidence.sensorId ?? subject.id} ${from} → ${to}${marks}`;
};

function compareState(said: Said, wish: StateWish, startMs: number, path: Path): Difference | undefined {
  const { level, by } = levelAt(
    said.transitions.filter((one) => isAbout(one, wish)),
    startMs + wish.at,
  );
  const what = `at ${sayTime(wish.at)} level ${wish.level}${sayAbout(wish)}`;
  const since = by === undefined ? '' : ` since ${sayTime(by.decidedAtMs - startMs)}`;
  if (level !== wish.level) return { path, expected: what, came: `level ${level}${since}`, reason: by?.reason };
  if (wish.condition !== undefined && wish.condition !== by?.condition)
    return {
      ...{ path, expected: `${what} ${wish.condition}`, reason: by?.reason },
      came: `${by?.condition ?? 'nothing'}${since}`,
    };
  const missing = lacking(by?.reason, wish.reason);
  if (missing.length === 0) return undefined;
  const came = by === undefined ? 'no reason at all' : `another reason${since}`;
  return { path, expected: `${what} with ${quoted(missing)} in its reason`, came, reason: by?.reason };
}

const sayChange = (wish: ChangeWish): string => {
  const marks = `${wish.condition === undefined ? '' : ` ${wish.condition}`}${wish.late ? ' late' : ''}`;
  return `${sayTime(wish.at)} ${wish.from === undefined ? '' : `${wish.from} `}→ ${wish.level}${marks}${sayAbout(wish)}`;
};

const isChange = (transition: Transition, wish: ChangeWish, startMs: number): boolean =>
  transition.decidedAtMs - startMs === wish.at &&
  transition.to === wish.level &&
  transition.late === wish.late &&
  (wish.from === undefined || wish.from === transition.from) &&
  (wish.condition === undefined || wish.condition === transition.condition) &&
  isAbout(transition, { hazard: transition.hazard, ...wish }) &&
  lacking(transition.reason, wish.reason).length === 0;

/** All changes that belong to the test, no more and no fewer; those of one instant in any order. */
function compareChanges(said: Said, wishes: readonly ChangeWish[], startMs: number): readonly Difference[] {
  const asksSilence = wishes.some(({ rule, hazard }) => hazard === 'equipment' || OWN_RULES.includes(rule ?? ''));
  const left = said.transitions.filter((one) => asksSilence || !isOwn(one));
  const differences: Difference[] = [];
  const unmet: { readonly wish: ChangeWish; readonly index: number }[] = [];
  for (const [index, wish] of wishes.entries()) {
    const found = left.findIndex((one) => isChange(one, wish, startMs));
    if (found >= 0) left.splice(found, 1);
    else unmet.push({ wish, index });
  }
  for (const { wish, index } of unmet) {
    // What was nearest to it says most about why it did not come.
    const nearest = left
      .filter((one) => isAbout(one, { hazard: one.hazard, ...wish }))
      .sort((a, b) => Math.abs(a.decidedAtMs - startMs - wish.at) - Math.abs(b.decidedAtMs - startMs - wish.at))[0];
    const expected = `the change ${sayChange(wish)}${wish.reason === undefined ? '' : ` with ${quoted(wish.reason)} in its reason`}`;
    const came = nearest === undefined ? 'no such change' : sayTransition(nearest, startMs);
    differences.push({ path: ['changes', index], expected, came, reason: nearest?.reason });
    if (nearest !== undefined) left.splice(left.indexOf(nearest), 1);
  }
  for (const one of left)
    differences.push({
      ...{ path: ['changes'], expected: 'no further change', came: sayTransition(one, startMs), reason: one.reason },
    });
  return differences;
}

function compareNever(said: Said, wish: NeverWish, startMs: number, path: Path): Difference | undefined {
  const found = said.transitions.find(
    (one) => rankOf(one.to) >= rankOf(wish.level) && rankOf(one.to) > rankOf(one.from) && isAbout(one, wish),
  );
  if (found === undefined) return undefined;
  const expected = `never ${wish.level}${wish.level === 'red' ? '' : ' or worse'}${sayAbout(wish)}`;
  return { path, expected, came: sayTransition(found, startMs), reason: found.reason };
}

function compareDoubt(said: Said, wish: DoubtWish, startMs: number, path: Path): Difference | undefined {
  const standing = new Map<string, DoubtNote>();
  let last: DoubtNote | undefined;
  for (const note of said.doubts) {
    if (note.decidedAtMs > startMs + wish.at) break;
    if (note.sensorId !== wish.sensor || (wish.rule !== undefined && wish.rule !== ruleIdOf(note))) continue;
    standing.set(note.rule, note);
    last = note;
  }
  const doubt = [...standing.values()].find(({ doubted }) => doubted);
  const by = doubt ?? last;
  const what = `at ${sayTime(wish.at)} ${wish.sensor} ${wish.doubted ? 'doubted' : 'not doubted'}${sayAbout({ rule: wish.rule })}`;
  const since = by === undefined ? '' : ` since ${sayTime(by.decidedAtMs - startMs)}`;
  if ((doubt !== undefined) !== wish.doubted) {
    const came = doubt === undefined ? `not doubted${since}` : `doubted by ${ruleIdOf(doubt)}${since}`;
    return { path, expected: what, came, reason: by?.reason };
  }
  const missing = lacking(by?.reason, wish.reason);
  if (missing.length === 0) return undefined;
  const expected = `${what} with ${quoted(missing)} in its reason`;
  return { path, expected, came: by === undefined ? 'no reason at all' : `another reason${since}`, reason: by?.reason };
}

/** Everything that a test expects, against what was said. */
export function compareTest(test: TestCase, said: Said, startMs: number): Comparison {
  const { expect, changes, never = [], doubted } = test;
  const differences: readonly (Difference | undefined)[] = [
    ...expect.map((wish, index) => compareState(said, wish, startMs, ['expect', index])),
    ...(changes === undefined ? [] : compareChanges(said, changes, startMs)),
    ...never.map((wish, index) => compareNever(said, wish, startMs, ['never', index])),
    ...doubted.map((wish, index) => compareDoubt(said, wish, startMs, ['doubted', index])),
  ];
  return {
    expectations:
      expect.length + Math.max(changes?.length ?? 0, changes === undefined ? 0 : 1) + never.length + doubted.length,
    differences: differences.filter((one) => one !== undefined),
  };
}
