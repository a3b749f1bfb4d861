/** Lints the meaning of a rule: what the form allows and the county or the quantity does not. */
import { LEVELS } from '#model/level.ts';
import { fromSteps, isQuantityCode, QUANTITIES, type QuantityCode, toSteps } from '#model/quantity.ts';
import { HAZARDS, type Registry } from '#model/registry.ts';
import type { LevelLimit } from '#model/rule-set.ts';
import { DAY_MS, MINUTE_MS } from '#model/time.ts';
import { DEFAULT_BUCKET_MS } from './defaults.ts';
import type { Levels, RuleEntry } from './schema.ts';
import type { Path, Report } from './source.ts';
import { nearest } from './words.ts';

const MAX_STEPS = 2 ** 30;
const MAX_WINDOW_MS = 15 * DAY_MS;

function reportUnknown(report: Report, path: Path, what: string, word: string, known: Iterable<string>): void {
  const meant = nearest(word, known);
  const mend = meant === undefined ? undefined : `did you mean "${meant}"?`;
  const finding = { kind: `unknown-${what}`, message: `there is no ${what} "${word}"` };
  report(path, mend === undefined ? finding : { ...finding, mend });
}

/** Whether the rule can be bound at all; everything that is wrong is reported. */
export function checkRule(entry: RuleEntry, path: Path, registry: Registry, report: Report): boolean {
  let sound = true;
  const fail: Report = (at, finding) => {
    if (finding.severity !== 'warning') sound = false;
    report(at, finding);
  };
  if (!HAZARDS.some((hazard) => hazard === entry.hazard))
    reportUnknown(fail, [...path, 'hazard'], 'hazard', entry.hazard, HAZARDS);
  if (isQuantityCode(entry.quantity)) checkQuantity(entry, entry.quantity, path, fail);
  else reportUnknown(fail, [...path, 'quantity'], 'quantity', entry.quantity, Object.keys(QUANTITIES));
  checkMeasure(entry, path, fail);
  checkPlaces(entry, path, registry, fail);
  return sound;
}

function checkQuantity(entry: RuleEntry, quantity: QuantityCode, path: Path, fail: Report): void {
  const unit = `${QUANTITIES[quantity].unit}${entry.measure.kind === 'rate' ? '/h' : ''}`;
  if (entry.unit !== undefined && entry.unit !== unit)
    fail([...path, 'unit'], {
      kind: 'unit',
      message: `the unit of ${quantity} here is ${unit}, not ${entry.unit}`,
      mend: `write the limits in ${unit}`,
    });
  const isIncrement = QUANTITIES[quantity].kind === 'increment';
  if (isIncrement !== (entry.measure.kind === 'rollingSum'))
    fail([...path, 'measure', 'kind'], {
      kind: 'measure',
      message: isIncrement
        ? `${quantity} is an amount since the previous reading: only its sum over a window has a meaning`
        : `${quantity} is not an amount that adds up`,
      mend: isIncrement ? 'use rollingSum' : 'use value or rate',
    });
  if (Object.values(entry.levels).every((level) => level === undefined))
    fail([...path, 'levels'], { kind: 'no-level', message: 'a rule needs at least one level' });
  checkSteps(entry.levels, quantity, [...path, 'levels'], fail);
  for (const [index, override] of (entry.overrides ?? []).entries())
    if (override.levels !== undefined)
      checkSteps(override.levels, quantity, [...path, 'overrides', index, 'levels'], fail);
}

function checkSteps(levels: Levels, quantity: QuantityCode, path: Path, fail: Report): void {
  for (const level of LEVELS) {
    if (level === 'none') continue;
    const given = levels[level];
    if (given === undefined) continue;
    for (const value of [given.limit, given.deadband]) {
      if (value === undefined) continue;
      const steps = toSteps(quantity, value);
      const step = fromSteps(quantity, 1);
      if (Math.abs(steps) >= MAX_STEPS)
        fail([...path, level], { kind: 'too-large', message: `${value} is beyond what ${quantity} can be` });
      else if (Math.abs(fromSteps(quantity, steps) - value) > step * 1e-6)
        fail([...path, level], {
          kind: 'step',
          message: `${value} is not a whole number of steps of ${step} ${QUANTITIES[quantity].unit}`,
          mend: `use ${fromSteps(quantity, steps)}`,
        });
    }
  }
}

function checkMeasure(entry: RuleEntry, path: Path, fail: Report): void {
  if (entry.measure.kind === 'value') return;
  const { window } = entry.measure;
  const at = [...path, 'measure', 'window'];
  if (window < MINUTE_MS || window > MAX_WINDOW_MS)
    fail(at, { kind: 'window', message: 'a window is between 1 minute and 15 days' });
  if (entry.measure.kind !== 'rollingSum') return;
  const bucket = entry.measure.bucket ?? DEFAULT_BUCKET_MS;
  if (bucket < MINUTE_MS || DAY_MS % bucket !== 0)
    fail([...path, 'measure', 'bucket'], {
      kind: 'bucket',
      message: 'a bucket is at least 1 minute and divides the day',
      mend: 'use 5m',
    });
  else if (window % bucket !== 0)
    fail(at, {
      kind: 'window',
      message: `the window is not a whole number of buckets of ${bucket / MINUTE_MS} minutes`,
      mend: `use ${(Math.max(1, Math.round(window / bucket)) * bucket) / MINUTE_MS}m`,
    });
}

function checkPlaces(entry: RuleEntry, path: Path, registry: Registry, fail: Report): void {
  const each = (codes: readonly string[] | undefined, known: ReadonlyMap<string, unknown>, what: string, at: Path) => {
    for (const [index, code] of (codes ?? []).entries())
      if (!known.has(code)) reportUnknown(fail, [...at, index], what, code, known.keys());
  };
  each(entry.where?.grids, registry.grids, 'grid', [...path, 'where', 'grids']);
  each(entry.where?.points, registry.points, 'point', [...path, 'where', 'points']);
  each(entry.where?.sensors, registry.sensors, 'sensor', [...path, 'where', 'sensors']);
  for (const [index, override] of (entry.overrides ?? []).entries()) {
    const at = [...path, 'overrides', index];
    each(override.grids, registry.grids, 'grid', [...at, 'grids']);
    each(override.points, registry.points, 'point', [...at, 'points']);
    if (override.grids === undefined && override.points === undefined)
      fail(at, { kind: 'override', message: 'an override says where it holds', mend: 'add grids or points' });
  }
}

/** Lints limits as they hold at one sensor; `where` names it when only an override makes them wrong. */
export function checkLimits(
  limits: readonly LevelLimit[],
  positive: boolean,
  where: string,
  at: Path,
  report: Report,
): boolean {
  let sound = true;
  for (const [index, limit] of limits.entries()) {
    const above = limits[index + 1];
    if (above !== undefined && limit.limit >= above.limit) {
      sound = false;
      report(at, {
        kind: 'level-order',
        message: `${limit.level} is not below ${above.level}${where}: ${above.level} would come first`,
        mend: 'raise the limit of the more severe level',
      });
    }
    if (limit.deadband < 1) {
      sound = false;
      report(at, {
        kind: 'deadband',
        message: `${limit.level}${where} has no deadband: a value at its limit would flap`,
        mend: 'leave it out, or use one step at least',
      });
    }
    if (positive && limit.deadband > limit.limit) {
      sound = false;
      report(at, {
        kind: 'deadband',
        message: `${limit.level}${where} could never be lowered: its deadband is larger than its limit`,
        mend: 'use a smaller deadband',
      });
    }
  }
  return sound;
}
