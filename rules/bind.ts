/** Binds one rule to one sensor: the limits that hold there, from defaults, the rule, and overrides, the nearer the stronger. */
import { LEVELS, type Level } from '#model/level.ts';
import { fromSteps, QUANTITIES, type QuantityCode, toSteps } from '#model/quantity.ts';
import type { GridCode, PointId } from '#model/registry.ts';
import type { FigureUnit, LevelLimit, Measure } from '#model/rule-set.ts';
import { isWaterLimitName } from '#model/water.ts';
import { DEFAULT_BUCKET_MS, DEFAULT_MIN_SAMPLES, defaultsOf, type LevelDefaults } from './defaults.ts';
import { HAZARD_MODELS } from './models/registry.ts';
import type { Levels, LimitValue, RuleEntry } from './schema.ts';

/** The engine's own measures; those of models are bound in bind-model.ts. */
export function ownMeasureOf(entry: RuleEntry): Exclude<Measure, { kind: 'model' }> | undefined {
  switch (entry.measure.kind) {
    case 'value':
      return { kind: 'value' };
    case 'rollingSum':
      return {
        kind: 'rollingSum',
        windowMs: entry.measure.window,
        bucketMs: entry.measure.bucket ?? DEFAULT_BUCKET_MS,
      };
    case 'rate':
      return {
        kind: 'rate',
        windowMs: entry.measure.window,
        minSamples: entry.measure.minSamples ?? DEFAULT_MIN_SAMPLES,
      };
    case 'model':
      return undefined;
    default:
      return entry.measure satisfies never;
  }
}

/** What limits are counted in. */
export type Scale = {
  /** Named in findings: a quantity's code or a figure's name. */
  readonly of: string;
  /** `mm/h`, `°`; empty for a pure number. */
  readonly unit: string;
  readonly toSteps: (inUnit: number) => number;
  readonly fromSteps: (steps: number) => number;
  /** It cannot be negative. */
  readonly positive: boolean;
  readonly defaults: LevelDefaults;
};

const figureSteps =
  ({ decimals }: FigureUnit) =>
  (inUnit: number) =>
    Math.sign(inUnit) * Math.round(Math.abs(inUnit) * 10 ** decimals * (1 + 1e-12));

export function scaleOf(quantity: QuantityCode, measure: Measure): Scale {
  if (measure.kind === 'model') {
    const { figure, model } = measure;
    const defaults = HAZARD_MODELS.get(model)?.defaults ?? defaultsOf('value', 'gauge');
    return {
      of: figure.name.en,
      unit: figure.unit,
      toSteps: figureSteps(figure),
      fromSteps: (steps) => steps / 10 ** figure.decimals,
      positive: false,
      defaults,
    };
  }
  const { kind, unit } = QUANTITIES[quantity];
  return {
    of: quantity,
    unit: measure.kind === 'rate' ? `${unit}/h` : unit,
    toSteps: (inUnit) => toSteps(quantity, inUnit),
    fromSteps: (steps) => fromSteps(quantity, steps),
    positive: kind !== 'gauge',
    defaults: defaultsOf(measure.kind, kind),
  };
}

export type Layer = {
  readonly levels?: Levels | undefined;
  readonly deadband?: number | undefined;
  readonly onDelay?: number | undefined;
  readonly offDelay?: number | undefined;
};
type Draft = { limit?: LimitValue; deadband?: number; onDelay?: number; offDelay?: number };

export const COLOURS = LEVELS.filter((level): level is Level => level !== 'none');

function applyTuning(draft: Draft, from: Layer): void {
  if (from.deadband !== undefined) draft.deadband = from.deadband;
  if (from.onDelay !== undefined) draft.onDelay = from.onDelay;
  if (from.offDelay !== undefined) draft.offDelay = from.offDelay;
}

/** Overrides that hold at a point: grids from the county down, then the point itself. */
export function overridesAt(entry: RuleEntry, pointId: PointId, grids: readonly GridCode[]) {
  const depth = (codes: readonly GridCode[] | undefined) =>
    Math.max(-1, ...(codes ?? []).map((code) => (grids.includes(code) ? grids.length - grids.indexOf(code) : -1)));
  return (entry.overrides ?? [])
    .map((override, index) => {
      const nearness = override.points?.includes(pointId) === true ? 1_000 : depth(override.grids);
      return { override, index, nearness };
    })
    .filter(({ nearness }) => nearness >= 0)
    .sort((a, b) => a.nearness - b.nearness || a.index - b.index);
}

/** How a limit of the rule file becomes a number in the unit; undefined when the place does not have it. */
export type Resolve = (limit: LimitValue) => number | undefined;

/** Before a rule is bound anywhere: what only a station can say is left out. */
export const plainOnly: Resolve = (limit) => (typeof limit === 'number' ? limit : undefined);

function nameOf(limit: LimitValue | undefined): Pick<LevelLimit, 'name'> {
  const name = typeof limit === 'object' && 'station' in limit ? limit.station : undefined;
  return name !== undefined && isWaterLimitName(name) ? { name } : {};
}

/** The limits in steps, negated when the rule raises downwards; `layers` from the weakest to the strongest. */
export function limitsOf(
  { scale, below }: { readonly scale: Scale; readonly below: boolean },
  layers: readonly Layer[],
  resolve: Resolve,
): LevelLimit[] {
  const drafts = new Map<Level, Draft>();
  // A level that only a later layer brings is tuned like the others.
  const common: Draft = {};
  for (const layer of layers) {
    applyTuning(common, layer);
    for (const draft of drafts.values()) applyTuning(draft, layer);
    for (const level of COLOURS) {
      const given = layer.levels?.[level];
      if (given === undefined) continue;
      const draft = drafts.get(level) ?? { ...common };
      draft.limit = given.limit;
      applyTuning(draft, given);
      drafts.set(level, draft);
    }
  }
  return COLOURS.flatMap((level) => {
    const draft = drafts.get(level);
    const inUnit = draft?.limit === undefined ? undefined : resolve(draft.limit);
    if (draft === undefined || inUnit === undefined) return [];
    const steps = scale.toSteps(inUnit);
    const usual = Math.max(1, Math.round(Math.abs(steps) * scale.defaults.deadbandPart));
    return [
      {
        level,
        limit: below && steps !== 0 ? -steps : steps,
        deadband: draft.deadband === undefined ? usual : scale.toSteps(draft.deadband),
        onDelayMs: draft.onDelay ?? scale.defaults.onDelayMs,
        offDelayMs: draft.offDelay ?? scale.defaults.offDelayMs,
        ...nameOf(draft.limit),
      },
    ];
  });
}
