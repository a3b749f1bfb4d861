/** Lints what a rule asks of a model's figure: which way it may raise, whether levels fit it, and limits that it never reaches. */
import type { LevelLimit, Params } from '#model/rule-set.ts';
import type { HazardModel } from './models/hazard-model.ts';
import type { RuleEntry } from './schema.ts';
import type { Path, Report } from './source.ts';

type Opened = { readonly model: HazardModel; readonly params: Params };

export function checkFigure(entry: RuleEntry, { model, params }: Opened, path: Path, fail: Report): void {
  checkDirection(entry, { model, params }, path, fail);
  if (model.doubtsOnly === true && entry.doubt === undefined)
    fail([...path, 'levels'], {
      kind: 'doubt',
      message: `${model.kind} doubts a sensor, it raises no level: one that it raised could not fall`,
      mend: 'write doubt: { limit, hold } instead of levels',
    });
  if (entry.doubt === undefined) return;
  if (model.per === 'group')
    fail([...path, 'doubt'], {
      kind: 'doubt',
      message: `${model.kind} judges a group, a doubt is of one sensor`,
      mend: 'use corroboration',
    });
  for (const [index, { levels, schedule }] of (entry.overrides ?? []).entries())
    if (levels !== undefined || schedule !== undefined)
      fail([...path, 'overrides', index], {
        kind: 'doubt',
        message: 'a doubt has no levels',
        mend: 'only off is known here',
      });
  if (entry.schedule !== undefined)
    fail([...path, 'schedule'], {
      kind: 'doubt',
      message: 'a doubt has no levels that could change',
      mend: 'remove it',
    });
}

function checkDirection(entry: RuleEntry, { model, params }: Opened, path: Path, fail: Report): void {
  const at = [...path, 'raiseWhen'];
  const below = entry.raiseWhen === 'below';
  if (model.below === true) {
    if (entry.raiseWhen === 'above')
      fail(at, { kind: 'below', message: `${model.kind} is worse the lower it is`, mend: 'remove raiseWhen' });
    return;
  }
  if (below && model.upwardsOnly === true)
    fail(at, {
      kind: 'below',
      message: `${model.kind} with a hole in its data is a lower bound: downwards, missing data would raise`,
      mend: 'remove raiseWhen',
    });
  const worse = params['worse'];
  if (worse === undefined || below === (worse === 'lower')) return;
  if (below)
    fail(at, {
      kind: 'below',
      message: `a rule that raises as ${model.kind} falls needs worse: lower, or a hole in the data would raise it`,
      mend: 'add worse: lower to the measure',
    });
  else
    fail([...path, 'measure', 'worse'], {
      kind: 'below',
      message: 'worse: lower, but the rule raises as the figure rises',
      mend: 'add raiseWhen: below to the rule, or remove worse',
    });
}

/** Limits, as the engine has them, against the greatest figure (in steps) that the model ever gives. */
export function checkMost(
  limits: readonly LevelLimit[],
  most: number,
  below: boolean,
  at: Path,
  report: Report,
): boolean {
  let sound = true;
  for (const { level, limit, deadband } of limits) {
    const stands = below ? -limit >= most : false;
    const stuck = below && !stands && deadband - limit > most;
    if (!stands && !stuck && (below || limit <= most)) continue;
    sound = false;
    if (stands)
      report(at, {
        kind: 'always',
        message: `${level} would always stand: the figure is never above this limit`,
        mend: 'lower the limit, or look farther ahead (horizon)',
      });
    else if (stuck)
      report(at, {
        kind: 'deadband',
        message: `${level} could never be lowered: limit and deadband together are beyond the greatest figure`,
        mend: 'use a smaller deadband or limit, or look farther ahead (horizon)',
      });
    else
      report(at, {
        kind: 'never',
        message: `${level} can never be reached: the model never gives so high a figure`,
        mend: 'lower the limit',
      });
  }
  return sound;
}
