/**
 * Whether what one unit brought must be judged before the poll cycle is over: it may switch an output. Bounded by
 * meaning, not by time: a value that its rule has told of already is not urgent again, nor is one that no output hears.
 */

import type { LocalConfig } from '../../model/edge-config.ts';
import type { EdgeCondition } from '../../model/edge-event.ts';
import { rankOf } from '../../model/level.ts';
import { QUANTITIES, toSteps } from '../../model/quantity.ts';
import type { SensorId } from '../../model/reading.ts';
import type { BoundRule, LevelLimit } from '../../model/rule-set.ts';
import type { Outcome } from '../acquire/judge.ts';
import { decodeRegister } from '../modbus/decode.ts';
import { keyOf } from './judge.ts';

export type Urgency = (outcomes: readonly Outcome[], active: ReadonlyMap<string, EdgeCondition>) => boolean;

type Watched = { readonly rule: BoundRule; readonly fromRank: number };

function watchedRules(local: LocalConfig): ReadonlyMap<SensorId, readonly Watched[]> {
  const watched = new Map<SensorId, Watched[]>();
  for (const rule of local.ruleSet?.rules ?? []) {
    const ranks = local.outputs
      .filter((output) => output.points.includes(rule.pointId))
      .map((output) => rankOf(output.minLevel));
    if (ranks.length === 0) continue;
    for (const sensorId of [rule.sensorId, ...(rule.inputs ?? []).map((input) => input.sensorId)])
      watched.set(sensorId, [...(watched.get(sensorId) ?? []), { rule, fromRank: Math.min(...ranks) }]);
  }
  return watched;
}

/** Of every season and hour: what any of them could raise is looked at. */
const limitsOf = ({ limits, schedule }: BoundRule): readonly LevelLimit[] =>
  schedule === undefined ? limits : Object.values(schedule.limits).flat();

/** The rank at which the rule's condition stands. */
const rankNow = (rule: BoundRule, active: ReadonlyMap<string, EdgeCondition>): number =>
  rankOf(active.get(keyOf(rule))?.to ?? 'none');

/** Fitted slopes and the fall of a value wait for the end of the cycle: they take hours, and switch nothing on. */
export function openUrgency(local: LocalConfig): Urgency {
  const watched = watchedRules(local);
  const lastWords = new Map<SensorId, string>();
  const isUrgent = (outcome: Outcome, active: ReadonlyMap<string, EdgeCondition>): boolean => {
    if (outcome.kind !== 'words') return false;
    const rules = watched.get(outcome.sensorId);
    if (rules === undefined) return false;
    const words = outcome.words.join();
    const hasMoved = lastWords.get(outcome.sensorId) !== words;
    lastWords.set(outcome.sensorId, words);
    if (outcome.spec.counter !== null) return hasMoved;
    const decoded = decodeRegister(outcome.spec, outcome.words);
    if (!decoded.ok) return false;
    const { scale, offset, quantity } = outcome.spec;
    const value = toSteps(quantity, decoded.value.number * scale + offset);
    return rules.some(({ rule, fromRank }) => {
      // What a model makes of an alarm's word is not known before it is judged.
      if (rule.measure.kind === 'model') return hasMoved && QUANTITIES[quantity].kind === 'state';
      if (rule.measure.kind !== 'value') return false;
      const judged = rule.below === true ? -value : value;
      const reached = limitsOf(rule).reduce(
        (most, { level, limit }) => (judged >= limit ? Math.max(most, rankOf(level)) : most),
        0,
      );
      return reached >= fromRank && reached > rankNow(rule, active);
    });
  };
  // Every outcome is looked at, so that the last words of each are known.
  return (outcomes, active) => outcomes.map((outcome) => isUrgent(outcome, active)).includes(true);
}
