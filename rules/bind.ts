/** Binds one rule to one sensor: the limits that hold there, from defaults, the rule, and overrides, the nearer the stronger. */
import { LEVELS, type Level } from '#model/level.ts';
import { QUANTITIES, type QuantityCode, toSteps } from '#model/quantity.ts';
import type { GridCode, PointId } from '#model/registry.ts';
import type { LevelLimit, Measure } from '#model/rule-set.ts';
import { DEFAULT_BUCKET_MS, DEFAULT_MIN_SAMPLES, defaultsOf } from './defaults.ts';
import type { Levels, RuleEntry } from './schema.ts';

export function measureOf(entry: RuleEntry): Measure {
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
    default:
      return entry.measure satisfies never;
  }
}

type Layer = {
  readonly levels?: Levels | undefined;
  readonly deadband?: number | undefined;
  readonly onDelay?: number | undefined;
  readonly offDelay?: number | undefined;
};
type Draft = { limit?: number; deadband?: number; onDelay?: number; offDelay?: number };

const COLOURS = LEVELS.filter((level): level is Level => level !== 'none');

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

/** The limits in steps; `layers` from the weakest to the strongest. */
export function limitsOf(quantity: QuantityCode, measure: Measure, layers: readonly Layer[]): LevelLimit[] {
  const drafts = new Map<Level, Draft>();
  for (const layer of layers) {
    for (const draft of drafts.values()) applyTuning(draft, layer);
    for (const level of COLOURS) {
      const given = layer.levels?.[level];
      if (given === undefined) continue;
      const draft = drafts.get(level) ?? {};
      if (!drafts.has(level)) applyTuning(draft, layer);
      draft.limit = given.limit;
      applyTuning(draft, given);
      drafts.set(level, draft);
    }
  }
  const defaults = defaultsOf(measure.kind, QUANTITIES[quantity].kind);
  return COLOURS.flatMap((level) => {
    const draft = drafts.get(level);
    if (draft?.limit === undefined) return [];
    const limit = toSteps(quantity, draft.limit);
    const usual = Math.max(1, Math.round(Math.abs(limit) * defaults.deadbandPart));
    return [
      {
        level,
        limit,
        deadband: draft.deadband === undefined ? usual : toSteps(quantity, draft.deadband),
        onDelayMs: draft.onDelay ?? defaults.onDelayMs,
        offDelayMs: draft.offDelay ?? defaults.offDelayMs,
      },
    ];
  });
}
