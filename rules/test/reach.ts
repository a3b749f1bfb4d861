/**
 * Finds rules that can never fire, as far as can be seen without data: a limit above what the device can say, a window
 * too short for the samples that it needs. What a device can say stands in its profile.
 */
import { LEVEL_TEXT, type Level } from '#model/level.ts';
import { fromSteps, QUANTITIES, toSteps, UNIT_TEXT } from '#model/quantity.ts';
import type { SensorId } from '#model/reading.ts';
import type { Lint } from '#model/result.ts';
import type { BoundRule, CompiledRuleSet, LevelLimit } from '#model/rule-set.ts';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import type { RuleText } from '../compile.ts';
import { type Report, readSource } from '../source.ts';
import { sayTime } from './instant.ts';
import { ruleIdOf } from './run.ts';

/** What the device of a sensor can plausibly say, in the quantity's unit, and how often it is asked. */
export type SensorReach = {
  readonly min: number;
  readonly max: number;
  /** Of an increment: the most that can come in a minute; of a gauge: the fastest change. */
  readonly maxPerMinute: number | null;
  /** Between two samples at the most. */
  readonly everyMs: number;
};

type Fault = Parameters<Report>[1];
type Found = { readonly level: Level | null; readonly fault: Fault };

/** The largest figure that sound readings can make; null when nothing limits it. */
function largestOf({ measure, below }: BoundRule, reach: SensorReach): number | null {
  switch (measure.kind) {
    case 'value':
      return below === true ? -reach.min : reach.max;
    case 'rollingSum':
      return reach.maxPerMinute === null ? null : (reach.maxPerMinute * measure.windowMs) / MINUTE_MS;
    case 'rate':
      return reach.maxPerMinute === null ? null : (reach.maxPerMinute * HOUR_MS) / MINUTE_MS;
    case 'model':
      return null;
    default:
      return measure satisfies never;
  }
}

function tooFewSamples({ measure, sensorId }: BoundRule, reach: SensorReach): Fault | undefined {
  if (measure.kind !== 'rate' && measure.kind !== 'rollingSum') return undefined;
  const samples = Math.floor(measure.windowMs / reach.everyMs) + (measure.kind === 'rate' ? 1 : 0);
  const needed = measure.kind === 'rate' ? measure.minSamples : 1;
  if (samples >= needed) return undefined;
  return {
    kind: 'window-without-data',
    message: `a window of ${sayTime(measure.windowMs)} holds ${samples} readings of ${sensorId}, which comes every ${sayTime(reach.everyMs)}; it needs ${needed}`,
    mend: 'make the window longer or the sensor report more often',
  };
}

type InventoryQuantity = CompiledRuleSet['inventory'][number]['quantity'];

/** The lowest limit of each level, whatever the season. */
function easiestLimits({ limits, schedule }: BoundRule): readonly LevelLimit[] {
  const easiest = new Map<Level, LevelLimit>();
  for (const limit of [limits, ...Object.values(schedule?.limits ?? {})].flat()) {
    const known = easiest.get(limit.level);
    if (known === undefined || limit.limit < known.limit) easiest.set(limit.level, limit);
  }
  return [...easiest.values()];
}

function beyondReach(rule: BoundRule, quantity: InventoryQuantity, largest: number): readonly Found[] {
  const limits = easiestLimits(rule);
  const beyond = limits.filter(({ limit }) => limit > toSteps(quantity, largest));
  const unit = UNIT_TEXT[QUANTITIES[quantity].unit] ?? QUANTITIES[quantity].unit;
  const per = rule.measure.kind === 'rate' ? `${unit}/h` : unit;
  const sign = rule.below === true ? -1 : 1;
  const isDead = beyond.length === limits.length;
  return beyond.map(({ level, limit }) => {
    const where = `${LEVEL_TEXT[level].en} at ${sign * fromSteps(quantity, limit)} ${per}`;
    const range = `${rule.below === true ? 'below' : 'above'} what the device of ${rule.sensorId} can soundly give (${sign * largest} ${per})`;
    const fault: Fault = {
      ...{ kind: isDead ? 'never-fires' : 'out-of-reach', severity: isDead ? 'error' : 'warning' },
      message: `${where} is ${range}: ${isDead ? 'the rule' : 'this level'} can never fire there`,
      mend: 'look at the limit, its unit, and the plausible range in the device profile',
    };
    return { level, fault };
  });
}

function faultsOf(rule: BoundRule, quantity: InventoryQuantity, reach: SensorReach): readonly Found[] {
  const few = tooFewSamples(rule, reach);
  if (few !== undefined) return [{ level: null, fault: few }];
  const largest = largestOf(rule, reach);
  return largest === null || rule.limits.length === 0 ? [] : beyondReach(rule, quantity, largest);
}

/** Findings at the rules' own places, one of a kind and level a rule; the sensor that it names is an example. */
export function lintReach(
  ruleFiles: readonly RuleText[],
  ruleSets: ReadonlyMap<number, CompiledRuleSet>,
  reaches: ReadonlyMap<SensorId, SensorReach>,
): readonly Lint[] {
  const found = new Map<string, Map<string, Found>>();
  for (const { rules, inventory } of ruleSets.values()) {
    const quantities = new Map(inventory.map(({ sensorId, quantity }) => [sensorId, quantity]));
    for (const rule of rules) {
      const quantity = quantities.get(rule.sensorId);
      const reach = reaches.get(rule.sensorId);
      if (quantity === undefined || reach === undefined) continue;
      const ofRule = found.get(ruleIdOf(rule)) ?? new Map<string, Found>();
      found.set(ruleIdOf(rule), ofRule);
      for (const one of faultsOf(rule, quantity, reach)) ofRule.set(`${one.fault.kind} ${one.level}`, one);
    }
  }
  return ruleFiles.flatMap(({ file, text }) => {
    const lints: Lint[] = [];
    const { content, report } = readSource(file, text, lints);
    // What is wrong with the file itself is told where it is compiled.
    lints.length = 0;
    for (const [index, { id }] of (content?.rules ?? []).entries())
      for (const { level, fault } of found.get(id)?.values() ?? [])
        report(['rules', index, ...(level === null ? ['measure'] : ['levels', level])], fault);
    return lints;
  });
}
