/** Compiles one rule: checked, then bound to every sensor that it selects, with the limits that hold there. */
import { hashOf } from '#model/hash.ts';
import { isQuantityCode, type QuantityCode } from '#model/quantity.ts';
import { ancestry, type Hazard, type HazardPoint, type Registry, type Sensor } from '#model/registry.ts';
import type { BoundRule, LevelLimit, Measure } from '#model/rule-set.ts';
import { gaugeLimitM } from '#model/water.ts';
import { limitsOf, overridesAt, ownMeasureOf, plainOnly, type Resolve, type Scale, scaleOf } from './bind.ts';
import { groupSensors, type InputContext, inputsOf, type OpenedModel, openModel } from './bind-model.ts';
import { layersOf, type Variant, variantsOf } from './bind-schedule.ts';
import { checkLimits, checkRule } from './check.ts';
import { checkMost } from './check-figure.ts';
import { resolveHeights } from './models/height.ts';
import type { RuleEntry } from './schema.ts';
import type { Path, Report } from './source.ts';

/** Of one binding: 2 MB; the longest windows that make sense need a tenth of it. */
const MOST_NUMBERS = 2 ** 18;

/** What a rule measures; undefined when its model could not be opened. */
export function measureOf(
  entry: RuleEntry,
  opened: OpenedModel | undefined,
  quantity: QuantityCode,
): Measure | undefined {
  const own = ownMeasureOf(entry);
  if (own !== undefined) return own;
  if (opened === undefined) return undefined;
  const { model, params } = opened;
  return { kind: 'model', model: model.kind, params, figure: model.figure(params, quantity) };
}

/** The rule at every sensor or group that it selects. */
export function bindRule(entry: RuleEntry, path: Path, context: InputContext, report: Report): BoundRule[] {
  const opened = openModel(entry, path, report);
  if (entry.measure.kind === 'model' && opened === undefined) return [];
  if (!checkRule(entry, opened, path, context.registry, report)) return [];
  const quantity = entry.quantity as QuantityCode;
  const measure = measureOf(entry, opened, quantity);
  if (measure === undefined || !isQuantityCode(quantity)) return [];
  const below = opened?.model.below === true || entry.raiseWhen === 'below';
  const task: Task = {
    entry,
    path,
    opened,
    measure,
    scale: scaleOf(quantity, measure),
    below,
    context,
    told: new Set(),
  };
  if (!checkPlain(task, report)) return [];
  const selected = [...context.registry.sensors.values()].filter((sensor) => selects(entry, sensor, context.registry));
  const per = opened?.model.per === 'group' ? (entry.per ?? 'point') : 'sensor';
  const bound = groupSensors(selected, per).flatMap((group) => bindGroup(task, group, report) ?? []);
  if (bound.length === 0 && task.told.size === 0)
    report([...path, 'where'], {
      kind: 'nowhere',
      message: 'no sensor of the county is watched by this rule',
      mend: 'look at where and quantity',
      severity: 'warning',
    });
  return bound;
}

type Task = {
  readonly entry: RuleEntry;
  readonly path: Path;
  readonly opened: OpenedModel | undefined;
  readonly measure: Measure;
  readonly scale: Scale;
  readonly below: boolean;
  readonly context: InputContext;
  /** Findings that were told at one place are not told at every other. */
  readonly told: Set<string>;
};

/** The limits as they stand in the rule, before any place is looked at. */
function checkPlain(task: Task, report: Report): boolean {
  const { entry, path, scale, below } = task;
  let sound = true;
  const fail: Report = (at, finding) => {
    sound = false;
    report(at, finding);
  };
  const layers = layersOf(entry, [], path, fail);
  for (const [index, override] of (entry.overrides ?? []).entries())
    layersOf({ ...entry, schedule: undefined }, [{ override, index }], path, fail);
  const { variants, tooMany } = variantsOf(layers, (chosen) => limitsOf(task, chosen, plainOnly));
  if (tooMany)
    fail([...path, 'schedule'], { kind: 'schedule', message: 'there are more than 8 spans', mend: 'join some' });
  for (const { limits, paths } of variants) {
    if (!sound) break;
    const at = [...(paths.at(-1) ?? path), 'levels'];
    sound =
      checkLimits(limits, { positive: scale.positive, below }, '', at, report) && reaches(task, limits, at, report);
  }
  return sound;
}

