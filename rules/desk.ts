/** Writes transitions: gives each its id from the row's position, its evidence and its reason. */
import { type LevelOrNone, levelOfRank } from '#model/level.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Origin } from '#model/reading.ts';
import type { Hazard } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import {
  type Evidence,
  type Forecast,
  type Note,
  type Subject,
  subjectKey,
  type Transition,
} from '#model/transition.ts';
import { HAZARD_MODELS } from './models/registry.ts';
import { type EngineState, INTS, ORIGIN, originOf, type RuleDef } from './state.ts';

/** The row being judged and what came of it so far. */
export type Desk = {
  readonly site: 'centre' | 'edge';
  readonly partition: number;
  pos: number;
  receivedAtMs: EpochMs;
  /** The row's instants rest on the time of receipt. */
  unsure: boolean;
  count: number;
  out: Transition[];
  /** What edges did and which sensors are doubted, in the order of their rows. */
  notes: Note[];
};

export const openDesk = (partition: number, site: Desk['site']): Desk => ({
  site,
  partition,
  pos: 0,
  receivedAtMs: 0,
  unsure: false,
  count: 0,
  out: [],
  notes: [],
});

type Draft = {
  readonly rule: string;
  readonly subject: Subject;
  readonly hazard: Hazard;
  readonly origin: Origin;
  readonly from: LevelOrNone;
  readonly to: LevelOrNone;
  readonly condition: Transition['condition'];
  readonly atMs: EpochMs;
  readonly late: boolean;
  readonly reason: Text;
  readonly evidence: Evidence;
  /** Where it was judged, when not here. */
  readonly site?: Desk['site'];
};

export function writeTransition(desk: Desk, draft: Draft): void {
  const place = `${desk.partition}:${desk.pos}:${desk.count++}`;
  desk.out.push({
    id: `${draft.rule}|${subjectKey(draft.subject)}|${place}`,
    rule: draft.rule,
    subject: draft.subject,
    hazard: draft.hazard,
    site: draft.site ?? desk.site,
    origin: draft.origin,
    from: draft.from,
    to: draft.to,
    condition: draft.condition,
    atMs: draft.atMs,
    decidedAtMs: desk.receivedAtMs,
    late: draft.late,
    reason: draft.reason,
    evidence: draft.evidence,
    partition: desk.partition,
    pos: desk.pos,
  });
}

export const limitOf = (def: RuleDef, level: LevelOrNone) => def.limits.find((limit) => limit.level === level);
export const quantityOf = (state: EngineState, slot: number): QuantityCode => state.quantities[slot] ?? 'fault';
export function windowOf({ measure }: Pick<RuleDef, 'measure'>): number | null {
  if (measure.kind === 'value') return null;
  if (measure.kind === 'model') return HAZARD_MODELS.get(measure.model)?.windowMs?.(measure.params) ?? null;
  return measure.windowMs;
}
export const originOfSlot = (state: EngineState, slot: number): Origin =>
  originOf(state.ints[slot * INTS + ORIGIN] as number);

export const defOfBinding = (state: EngineState, binding: number): RuleDef =>
  state.defs[state.defOf[binding] as number] as RuleDef;

type BindingChange = {
  readonly from: number;
  readonly to: number;
  readonly condition: Transition['condition'];
  readonly atMs: EpochMs;
  readonly late: boolean;
  readonly reason: Text;
  /** Null when nothing was measured, e.g. when the data stopped. */
  readonly value: number | null;
  readonly limit: number | null;
  readonly coverage: number | null;
  readonly origin?: Origin;
  readonly forecast?: Forecast;
};

/** A transition of one rule at one sensor. */
export function writeBindingChange(state: EngineState, desk: Desk, binding: number, change: BindingChange): void {
  const def = defOfBinding(state, binding);
  const slot = state.slotOfBinding[binding] as number;
  const { measure } = def;
  // The limits and values of a rule that raises downwards are kept negated.
  const shown = (value: number): number => (def.below === true && value !== 0 ? -value : value);
  writeTransition(desk, {
    rule: def.rule,
    subject: { kind: 'point', id: state.points[state.bindPoint[binding] as number] ?? '' },
    hazard: def.hazard,
    origin: change.origin ?? originOfSlot(state, slot),
    from: levelOfRank(change.from),
    to: levelOfRank(change.to),
    condition: change.condition,
    atMs: change.atMs,
    late: change.late,
    reason: change.reason,
    evidence: {
      sensorId: state.sensorIds[slot] ?? null,
      quantity: quantityOf(state, slot),
      measure: measure.kind === 'model' ? measure.model : measure.kind,
      windowMs: windowOf(def),
      value: change.value === null ? null : shown(change.value),
      limit: change.limit === null ? null : shown(change.limit),
      limits: def.limits.map(({ level, limit }) => ({ level, limit: shown(limit) })),
      coverage: change.coverage,
      ...(measure.kind === 'model' ? { figure: measure.figure } : {}),
      ...(change.forecast === undefined ? {} : { forecast: change.forecast }),
    },
  });
}
