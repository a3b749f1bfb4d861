/**
 * Tries one threshold over a range: the rule alone, with that level alone, and the rules that doubt; scored at each step.
 * From the same runs comes the ROC curve: hits against the time that a warning stood without an event.
 */
import { isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import { isLevel, type Level } from '#model/level.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import type { RuleText } from '../compile.ts';
import type { BacktestInput, Progress, Skill } from './result.ts';
import { runBacktest } from './run.ts';
import { scoreSkill } from './skill.ts';
import type { SkillOptions, Truth } from './truth.ts';

/** More steps than these are no sweep but a mistake in `step`. */
const MAX_STEPS = 1_000;

export type SweepSpec = { readonly rule: string; readonly level: Level; readonly limits: readonly number[] };

export type SweepPoint = { readonly limit: number; readonly skill: Skill };

export type Sweep = {
  readonly rule: string;
  readonly level: Level;
  readonly points: readonly SweepPoint[];
  /** Area under the curve of POD over the part of false time, 0.5 for a threshold that knows nothing. Null without truth. */
  readonly area: number | null;
};

/** `rainstorm-3h.red=60..120/10`; the ends belong to it. */
export function parseSweep(text: string): Result<SweepSpec, string> {
  const match = /^([a-z][a-z0-9-]*)\.([a-z]+)=(-?[\d.]+)\.\.(-?[\d.]+?)\/([\d.]+)$/.exec(text.trim());
  const [, rule = '', level = '', ...numbers] = match ?? [];
  const [from = Number.NaN, to = Number.NaN, step = Number.NaN] = numbers.map(Number);
  if (match === null || ![from, to, step].every(Number.isFinite))
    return err(`"${text}" is no sweep: write rule.level=from..to/step, e.g. rainstorm-3h.red=60..120/10`);
  if (!isLevel(level)) return err(`"${level}" is no level: blue, yellow, orange or red`);
  if (!(step > 0) || to < from) return err(`"${text}": the step is above 0 and the end is not below the beginning`);
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  if (count > MAX_STEPS) return err(`"${text}" has ${count} steps; at most ${MAX_STEPS}`);
  // Through decimal text, so that 0.1 + 0.2 is 0.3.
  const limits = Array.from({ length: count }, (_, index) => Number((from + index * step).toPrecision(12)));
  return ok({ rule, level, limits });
}

const isDoubt = (rule: YAMLMap): boolean => rule.has('doubt');

/** The rule files with this one limit and without all other levels; undefined when no file has the rule. */
export function withLimit(
  files: readonly RuleText[],
  { rule, level }: Pick<SweepSpec, 'rule' | 'level'>,
  limit: number,
): readonly RuleText[] | undefined {
  let found = false;
  const changed = files.map(({ file, text }) => {
    const document = parseDocument(text, { prettyErrors: false });
    const list = document.get('rules', true);
    if (!isSeq(list)) return { file, text };
    list.items = list.items.filter((item) => isMap(item) && (item.get('id') === rule || isDoubt(item)));
    for (const item of list.items) {
      if (!isMap(item) || item.get('id') !== rule) continue;
      found = true;
      item.delete('overrides');
      item.delete('schedule');
      const given = item.getIn(['levels', level]);
      const kept = isMap(given) ? (given.toJSON() as object) : {};
      item.set('levels', document.createNode({ [level]: { ...kept, limit } }));
    }
    return { file, text: String(document) };
  });
  return found ? changed : undefined;
}

const problem = (message: string, mend: string): Lint => ({
  ...{ file: '', line: 0, column: 0, path: '', kind: 'sweep', message, mend, severity: 'error' },
});

export function runSweep(
  input: BacktestInput,
  spec: SweepSpec,
  truth: Truth | undefined,
  options: Partial<SkillOptions>,
  onProgress: Progress = () => {},
): Result<Sweep, readonly Lint[]> {
  const { rule, level, limits } = spec;
  const points: SweepPoint[] = [];
  for (const [index, limit] of limits.entries()) {
    const rules = withLimit(input.rules, spec, limit);
    if (rules === undefined) return err([problem(`no rule file has a rule "${rule}"`, 'look at its id')]);
    const run = runBacktest({ ...input, rules });
    if (!run.ok) return run;
    points.push({ limit, skill: scoreSkill(run.value, truth, { ...options, warnLevel: level }) });
    onProgress(index + 1, limits.length, run.value.toMs);
  }
  return ok({ rule, level, points, area: areaOf(points) });
}

/** By trapezoids, from never warning (0, 0) to always warning (1, 1). */
function areaOf(points: readonly SweepPoint[]): number | null {
  const curve = points.flatMap(({ skill: { falseTime, pod } }) =>
    falseTime === null || pod === null ? [] : [{ x: falseTime, y: pod }],
  );
  if (curve.length === 0) return null;
  const whole = [{ x: 0, y: 0 }, ...curve, { x: 1, y: 1 }].sort((a, b) => a.x - b.x || a.y - b.y);
  let area = 0;
  for (const [index, { x, y }] of whole.entries()) {
    const before = whole[index - 1];
    if (before !== undefined) area += ((x - before.x) * (y + before.y)) / 2;
  }
  return area;
}
