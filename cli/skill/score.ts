/** Scores one rule file on one recording: the skill, how many warned days had an event, and the highest level. */
import { type Level, rankOf } from '#model/level.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';
import type { Transition } from '#model/transition.ts';
import { openLevelBook } from '#rules/backtest/levels.ts';
import { meets, type Span, spansAtLevel } from '#rules/backtest/periods.ts';
import type { BacktestRun, LevelChange, Skill } from '#rules/backtest/result.ts';
import { scoredTo, scoreSkill } from '#rules/backtest/skill.ts';
import { DEFAULT_SKILL, type Truth } from '#rules/backtest/truth.ts';

export type SkillRow = {
  readonly skill: Skill;
  /** Local days with a warning, and how many of them an event touched. */
  readonly warnedDays: number;
  readonly eventDays: number;
  readonly doubts: number;
  /** The highest level that was reached, and when first; null when none was. */
  readonly worst: { readonly level: Level; readonly atMs: EpochMs } | null;
  readonly readings: number;
};

const idOf = ({ rule }: Transition): string => rule.split('@')[0] ?? rule;

/** Level changes as they would be if only these rules had been there. */
export function changesOfRules(run: BacktestRun, ids: ReadonlySet<string>): readonly LevelChange[] {
  const book = openLevelBook();
  const changes: LevelChange[] = [];
  let together: Transition[] = [];
  const flush = () => {
    if (together.length > 0) changes.push(...book.take(together));
    together = [];
  };
  for (const transition of run.transitions) {
    if (transition.late || transition.evidence.measure === 'silence' || !ids.has(idOf(transition))) continue;
    if (together[0]?.pos !== transition.pos) flush();
    together.push(transition);
  }
  flush();
  return changes;
}

export function scoreRules(
  run: BacktestRun,
  ids: ReadonlySet<string>,
  truth: Truth | undefined,
  utcOffsetMs: number,
): SkillRow {
  const changes = changesOfRules(run, ids);
  const events = truth?.events ?? [];
  const toMs = scoredTo(run.toMs, truth);
  const skill = scoreSkill({ changes, fromMs: run.fromMs, toMs: run.toMs }, truth);
  const warned = daysOf(spansAtLevel(changes, DEFAULT_SKILL.warnLevel, toMs), utcOffsetMs);
  const touched = warned.filter((day) => events.some((event) => meets(event, day)));
  return {
    ...{ skill, warnedDays: warned.length, eventDays: touched.length, readings: run.readings },
    doubts: run.flags.filter(({ flag }) => ids.has(flag)).length,
    worst: worstOf(changes),
  };
}

function worstOf(changes: readonly LevelChange[]): SkillRow['worst'] {
  let worst: SkillRow['worst'] = null;
  for (const { level, atMs } of changes)
    if (level !== 'none' && rankOf(level) > rankOf(worst?.level ?? 'none')) worst = { level, atMs };
  return worst;
}

/** Whole local days that a span touches. */
function daysOf(spans: readonly Span[], utcOffsetMs: number): readonly Span[] {
  const days = new Set<number>();
  for (const { fromMs, toMs } of spans)
    for (let day = Math.floor((fromMs + utcOffsetMs) / DAY_MS); day * DAY_MS <= toMs + utcOffsetMs; day++)
      days.add(day);
  return [...days].map((day) => ({ fromMs: day * DAY_MS - utcOffsetMs, toMs: (day + 1) * DAY_MS - utcOffsetMs - 1 }));
}
