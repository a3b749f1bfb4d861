/** The evidence on an alert: each rule's condition by its key, and what all of them together say. */
import type { AlertCondition, ConditionState } from '#model/alert.ts';
import { type LevelOrNone, worse } from '#model/level.ts';
import { conditionKey, type Transition } from '#model/transition.ts';

/** A condition counts while it is active, and while its data are lost: silence clears nothing. */
export const stands = (condition: AlertCondition): boolean => condition.state !== 'cleared';

function nextState(transition: Transition): ConditionState {
  if (transition.condition === 'dataLost') return 'dataLost';
  return transition.condition === 'active' && transition.to !== 'none' ? 'active' : 'cleared';
}

function nextLevel(transition: Transition, before: AlertCondition | undefined): LevelOrNone {
  if (transition.to !== 'none') return transition.to;
  const held = before?.level ?? transition.from;
  // Lost data hold the level. A rule that is gone ended without falling: it keeps the level that it last had.
  return transition.condition === 'dataLost' || transition.condition === 'closed' ? held : 'none';
}

/** The conditions with this transition's own replaced; no other one is touched, whoever judged it. */
export function foldCondition(
  conditions: readonly AlertCondition[],
  transition: Transition,
): readonly AlertCondition[] {
  const key = conditionKey(transition);
  const before = conditions.find((condition) => condition.key === key);
  const state = nextState(transition);
  const next: AlertCondition = {
    key,
    rule: transition.rule,
    site: transition.site,
    level: nextLevel(transition, before),
    state,
    sinceMs: before !== undefined && before.state === state ? before.sinceMs : transition.atMs,
    reason: transition.reason,
    evidence: transition.evidence,
  };
  return before === undefined
    ? [...conditions, next]
    : conditions.map((condition) => (condition.key === key ? next : condition));
}

/** The worst level in force; `none` when everything has cleared. */
export const levelInForce = (conditions: readonly AlertCondition[]): LevelOrNone =>
  conditions.filter(stands).reduce<LevelOrNone>((level, condition) => worse(level, condition.level), 'none');

export function stateOf(conditions: readonly AlertCondition[]): ConditionState {
  if (conditions.some((condition) => condition.state === 'active')) return 'active';
  return conditions.some((condition) => condition.state === 'dataLost') ? 'dataLost' : 'cleared';
}

const ruleName = (rule: string): string => rule.split('@', 1)[0] ?? rule;

/** Whether this transition only takes over from an older version of its own rule, which went without falling. */
export const takesOver = (conditions: readonly AlertCondition[], transition: Transition): boolean =>
  conditions.some(
    (condition) =>
      condition.state === 'cleared' &&
      condition.level !== 'none' &&
      condition.rule !== transition.rule &&
      ruleName(condition.rule) === ruleName(transition.rule) &&
      condition.evidence.sensorId === transition.evidence.sensorId,
  );
