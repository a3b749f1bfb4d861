/** Lints the meaning of a rule: what the form allows and the county or the quantity does not. */
import { LEVELS } from '#model/level.ts';
import { isQuantityCode, QUANTITIES, type QuantityCode, UNIT_TEXT } from '#model/quantity.ts';
import { HAZARDS, type Registry } from '#model/registry.ts';
import type { LevelLimit } from '#model/rule-set.ts';
import { DAY_MS, MINUTE_MS } from '#model/time.ts';
import { isWaterLimitName, WATER_LIMIT_TEXT } from '#model/water.ts';
import { type Layer, type Scale, scaleOf } from './bind.ts';
import { checkModel, type OpenedModel } from './bind-model.ts';
import { measureOf } from './compile-rule.ts';
import { DEFAULT_BUCKET_MS } from './defaults.ts';
import type { Levels, LimitValue, RuleEntry } from './schema.ts';
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

/** Whether the rule can be bound at all; everything that is wrong is reported. `opened`: its model, when it has one. */
export function checkRule(
  entry: RuleEntry,
  opened: OpenedModel | undefined,
  path: Path,
  registry: Registry,
  report: Report,
): boolean {
  let sound = true;
  const fail: Report = (at, finding) => {
    if (finding.severity !== 'warning') sound = false;
    report(at, finding);
  };
  checkHazard(entry, path, fail);
  if (opened !== undefined) checkModel(entry, opened, path, registry, fail);
  else if (entry.inputs !== undefined || entry.per !== undefined)
    fail([...path, entry.inputs === undefined ? 'per' : 'inputs'], {
      kind: 'inputs',
      message: 'only a hazard model looks at further sensors',
      mend: 'remove it, or choose a model as the measure',
    });
  if (isQuantityCode(entry.quantity)) checkQuantity(entry, opened, entry.quantity, path, fail);
  else reportUnknown(fail, [...path, 'quantity'], 'quantity', entry.quantity, Object.keys(QUANTITIES));
  checkMeasure(entry, path, fail);
  checkPlaces(entry, path, registry, fail);
  return sound;
}

function checkHazard(entry: RuleEntry, path: Path, fail: Report): void {
  const { hazard, doubt, levels, measure } = entry;
  if (doubt === undefined && hazard === undefined)
    fail(path, {
      kind: 'hazard',
      message: 'a rule says of which hazard it warns',
      mend: `add hazard: one of ${HAZARDS.join(', ')}`,
    });
  else if (hazard !== undefined && !HAZARDS.some((known) => known === hazard))
    reportUnknown(fail, [...path, 'hazard'], 'hazard', hazard, HAZARDS);
  if (doubt !== undefined && levels !== undefined)
    fail([...path, 'doubt'], {
      kind: 'doubt',
      message: 'a rule either raises levels or doubts a sensor',
      mend: 'make two rules of it',
    });
  if (doubt !== undefined && measure.kind !== 'model')
    fail([...path, 'doubt'], {
      kind: 'doubt',
      message: 'only a hazard model can doubt a sensor',
      mend: 'use corroboration',
    });
  if (entry.raiseWhen === 'below' && (measure.kind === 'rollingSum' || doubt !== undefined))
    fail([...path, 'raiseWhen'], {
      kind: 'below',
      message: 'a sum or a doubt raises upwards only',
      mend: 'remove raiseWhen',
    });
}

