/** Lays a rule set out as empty columns: which sensor has which slot, ring and bindings. */
import type { SensorId } from '#model/reading.ts';
import type { BoundRule, CompiledRuleSet } from '#model/rule-set.ts';
import { DAY_MS } from '#model/time.ts';
import { openModels } from './models/open-models.ts';
import { HAZARD_MODELS } from './models/registry.ts';
import {
  allocate,
  BIND_FROM,
  BIND_TO,
  BRIDGE,
  DEFAULT_BUCKET_MS,
  type EdgeState,
  type EngineState,
  INTS,
  type ModelBinding,
  ORIGIN,
  originIndex,
  RING,
  type RuleDef,
  STALE_MS,
  SUM_TO,
} from './state.ts';

const MAX_STALE_MS = 0x7fffffff;

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Gives equal things one number. */
function interner<T>(): { readonly add: (key: string, value: T) => number; readonly all: T[] } {
  const all: T[] = [];
  const indexes = new Map<string, number>();
  return {
    all,
    add: (key, value) => {
      let index = indexes.get(key);
      if (index === undefined) {
        index = all.length;
        all.push(value);
        indexes.set(key, index);
      }
      return index;
    },
  };
}

/** Rules of each sensor, sums first, in the order of the set. */
function groupRules(ruleSet: CompiledRuleSet, slotOf: ReadonlyMap<SensorId, number>): BoundRule[][] {
  const groups: BoundRule[][] = ruleSet.inventory.map(() => []);
  for (const rule of ruleSet.rules) {
    const slot = slotOf.get(rule.sensorId);
    if (slot !== undefined) groups[slot]?.push(rule);
  }
  const isSum = (rule: BoundRule) => (rule.measure.kind === 'rollingSum' ? 0 : 1);
  for (const group of groups) group.sort((a, b) => isSum(a) - isSum(b));
  return groups;
}

/** Short for the engine's own measures, of which a county has many: their name has the hash of their meaning. */
const keyOf = (def: RuleDef): string =>
  def.measure.kind === 'model' || def.schedule !== undefined || def.below === true
    ? JSON.stringify(def)
    : `${def.rule} ${def.measure.kind} ${JSON.stringify(def.limits)}`;

/** Numbers of memory that a rule's model needs; 0 for the engine's own measures. */
function cellsOf({ measure, inputs = [] }: BoundRule): number {
  if (measure.kind !== 'model') return 0;
  return HAZARD_MODELS.get(measure.model)?.numbers(measure.params, inputs.length + 1) ?? 0;
}

export type Previous = Pick<EngineState, 'bucketMs' | 'ringLength' | 'version'>;

/** All rules share one bucket: the greatest that divides every rule's; the rings keep a day at least. */
function ringShape(ruleSet: CompiledRuleSet, previous: Previous): { bucketMs: number; ringLength: number } {
  let bucketMs = 0;
  let windowMs = DAY_MS;
  for (const { measure } of ruleSet.rules) {
    if (measure.kind !== 'rollingSum') continue;
    bucketMs = gcd(bucketMs, measure.bucketMs);
    windowMs = Math.max(windowMs, measure.windowMs);
  }
  if (bucketMs === 0) bucketMs = previous.version === '' ? DEFAULT_BUCKET_MS : previous.bucketMs;
  const wanted = Math.ceil(windowMs / bucketMs);
  return { bucketMs, ringLength: previous.bucketMs === bucketMs ? Math.max(wanted, previous.ringLength) : wanted };
}

