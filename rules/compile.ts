/**
 * Compiles rule files for a county: every rule resolved to the sensors it watches and the limits that hold there, one
 * rule set a partition. Pure; what is wrong comes back as one list with file, line and column.
 */

import { hashOf } from '#model/hash.ts';
import { partitionOf } from '#model/partition.ts';
import type { Registry } from '#model/registry.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import type { BoundRule, CompiledRuleSet, InventorySensor } from '#model/rule-set.ts';
import { bindRule } from './compile-rule.ts';
import { findContradictions } from './contradict.ts';
import { DEFAULT_SILENCE } from './defaults.ts';
import { readSource, type Source } from './source.ts';
import { zoneOffsets } from './zone-offsets.ts';

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
  const context = { registry, partitionOf: (sensorId: string) => partitions.get(sensorId) };
  const rules = sources.flatMap((source) => bindFile(source, context));
  checkIds(sources);
  findContradictions(sources);
  const ruleSets = new Map<number, CompiledRuleSet>();
  for (const partition of [...new Set(partitions.values())].sort((a, b) => a - b)) {
    const inventory = inventoryOf(registry, partitions, partition);
    const own = rules.filter(({ sensorId }) => partitions.get(sensorId) === partition);
    const zone = own.some(({ schedule }) => schedule !== undefined) ? { zone: zoneOffsets(registry.county.zone) } : {};
    const content = { tickMs, ...zone, inventory, rules: own, silence };
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

function bindFile({ content, rest, report }: Source, context: Parameters<typeof bindRule>[2]): readonly BoundRule[] {
  const entries = content?.rules?.map((entry, index) => ({ entry, index })) ?? rest;
  return entries.flatMap(({ entry, index }) => bindRule(entry, ['rules', index], context, report));
}
