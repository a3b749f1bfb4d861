/**
 * What a test shows of the rules that it runs: which had data, which fired, which were quiet for a while; and which
 * expectation looks at a window that holds nothing. A rule whose tests show only one of the two says nothing.
 */
import { type LevelOrNone, rankOf } from '#model/level.ts';
import type { BoundRule, CompiledRuleSet } from '#model/rule-set.ts';
import type { Transition } from '#model/transition.ts';
import { HAZARD_MODELS } from '../models/registry.ts';
import { OWN_RULES } from './compare.ts';
import { arrivesAt, measuredAt, type Story } from './rows.ts';
import { ruleIdOf, type Said } from './run.ts';
import type { StateWish } from './schema.ts';

export type RuleUse = {
  readonly rule: string;
  readonly fired: boolean;
  readonly quiet: boolean;
  /** The levels that it reached. */
  readonly levels: readonly LevelOrNone[];
};

type Sample = { readonly measuredMs: number; readonly arrivedMs: number };

/** Samples with a value, by sensor. */
function samplesOf(story: Story): ReadonlyMap<string, readonly Sample[]> {
  const bySensor = new Map<string, Sample[]>();
  for (const series of story.series) {
    const samples = bySensor.get(series.sensorId) ?? [];
    for (const [index, sample] of series.samples.entries())
      if (sample.kind === 'value')
        samples.push({ measuredMs: measuredAt(series, index), arrivedMs: arrivesAt(series, index) });
    bySensor.set(series.sensorId, samples);
  }
  return bySensor;
}

const rulesIn = (ruleSets: ReadonlyMap<number, CompiledRuleSet>): readonly BoundRule[] =>
  [...ruleSets.values()].flatMap(({ rules }) => rules);
const sensorsOf = (rule: BoundRule): readonly string[] => [
  rule.sensorId,
  ...(rule.inputs ?? []).map(({ sensorId }) => sensorId),
];

const isOf = (rule: BoundRule) => (transition: Transition) =>
  transition.rule === rule.rule && transition.evidence.sensorId === rule.sensorId && !transition.late;

function useOf(rule: BoundRule, said: Said, startMs: number, samples: readonly Sample[]): RuleUse | undefined {
  const own = said.transitions.filter(isOf(rule));
  const doubts = said.doubts.filter((note) => note.rule === rule.rule && note.sensorId === rule.sensorId);
  if (samples.length === 0 && own.length === 0 && doubts.length === 0) return undefined;
  const changes = [
    ...own.map(({ decidedAtMs, to }) => ({ atMs: decidedAtMs - startMs, on: to !== 'none' })),
    ...doubts.map(({ decidedAtMs, doubted }) => ({ atMs: decidedAtMs - startMs, on: doubted })),
  ];
  const firstOn = Math.min(...changes.filter(({ on }) => on).map(({ atMs }) => atMs));
  const firstData = Math.min(...samples.map(({ arrivedMs }) => arrivedMs));
  return {
    rule: ruleIdOf(rule),
    fired: changes.some(({ on }) => on),
    quiet: firstData < firstOn || changes.some(({ on }) => !on),
    levels: own.filter(({ from, to }) => rankOf(to) > rankOf(from)).map(({ to }) => to),
  };
}

/** The uses of all rules at all sensors that had data in the test. */
export function usesOf(story: Story, said: Said, ruleSets: ReadonlyMap<number, CompiledRuleSet>): readonly RuleUse[] {
  const samples = samplesOf(story);
  return rulesIn(ruleSets).flatMap((rule) => {
    const use = useOf(
      rule,
      said,
      story.startMs,
      sensorsOf(rule).flatMap((id) => samples.get(id) ?? []),
    );
    return use === undefined ? [] : [use];
  });
}

/** The window that a rule looks at; null where it has none, or where the absence of data is what it looks for. */
function windowOf({ measure }: BoundRule): number | null {
  if (measure.kind === 'value') return null;
  if (measure.kind !== 'model') return measure.windowMs;
  const model = HAZARD_MODELS.get(measure.model);
  return model === undefined || model.tick !== undefined ? null : (model.windowMs?.(measure.params) ?? null);
}

const concerns = (rule: BoundRule, wish: StateWish): boolean =>
  (wish.rule === undefined || wish.rule === ruleIdOf(rule)) &&
  (wish.sensor === undefined || wish.sensor === rule.sensorId) &&
  (wish.point === undefined || wish.point === rule.pointId) &&
  (wish.hazard === undefined || wish.hazard === rule.hazard);

export type WishFault = { readonly kind: string; readonly message: string; readonly mend: string };

/** Why an expectation says nothing: no rule is looked at, or the windows of all that are hold no reading. */
export function faultOfWish(
  wish: StateWish,
  story: Story,
  ruleSets: ReadonlyMap<number, CompiledRuleSet>,
): WishFault | undefined {
  if (OWN_RULES.includes(wish.rule ?? '') || wish.hazard === 'equipment') return undefined;
  const rules = rulesIn(ruleSets).filter((rule) => concerns(rule, wish));
  if (rules.length === 0)
    return {
      kind: 'no-rule',
      message: 'no rule judges what this expectation names: it can only be none',
      mend: 'look at rule, sensor, point and hazard, and at where of the rule',
    };
  if (wish.condition === 'dataLost') return undefined;
  const samples = samplesOf(story);
  const isEmpty = (rule: BoundRule): boolean => {
    const window = windowOf(rule);
    return (
      window !== null &&
      !sensorsOf(rule).some((id) =>
        (samples.get(id) ?? []).some(
          ({ measuredMs, arrivedMs }) => measuredMs > wish.at - window && measuredMs <= wish.at && arrivedMs <= wish.at,
        ),
      )
    );
  };
  if (!rules.every(isEmpty)) return undefined;
  const names = [...new Set(rules.map(ruleIdOf))].join(', ');
  return {
    kind: 'window-without-data',
    message: `the window of ${names} holds no reading at this time: the expectation says nothing`,
    mend: 'make the series longer, or say condition: dataLost',
  };
}