function selects(entry: RuleEntry, sensor: Sensor, registry: Registry): boolean {
  const point = registry.points.get(sensor.pointId);
  if (point === undefined || sensor.quantity !== entry.quantity) return false;
  const { kinds, grids, points, sensors } = entry.where ?? {};
  if (kinds !== undefined && !kinds.includes(point.kind)) return false;
  if (points !== undefined && !points.includes(point.id)) return false;
  if (sensors !== undefined && !sensors.includes(sensor.id)) return false;
  return grids === undefined || ancestry(registry, point.gridCode).some(({ code }) => grids.includes(code));
}

/** Tells a finding once a rule, however many places have it. */
function tellOnce(task: Task, key: string, tell: () => void): void {
  if (task.told.has(key)) return;
  task.told.add(key);
  tell();
}

function bindGroup(task: Task, group: readonly [Sensor, ...Sensor[]], report: Report): BoundRule | undefined {
  const { entry, path, opened, below, context } = task;
  const [own] = group;
  const point = context.registry.points.get(own.pointId);
  if (point === undefined) return undefined;
  const grids = ancestry(context.registry, point.gridCode).map(({ code }) => code);
  const overrides = overridesAt(entry, point.id, grids);
  if (overrides.at(-1)?.override.off === true) return undefined;
  const measure = measureAt(task, point, report);
  if (measure === undefined) return undefined;
  const inputs = opened === undefined ? undefined : inputsAt(task, opened, group, report);
  if (inputs === 'missing') return undefined;
  if (opened !== undefined && !fitsAt(task, opened, own, inputs ?? [], measure, report)) return undefined;
  const silent: Report = () => {};
  const layers = layersOf(entry, overrides, path, silent);
  const { variants, schedule } = variantsOf(layers, (chosen) => limitsOf(task, chosen, resolveAt(task, point, report)));
  if (!checkVariants(task, variants, overrides.length > 0, point, report)) return undefined;
  const limits = variants.find(({ mask }) => mask === 0)?.limits ?? [];
  if (entry.doubt === undefined && variants.every((variant) => variant.limits.length === 0)) return undefined;
  const doubt =
    entry.doubt === undefined ? undefined : { limit: task.scale.toSteps(entry.doubt.limit), holdMs: entry.doubt.hold };
  const hazard = (entry.hazard ?? 'equipment') as Hazard;
  const extra = {
    ...(below ? { below: true as const } : {}),
    ...(inputs === undefined || inputs.length === 0 ? {} : { inputs }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(doubt === undefined ? {} : { doubt }),
  };
  // The meaning as it holds here: an edit of one village's limits leaves all others their version.
  // Twelve digits tell the versions of one rule apart; the name has to be read by people.
  const version = hashOf({ hazard, quantity: own.quantity, measure, limits, ...extra }).slice(0, 12);
  const rule = `${entry.id}@${version}`;
  return { rule, title: entry.title, hazard, pointId: point.id, sensorId: own.id, measure, limits, ...extra };
}

/** The engine's limits against what the model can give at all. */
function reaches({ opened, scale, below }: Task, limits: readonly LevelLimit[], at: Path, report: Report): boolean {
  const most = opened?.model.most?.(opened.params) ?? null;
  return most === null || checkMost(limits, scale.toSteps(most), below, at, report);
}

/** The measure with heights of this station's own. */
function measureAt(task: Task, point: HazardPoint, report: Report): Measure | undefined {
  const { measure, path } = task;
  if (measure.kind !== 'model') return measure;
  const { params, missing } = resolveHeights(measure.params, point.water);
  for (const { message, mend } of missing)
    tellOnce(task, `height ${message}`, () =>
      report([...path, 'measure'], {
        kind: 'station-limit',
        message: `${message} (${point.id})`,
        mend,
        severity: 'warning',
      }),
    );
  return missing.length > 0 ? undefined : { ...measure, params };
}

function inputsAt(
  task: Task,
  { model }: OpenedModel,
  group: readonly [Sensor, ...Sensor[]],
  report: Report,
): BoundRule['inputs'] | 'missing' {
  const { inputs, missing } = inputsOf(task.entry, model, group, task.context);
  for (const message of missing)
    tellOnce(task, 'inputs', () =>
      report([...task.path, 'inputs'], {
        kind: 'inputs',
        message: `${message}; the rule does not hold there`,
        mend: 'name them under inputs, or leave the place out by where',
        severity: 'warning',
      }),
    );
  return missing.length > 0 ? 'missing' : inputs;
}

/** Whether the model can work with the sensors that were found, and with the memory that it may have. */
function fitsAt(
  task: Task,
  { model, params }: OpenedModel,
  own: Sensor,
  inputs: NonNullable<BoundRule['inputs']>,
  measure: Measure,
  report: Report,
): boolean {
  const ids = [own.id, ...inputs.map(({ sensorId }) => sensorId)];
  const sensors = ids.flatMap((id) => task.context.registry.sensors.get(id) ?? []);
  const unseen =
    model.unseen?.(
      params,
      sensors.map(({ id, quantity }) => ({ sensorId: id, quantity })),
    ) ?? [];
  for (const what of unseen)
    tellOnce(task, `unseen ${what}`, () =>
      report([...task.path, 'measure'], {
        kind: 'unseen',
        message: `no sensor at ${own.pointId} gives ${what}: it stays unknown there`,
        mend: 'name its sensor under inputs, ask with has(), or leave the place out by where',
        severity: 'warning',
      }),
    );
  const numbers = measure.kind === 'model' ? model.numbers(measure.params, ids.length) : 0;
  if (numbers <= MOST_NUMBERS) return true;
  tellOnce(task, 'memory', () =>
    report([...task.path, 'measure'], {
      kind: 'memory',
      message: `${model.kind} would keep ${Math.round(numbers / 131_072)} MB at ${own.id} alone`,
      mend: 'use shorter windows or larger buckets',
    }),
  );
  return false;
}

/** A level of the station's own table in the gauge's metres; a level that the station does not have is left out there. */
function resolveAt(task: Task, point: HazardPoint, report: Report): Resolve {
  return (limit) => {
    if (typeof limit === 'number') return limit;
    const { water } = point;
    if ('datum' in limit && water !== undefined) return Math.round((limit.datum - water.zeroM) * 1_000) / 1_000;
    if ('station' in limit && water !== undefined) return gaugeLimitM(water, limit.station);
    tellOnce(task, 'water', () =>
      report([...task.path, 'levels'], {
        kind: 'station-limit',
        message: `the point ${point.id} has no water table, so the levels of its station are not known`,
        mend: 'add water: { datum, gaugeZeroM, limits } to the point in points.yaml',
        severity: 'warning',
      }),
    );
    return undefined;
  };
}

function checkVariants(
  task: Task,
  variants: readonly Variant[],
  overridden: boolean,
  point: HazardPoint,
  report: Report,
): boolean {
  for (const { limits, paths } of variants) {
    const silent: Report = () => {};
    const kind = { positive: task.scale.positive, below: task.below };
    if (checkLimits(limits, kind, '', [], silent) && reaches(task, limits, [], silent)) continue;
    const at = [...(paths.at(-1) ?? placeOf(task, point, overridden)), 'levels'];
    tellOnce(task, `limits ${at.join('.')}`, () => {
      checkLimits(limits, kind, ` at ${point.id}`, at, report);
      reaches(task, limits, at, report);
    });
    return false;
  }
  return true;
}

/** The strongest override that holds at a point, or the rule itself. */
function placeOf(task: Task, point: HazardPoint, overridden: boolean): Path {
  if (!overridden) return task.path;
  const grids = ancestry(task.context.registry, point.gridCode).map(({ code }) => code);
  const index = overridesAt(task.entry, point.id, grids).at(-1)?.index ?? 0;
  return [...task.path, 'overrides', index];
}
