/**
 * Many scenarios out of one: values of the scenario (`storm.totalMm=50..200/10`, `sensors.crack.failureAt=10d..30d/5d`,
 * `storm.shape=uniform,chicago`) and limits of rules (`slope-tangent.red=80..88/1`), in all combinations.
 */
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { isLevel } from '#model/level.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { RuleText } from '#rules/compile.ts';

export type Variation = { readonly path: readonly string[]; readonly values: readonly (number | string)[] };
/** One of all combinations: a value for each variation, in their order. */
export type Combination = readonly (number | string)[];

export const MAX_COMBINATIONS = 2_000;

const RANGE = /^(-?[\d.]+)(ms|s|m|h|d)?\.\.(-?[\d.]+?)(ms|s|m|h|d)?\/([\d.]+)(ms|s|m|h|d)?$/;
const NUMBER = /^-?\d+(\.\d+)?$/;

const asGiven = (text: string): number | string => (NUMBER.test(text) ? Number(text) : text);

function rangeOf(text: string): Result<readonly (number | string)[], string> {
  const match = RANGE.exec(text);
  if (match === null) return ok(text.split(',').map((part) => asGiven(part.trim())));
  const [, low, unit = '', high, unit2 = unit, by, unit3 = unit] = match;
  const [from, to, step] = [Number(low), Number(high), Number(by)];
  if (![from, to, step].every(Number.isFinite)) return err('these are no numbers');
  if (unit !== unit2 || unit !== unit3) return err('write both ends and the step in one unit');
  if (!(step > 0) || to < from) return err('the step is above 0 and the end is not below the beginning');
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  if (count > MAX_COMBINATIONS) return err(`${count} steps; at most ${MAX_COMBINATIONS}`);
  // Through decimal text, so that 0.1 + 0.2 is 0.3.
  const values = Array.from({ length: count }, (_, index) => Number((from + index * step).toPrecision(12)));
  return ok(unit === '' ? values : values.map((value) => `${value}${unit}`));
}

/** `PATH=FROM..TO/STEP`, the ends included, or `PATH=A,B,C`. */
export function parseVariation(text: string): Result<Variation, string> {
  const equals = text.indexOf('=');
  const path = text
    .slice(0, equals)
    .split('.')
    .map((part) => part.trim());
  const refuse = (why: string) =>
    err(`--vary "${text}": ${why}; write e.g. storm.totalMm=50..200/10 or slope-tangent.red=80,85`);
  if (equals <= 0 || path.some((part) => part === '')) return refuse('there is no path before =');
  const values = rangeOf(text.slice(equals + 1).trim());
  if (!values.ok) return refuse(values.error);
  return values.value.some((value) => value === '') ? refuse('a value is empty') : ok({ path, values: values.value });
}

/** All combinations, the last variation fastest; refused when there are too many. */
export function combinationsOf(variations: readonly Variation[]): Result<readonly Combination[], string> {
  const count = variations.reduce((product, { values }) => product * values.length, 1);
  if (count > MAX_COMBINATIONS) return err(`${count} combinations; at most ${MAX_COMBINATIONS}`);
  return ok(
    variations.reduce<readonly Combination[]>(
      (before, { values }) => before.flatMap((one) => values.map((value) => [...one, value])),
      [[]],
    ),
  );
}

export type Varied = { readonly text: string; readonly rules: readonly RuleText[] };

/** A sensor is named by its id, anything else by its key or its number in a list. */
function inScenario(text: string, path: readonly string[], value: number | string): Result<string, string> {
  const document = parseDocument(text, { prettyErrors: false });
  const steps: (string | number)[] = [];
  for (const [index, part] of path.entries()) {
    const parent: unknown = steps.length === 0 ? document.contents : document.getIn(steps, true);
    if (isSeq(parent)) {
      const at = parent.items.findIndex((item) => isMap(item) && item.get('sensor') === part);
      const number = at >= 0 ? at : Number(part);
      if (!Number.isInteger(number) || number < 0 || number >= parent.items.length)
        return err(`the scenario has no ${path.slice(0, index + 1).join('.')}`);
      steps.push(number);
    } else if (isMap(parent)) {
      const isLast = index === path.length - 1;
      // A key that is left out has a default, which may be varied; a part of what is not there may not.
      if (!parent.has(part) && (!isLast || index === 0))
        return err(`the scenario has no ${path.slice(0, index + 1).join('.')}`);
      steps.push(part);
    } else return err(`the scenario has no ${path.join('.')}`);
  }
  document.setIn(steps, value);
  return ok(String(document));
}

/** A limit of a rule, wherever the rule says it, or another of its fields (`RULE.measure.window`). */
function inRules(
  rules: readonly RuleText[],
  path: readonly string[],
  value: number | string,
): Result<readonly RuleText[], string> {
  const [id = '', ...field] = path;
  const [level = ''] = field;
  let found = false;
  const changed = rules.map(({ file, text }): RuleText => {
    const document = parseDocument(text, { prettyErrors: false });
    const list = document.get('rules', true);
    if (!isSeq(list)) return { file, text };
    for (const item of list.items) {
      if (!isMap(item) || item.get('id') !== id) continue;
      found = true;
      if (field.length !== 1 || !isLevel(level)) {
        item.setIn(field, value);
        continue;
      }
      const given = item.getIn(['levels', level], true);
      item.setIn(isMap(given) && given.has('limit') ? ['levels', level, 'limit'] : ['levels', level], value);
      // What a place or a season says of this level would hide the limit that is tried.
      for (const key of ['overrides', 'schedule']) {
        const others = item.get(key);
        if (isSeq(others))
          for (const other of others.items)
            if (isMap(other) && other.hasIn(['levels', level])) other.deleteIn(['levels', level]);
      }
    }
    return { file, text: String(document) };
  });
  return found ? ok(changed) : err(`neither the scenario nor a rule is called ${id}`);
}

/** A path is the scenario's where its first part is a key there, and a rule's otherwise. */
export function vary(
  text: string,
  rules: readonly RuleText[],
  variations: readonly Variation[],
  values: Combination,
): Result<Varied, string> {
  let varied: Varied = { text, rules };
  const { contents } = parseDocument(text, { prettyErrors: false });
  const keys = new Set(
    isMap(contents) ? contents.items.map(({ key }) => (isScalar(key) ? String(key.value) : '')) : [],
  );
  for (const [index, { path }] of variations.entries()) {
    const value = values[index] ?? '';
    if (keys.has(path[0] ?? '')) {
      const next = inScenario(varied.text, path, value);
      if (!next.ok) return next;
      varied = { ...varied, text: next.value };
    } else {
      const next = inRules(varied.rules, path, value);
      if (!next.ok) return next;
      varied = { ...varied, rules: next.value };
    }
  }
  return ok(varied);
}
