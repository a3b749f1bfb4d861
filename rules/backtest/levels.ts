/** The level of each (subject, hazard): the maximum over all conditions there, and when it changed and why. */
import { type LevelOrNone, rankOf, worse } from '#model/level.ts';
import { conditionKey, subjectKey, type Transition } from '#model/transition.ts';
import type { LevelChange } from './result.ts';

type Standing = { level: LevelOrNone; readonly conditions: Map<string, LevelOrNone> };

export type LevelBook = {
  /** Takes what one row brought, and gives the changes that came of it: one a (subject, hazard) at most. */
  readonly take: (transitions: readonly Transition[]) => readonly LevelChange[];
};

export function openLevelBook(): LevelBook {
  const standings = new Map<string, Standing>();
  return {
    take: (transitions) => {
      const touched = new Map<string, Transition[]>();
      for (const transition of transitions) {
        const key = `${subjectKey(transition.subject)}|${transition.hazard}`;
        touched.set(key, [...(touched.get(key) ?? []), transition]);
      }
      return [...touched].flatMap(([key, own]) => {
        const standing: Standing = standings.get(key) ?? { level: 'none', conditions: new Map() };
        standings.set(key, standing);
        return changeOf(standing, own);
      });
    },
  };
}

function changeOf(standing: Standing, own: readonly Transition[]): readonly LevelChange[] {
  const { conditions, level: from } = standing;
  for (const transition of own) {
    if (transition.to === 'none') conditions.delete(conditionKey(transition));
    else conditions.set(conditionKey(transition), transition.to);
  }
  let level: LevelOrNone = 'none';
  for (const each of conditions.values()) level = worse(level, each);
  standing.level = level;
  const decisive = own.findLast(({ to }) => to === level) ?? own.at(-1);
  if (level === from || decisive === undefined) return [];
  // Where it fell to a level that another rule holds, the reason is why the higher one ended.
  const { atMs, reason, subject, hazard, rule, evidence } =
    rankOf(level) > rankOf(from) ? decisive : (own.at(-1) ?? decisive);
  return [{ atMs, level, from, reason, subject: subject.id, hazard, rule, evidence }];
}
