/**
 * Compiles rule files for a county: every rule resolved to the sensors it watches and the limits that hold there, one
 * rule set a partition. Pure; what is wrong comes back as one list with file, line and column.
 */

import { hashOf } from '#model/hash.ts';
import { partitionOf } from '#model/partition.ts';
import { QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import { ancestry, type Hazard, type HazardPoint, type Registry, type Sensor } from '#model/registry.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import type { BoundRule, CompiledRuleSet, InventorySensor } from '#model/rule-set.ts';
import { limitsOf, measureOf, overridesAt } from './bind.ts';
import { checkLimits, checkRule } from './check.ts';
import { DEFAULT_SILENCE } from './defaults.ts';
import type { RuleEntry } from './schema.ts';
import { type Path, type Report, readSource, type Source } from './source.ts';

export type RuleText = { readonly file: string; readonly text: string };

type Compiled = { readonly ruleSets: ReadonlyMap<number, CompiledRuleSet>; readonly lints: readonly Lint[] };

/** The rule sets of all partitions that have sensors, or what has to be mended. Warnings do not stand in the way. */
export function compileRules(
  files: readonly RuleText[],
  registry: Registry,
  options: { readonly tickMs: number },
): Result<ReadonlyMap<number, CompiledRuleSet>, readonly Lint[]> {
  const { ruleSets, lints } = compile(files, registry, options.tickMs);
  return lints.some(({ severity }) => severity === 'error') ? err(lints) : ok(ruleSets);
}

/** All findings, warnings too; for `fengsui check`. */
export function lintRules(files: readonly RuleText[], registry: Registry): readonly Lint[] {
  return compile(files, registry, 1_000).lints;
}

function compile(files: readonly RuleText[], registry: Registry, tickMs: number): Compiled {
  const lints: Lint[] = [];
  const sources = files.map(({ file, text }) => readSource(file, text, lints));
  const partitions = partitionsOf(registry, lints);
  const silence = silenceOf(sources);
  const rules = sources.flatMap((source) => bindFile(source, registry));
  checkIds(sources);
  const ruleSets = new Map<number, CompiledRuleSet>();
  for (const partition of [...new Set(partitions.values())].sort((a, b) => a - b)) {
    const inventory = inventoryOf(registry, partitions, partition);
    const own = rules.filter(({ sensorId }) => partitions.get(sensorId) === partition);
    const content = { tickMs, inventory, rules: own, silence };
    ruleSets.set(partition, { version: hashOf(content), ...content });
  }
  lints.sort((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1));
  return { ruleSets, lints };
}

/** A sensor's rows lie in the partition of its edge; a point is judged in one partition. */
function partitionsOf(registry: Registry, lints: Lint[]): ReadonlyMap<string, number> {
  const partitions = new Map<string, number>();
  const ofPoint = new Map<string, { readonly partition: number; readonly sensorId: string }>();
  for (const sensor of registry.sensors.values()) {
    const edge = registry.edges.get(sensor.edgeId);
    if (edge === undefined) continue;
    const partition = partitionOf(edge.township);
    partitions.set(sensor.id, partition);
    const first = ofPoint.get(sensor.pointId);
    if (first === undefined) ofPoint.set(sensor.pointId, { partition, sensorId: sensor.id });
    else if (first.partition !== partition)
      lints.push({
        ...{ file: 'points.yaml', line: 0, column: 0, path: `${sensor.pointId}.${sensor.id}`, severity: 'error' },
        kind: 'partition',
        message: `sensors ${first.sensorId} and ${sensor.id} of one point come by edges of townships that are judged apart`,
        mend: "give one of the edges the other's township, or make two points of it",
      });
  }
  return partitions;
}

function silenceOf(sources: readonly Source[]): CompiledRuleSet['silence'] {
  let silence = DEFAULT_SILENCE;
  let first: string | undefined;
  for (const { file, content, report } of sources) {
    const given = content?.silence;
    if (given === undefined) continue;
    if (first !== undefined)
      report(['silence'], { kind: 'twice', message: `${first} has silence settings already`, mend: 'keep one' });
    first ??= file;
    silence = {
      staleLevel: given.staleLevel ?? silence.staleLevel,
      gatewayLostLevel: given.gatewayLostLevel ?? silence.gatewayLostLevel,
      gatewayLostAfterMs: given.gatewayLostAfter ?? silence.gatewayLostAfterMs,
    };
  }
  return silence;
}

function checkIds(sources: readonly Source[]): void {
  const seen = new Map<string, string>();
  for (const { file, content, report } of sources)
    for (const [index, { id }] of (content?.rules ?? []).entries()) {
      const other = seen.get(id);
      if (other !== undefined)
        report(['rules', index, 'id'], {
          kind: 'twice',
          message: `${other} has a rule "${id}" already`,
          mend: 'rename one',
        });
      else seen.set(id, file);
    }
}

function inventoryOf(
  registry: Registry,
  partitions: ReadonlyMap<string, number>,
  partition: number,
): readonly InventorySensor[] {
  return [...registry.sensors.values()]
    .filter(({ id }) => partitions.get(id) === partition)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, pointId, edgeId, quantity, staleAfterMs }) => ({
      ...{ sensorId: id, pointId, edgeId, quantity, staleAfterMs },
      origin: registry.edges.get(edgeId)?.origin ?? 'live',
    }));
}

