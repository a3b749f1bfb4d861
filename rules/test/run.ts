/** Runs one rule test through the real engine, row by row, and keeps what it said. */
import { type LevelOrNone, levelOfRank, rankOf } from '#model/level.ts';
import type { Registry } from '#model/registry.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { conditionKey, type DoubtNote, isDoubt, type Transition } from '#model/transition.ts';
import { createEngine } from '../engine.ts';
import { rowsOf, type Story } from './rows.ts';

/** What the engine said, in the order in which it said it. */
export type Said = { readonly transitions: readonly Transition[]; readonly doubts: readonly DoubtNote[] };

/** Partitions of the points that the test is about. */
function partitionsOf(
  ruleSets: ReadonlyMap<number, CompiledRuleSet>,
  sensorIds: ReadonlySet<string>,
): readonly number[] {
  return [...ruleSets]
    .filter(([, { inventory }]) => inventory.some(({ sensorId }) => sensorIds.has(sensorId)))
    .map(([partition]) => partition);
}

export function runStory(
  story: Story,
  registry: Registry,
  ruleSets: ReadonlyMap<number, CompiledRuleSet>,
  sensorIds: ReadonlySet<string>,
): Said {
  const transitions: Transition[] = [];
  const doubts: DoubtNote[] = [];
  for (const partition of partitionsOf(ruleSets, sensorIds)) {
    const ruleSet = ruleSets.get(partition);
    if (ruleSet === undefined) continue;
    const engine = createEngine(partition);
    for (const row of rowsOf(story, registry, partition, ruleSet)) {
      transitions.push(...engine.apply(row));
      doubts.push(...engine.notes().filter(isDoubt));
    }
  }
  return {
    transitions: transitions.sort((a, b) => a.decidedAtMs - b.decidedAtMs),
    doubts: doubts.sort((a, b) => a.decidedAtMs - b.decidedAtMs),
  };
}

/** The rule's id without its version. */
export const ruleIdOf = ({ rule }: { readonly rule: string }): string => rule.replace(/@.*$/, '');

/** The highest level that stands among these after everything up to an instant, and the transition that made it so. */
export function levelAt(
  transitions: readonly Transition[],
  atMs: number,
): { readonly level: LevelOrNone; readonly by: Transition | undefined } {
  const standing = new Map<string, Transition>();
  let last: Transition | undefined;
  for (const transition of transitions) {
    if (transition.decidedAtMs > atMs) break;
    if (transition.late) continue;
    standing.set(conditionKey(transition), transition);
    last = transition;
  }
  let highest: Transition | undefined;
  for (const transition of standing.values())
    if (rankOf(transition.to) > rankOf(highest?.to ?? 'none')) highest = transition;
  return { level: levelOfRank(rankOf(highest?.to ?? 'none')), by: highest ?? last };
}
