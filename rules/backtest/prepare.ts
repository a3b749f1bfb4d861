/** Compiles rule files for a recording with the live compiler: one rule set, and notes on what does not apply to it. */
import { hashOf } from '#model/hash.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import type { BoundRule, CompiledRuleSet } from '#model/rule-set.ts';
import { compileRules, lintRules } from '../compile.ts';
import { POINT_KINDS } from '../words.ts';
import { type Names, namesIn } from './names.ts';
import { countyOf, missingNames, stepOf } from './recorded-county.ts';
import type { BacktestInput } from './result.ts';

export type Prepared = { readonly ruleSet: CompiledRuleSet; readonly notes: readonly Lint[] };

/** A recording tells nothing of gateways, so none is ever called lost. */
const NEVER_MS = 8.64e15;

const ruleId = ({ rule }: BoundRule): string => rule.split('@')[0] ?? rule;

/** A point whose kind nobody said is of every kind in turn, and what was bound under any of them holds. */
const kindsToTry = ({ recording }: BacktestInput, names: Names) =>
  names.kinds.length > 0 && recording.series.some(({ sensor }) => sensor.kind === undefined)
    ? POINT_KINDS
    : POINT_KINDS.slice(0, 1);

export function prepare(input: BacktestInput, tickMs: number): Result<Prepared, readonly Lint[]> {
  const { recording, rules, county, zone } = input;
  const names = namesIn(rules);
  const given = { ...(county === undefined ? {} : { county }), ...(zone === undefined ? {} : { zone }) };
  const bound = new Map<string, BoundRule>();
  let first: CompiledRuleSet | undefined;
  let lints: readonly Lint[] = [];
  for (const kind of kindsToTry(input, names)) {
    const registry = countyOf(recording, kind, names, given);
    const compiled = compileRules(rules, registry, { tickMs });
    if (!compiled.ok) return compiled;
    if (compiled.value.size > 1) throw new Error('a recording is judged in one partition');
    lints = lintRules(rules, registry);
    const [ruleSet] = compiled.value.values();
    if (ruleSet === undefined) continue;
    first ??= ruleSet;
    for (const rule of ruleSet.rules) bound.set(JSON.stringify([rule.rule, rule.sensorId, rule.pointId]), rule);
  }
  if (first === undefined) return err([emptyRecording]);
  const order = new Map(names.rules.map((id, index) => [id, index]));
  const all = [...bound.values()].sort((a, b) => (order.get(ruleId(a)) ?? 0) - (order.get(ruleId(b)) ?? 0));
  const content = { ...first, rules: all, silence: { ...first.silence, gatewayLostAfterMs: NEVER_MS } };
  const notes = [
    ...recording.notes,
    ...unboundNotes(names, all, lints, rules),
    ...nameNotes(input, names),
    ...stepNotes(input, all),
  ];
  return ok({ ruleSet: { ...content, version: hashOf({ ...content, version: '' }) }, notes });
}

const note = (file: string, path: string, message: string): Lint => ({
  ...{ file, line: 0, column: 0, path, kind: 'not-here', message, severity: 'warning' },
});

const emptyRecording: Lint = {
  ...{ file: '', line: 0, column: 0, path: '', kind: 'recorded', severity: 'error' },
  message: 'the recording has no series',
  mend: 'look at --data, --from and --to',
};

function unboundNotes(
  names: Names,
  bound: readonly BoundRule[],
  lints: readonly Lint[],
  files: BacktestInput['rules'],
): readonly Lint[] {
  const there = new Set(bound.map(ruleId));
  const others = lints.filter(({ kind }) => kind !== 'nowhere');
  const unbound = names.rules.filter((id) => !there.has(id));
  const file = files.length === 1 ? (files[0]?.file ?? '') : '';
  return [...others, ...unbound.map((id) => note(file, id, `the rule ${id} watches nothing in this recording`))];
}

function nameNotes({ recording, county }: BacktestInput, names: Names): readonly Lint[] {
  const missing = missingNames(recording, names, county);
  const each = (what: string, list: readonly string[]) =>
    list.map((id) => note('', id, `rules name the ${what} ${id}, which this recording does not have`));
  return [...each('point', missing.points), ...each('sensor', missing.sensors), ...each('grid', missing.grids)];
}

/** What fell in an hour counts as of the row's own instant: a window shorter than the step sees all of it at once. */
function stepNotes({ recording }: BacktestInput, bound: readonly BoundRule[]): readonly Lint[] {
  const steps = new Map(recording.series.map((series) => [series.sensor.sensorId, stepOf(series)]));
  const coarse = bound.filter(
    ({ measure, sensorId }) => measure.kind === 'rollingSum' && measure.windowMs < (steps.get(sensorId) ?? 0),
  );
  return [...new Set(coarse.map(ruleId))].map((id) =>
    note(
      '',
      id,
      `the window of ${id} is shorter than the step of some recorded sensors: their amounts count as of one instant`,
    ),
  );
}