function bindFile({ content, report }: Source, registry: Registry): readonly BoundRule[] {
  return (content?.rules ?? []).flatMap((entry, index) => {
    const path = ['rules', index];
    return checkRule(entry, path, registry, report) ? bindRule(entry, path, registry, report) : [];
  });
}

function bindRule(entry: RuleEntry, path: Path, registry: Registry, report: Report): BoundRule[] {
  const plain = limitsOf(entry.quantity as QuantityCode, measureOf(entry), [entry]);
  const positive = QUANTITIES[entry.quantity as QuantityCode].kind !== 'gauge';
  if (!checkLimits(plain, positive, '', [...path, 'levels'], report)) return [];
  const told = new Set<number>();
  const bound = [...registry.sensors.values()].flatMap((sensor) => {
    const point = registry.points.get(sensor.pointId);
    if (point === undefined || !selects(entry, sensor, point, registry)) return [];
    return bindSensor(entry, sensor, point, registry, (override, limits) => {
      if (told.has(override)) return false;
      const sound = checkLimits(limits, positive, ` at ${point.id}`, [...path, 'overrides', override], report);
      if (!sound) told.add(override);
      return sound;
    });
  });
  if (bound.length === 0 && told.size === 0)
    report([...path, 'where'], {
      kind: 'nowhere',
      message: 'no sensor of the county is watched by this rule',
      mend: 'look at where and quantity',
      severity: 'warning',
    });
  return bound;
}

function selects(entry: RuleEntry, sensor: Sensor, point: HazardPoint, registry: Registry): boolean {
  if (sensor.quantity !== entry.quantity) return false;
  const { kinds, grids, points, sensors } = entry.where ?? {};
  if (kinds !== undefined && !kinds.includes(point.kind)) return false;
  if (points !== undefined && !points.includes(point.id)) return false;
  if (sensors !== undefined && !sensors.includes(sensor.id)) return false;
  return grids === undefined || ancestry(registry, point.gridCode).some(({ code }) => grids.includes(code));
}

type CheckOverride = (index: number, limits: ReturnType<typeof limitsOf>) => boolean;

function bindSensor(
  entry: RuleEntry,
  sensor: Sensor,
  point: HazardPoint,
  registry: Registry,
  check: CheckOverride,
): BoundRule[] {
  const grids = ancestry(registry, point.gridCode).map(({ code }) => code);
  const overrides = overridesAt(entry, point.id, grids);
  const strongest = overrides.at(-1);
  if (strongest?.override.off === true) return [];
  const measure = measureOf(entry);
  const limits = limitsOf(sensor.quantity, measure, [entry, ...overrides.map(({ override }) => override)]);
  if (strongest !== undefined && !check(strongest.index, limits)) return [];
  const hazard = entry.hazard as Hazard;
  // The meaning as it holds here: an edit of one village's limits leaves all others their version.
  // Twelve digits tell the versions of one rule apart; the name has to be read by people.
  const version = hashOf({ hazard, quantity: sensor.quantity, measure, limits }).slice(0, 12);
  const rule = `${entry.id}@${version}`;
  return [{ rule, title: entry.title, hazard, pointId: point.id, sensorId: sensor.id, measure, limits }];
}