export function layOut(
  ruleSet: CompiledRuleSet,
  isIncrement: (quantity: string) => boolean,
  previous: Previous,
): EngineState {
  const slotOf = new Map(ruleSet.inventory.map(({ sensorId }, slot) => [sensorId, slot]));
  const groups = groupRules(ruleSet, slotOf);
  const { bucketMs, ringLength } = ringShape(ruleSet, previous);
  const points = interner<string>();
  const edges = interner<string>();
  const defs = interner<RuleDef>();
  const hasRing = (slot: number): boolean =>
    groups[slot]?.[0]?.measure.kind === 'rollingSum' || isIncrement(ruleSet.inventory[slot]?.quantity ?? '');
  const columns = allocate({
    sensors: ruleSet.inventory.length,
    bindings: groups.reduce((sum, group) => sum + group.length, 0),
    rings: groups.filter((_, slot) => hasRing(slot)).length,
    ringLength,
    slopes: groups.reduce((sum, group) => sum + group.filter(({ measure }) => measure.kind === 'rate').length, 0),
    models: groups.reduce((sum, group) => sum + group.filter(({ measure }) => measure.kind === 'model').length, 0),
    cells: groups.flat().reduce((sum, rule) => sum + cellsOf(rule), 0),
  });
  let binding = 0;
  let ring = 0;
  let slope = 0;
  const models: ModelBinding[] = [];
  let cellsAt = 0;
  for (const [slot, sensor] of ruleSet.inventory.entries()) {
    const s = slot * INTS;
    columns.ints[s + RING] = hasRing(slot) ? ring++ * ringLength : -1;
    columns.ints[s + ORIGIN] = originIndex(sensor.origin ?? 'live');
    columns.ints[s + STALE_MS] = Math.min(sensor.staleAfterMs, MAX_STALE_MS);
    columns.ints[s + BRIDGE] = Math.min(Math.ceil(sensor.staleAfterMs / bucketMs), ringLength);
    columns.edgeOf[slot] = edges.add(sensor.edgeId, sensor.edgeId);
    columns.pointOf[slot] = points.add(sensor.pointId, sensor.pointId);
    columns.ints[s + BIND_FROM] = binding;
    columns.ints[s + SUM_TO] = binding;
    for (const rule of groups[slot] ?? []) {
      const { rule: name, title, hazard, measure, limits, below, schedule, doubt } = rule;
      const def: RuleDef = {
        ...{ rule: name, title, hazard, measure, limits },
        ...(below === undefined ? {} : { below }),
        ...(schedule === undefined ? {} : { schedule }),
        ...(doubt === undefined ? {} : { doubt }),
      };
      columns.defOf[binding] = defs.add(keyOf(def), def);
      columns.slotOfBinding[binding] = slot;
      columns.bindPoint[binding] = points.add(rule.pointId, rule.pointId);
      if (measure.kind === 'rollingSum') {
        columns.buckets[binding] = Math.max(1, Math.round(measure.windowMs / bucketMs));
        columns.ints[s + SUM_TO] = binding + 1;
      }
      if (measure.kind === 'rate') columns.slopeOf[binding] = slope++;
      if (measure.kind === 'model') {
        const cells = cellsOf(rule);
        columns.modelOf[binding] = models.length;
        models.push({ binding, inputs: rule.inputs ?? [], cellsAt, cells });
        cellsAt += cells;
      }
      binding++;
    }
    columns.ints[s + BIND_TO] = binding;
  }
  const state = {
    version: ruleSet.version,
    silence: ruleSet.silence,
    sensorIds: ruleSet.inventory.map(({ sensorId }) => sensorId),
    slotOf,
    points: points.all,
    edgeIds: edges.all,
    edges: edges.all.map((): EdgeState => ({ state: 'never', sinceMs: 0, raised: false, origin: 'live' })),
    defs: defs.all,
    quantities: ruleSet.inventory.map(({ quantity }) => quantity),
    bucketMs,
    ringLength,
    bucketCap: Math.floor(2 ** 30 / ringLength),
    nextSilenceMs: 0,
    upSinceMs: 0,
    counters: { readings: 0, bad: 0, unknown: 0, tooOld: 0, foreign: 0 },
    hearings: {},
    models,
    nextModelTickMs: 0,
    zone: ruleSet.zone ?? null,
    limitsAtMs: 0,
    ...columns,
  };
  return { ...state, open: openModels(state) };
}