function checkQuantity(
  entry: RuleEntry,
  opened: OpenedModel | undefined,
  quantity: QuantityCode,
  path: Path,
  fail: Report,
): void {
  const measure = measureOf(entry, opened, quantity);
  if (measure === undefined) return;
  const scale = scaleOf(quantity, measure);
  const shown = UNIT_TEXT[scale.unit] ?? scale.unit;
  if (entry.unit !== undefined && entry.unit !== scale.unit && entry.unit !== shown)
    fail([...path, 'unit'], {
      kind: 'unit',
      message: `the unit of ${scale.of} here is ${shown === '' ? 'none' : shown}, not ${entry.unit}`,
      mend: `write the limits in ${shown === '' ? 'plain numbers' : shown}`,
    });
  const isIncrement = QUANTITIES[quantity].kind === 'increment';
  if (measure.kind !== 'model' && isIncrement !== (measure.kind === 'rollingSum'))
    fail([...path, 'measure', 'kind'], {
      kind: 'measure',
      message: isIncrement
        ? `${quantity} is an amount since the previous reading: only its sum over a window has a meaning`
        : `${quantity} is not an amount that adds up`,
      mend: isIncrement ? 'use rollingSum' : 'use value or rate',
    });
  const layers = layersIn(entry, path);
  if (
    entry.doubt === undefined &&
    layers.every(({ layer }) => COLOURS.every((level) => layer.levels?.[level] === undefined))
  )
    fail([...path, 'levels'], { kind: 'no-level', message: 'a rule needs at least one level' });
  if (entry.doubt !== undefined) checkStep(entry.doubt.limit, scale, [...path, 'doubt', 'limit'], fail);
  for (const { layer, at } of layers) {
    if (layer.levels !== undefined) checkSteps(layer.levels, quantity, scale, [...at, 'levels'], fail);
    if (layer.deadband !== undefined) checkStep(layer.deadband, scale, [...at, 'deadband'], fail);
  }
}

const COLOURS = LEVELS.filter((level) => level !== 'none');

/** Everything in a rule that may bring limits, with its place. */
function layersIn(entry: RuleEntry, path: Path): readonly { readonly layer: Layer; readonly at: Path }[] {
  const timed = (list: RuleEntry['schedule'], at: Path) =>
    (list ?? []).map((layer, index) => ({ layer, at: [...at, 'schedule', index] }));
  return [
    { layer: entry, at: path },
    ...timed(entry.schedule, path),
    ...(entry.overrides ?? []).flatMap((override, index) => {
      const at = [...path, 'overrides', index];
      return [{ layer: override, at }, ...timed(override.schedule, at)];
    }),
  ];
}

function checkStep(value: number, scale: Scale, at: Path, fail: Report): void {
  const steps = scale.toSteps(value);
  const step = scale.fromSteps(1);
  if (Math.abs(steps) >= MAX_STEPS)
    fail(at, { kind: 'too-large', message: `${value} is beyond what ${scale.of} can be` });
  else if (Math.abs(scale.fromSteps(steps) - value) > step * 1e-6)
    fail(at, {
      kind: 'step',
      message: `${value} is not a whole number of steps of ${step} ${scale.unit}`.trimEnd(),
      mend: `use ${scale.fromSteps(steps)}`,
    });
}

function checkSteps(levels: Levels, quantity: QuantityCode, scale: Scale, path: Path, fail: Report): void {
  for (const level of COLOURS) {
    const given = levels[level];
    if (given === undefined) continue;
    if (typeof given.limit === 'number') checkStep(given.limit, scale, [...path, level], fail);
    else checkNamed(given.limit, quantity, [...path, level], fail);
    if (given.deadband !== undefined) checkStep(given.deadband, scale, [...path, level], fail);
  }
}

function checkNamed(limit: Exclude<LimitValue, number>, quantity: QuantityCode, at: Path, fail: Report): void {
  if (quantity !== 'level')
    fail(at, { kind: 'station-limit', message: `only a water level has limits of its station, not ${quantity}` });
  if ('station' in limit && !isWaterLimitName(limit.station))
    reportUnknown(fail, at, 'station limit', limit.station, Object.keys(WATER_LIMIT_TEXT));
}

function checkMeasure(entry: RuleEntry, path: Path, fail: Report): void {
  if (entry.measure.kind === 'value' || entry.measure.kind === 'model') return;
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
  { positive, below }: { readonly positive: boolean; readonly below: boolean },
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
        message: `${limit.level} is not ${below ? 'above' : 'below'} ${above.level}${where}: ${above.level} would come first`,
        mend: `${below ? 'lower' : 'raise'} the limit of the more severe level`,
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
    if (positive && !below && limit.deadband > limit.limit) {
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
