/** The shipped county's hazard models at its edges: the same rules, the same levels, and their conditions at the centre. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRuleFiles } from '#cli/io/county-source.ts';
import { parseCounty } from '#cli/load/county.ts';
import { compileEdgeConfigs } from '#cli/load/edge-configs.ts';
import { parseEdgeConfig } from '#edge/config.ts';
import { openReader } from '#edge/config-reader.ts';
import { createJudge, restoreJudge } from '#edge/local/judge.ts';
import { readRuleSet } from '#edge/local/rule-set-config.ts';
import type { JournalRow } from '#model/journal.ts';
import { partitionOf } from '#model/partition.ts';
import { compileRules } from '#rules/compile.ts';
import { createEngine } from '#rules/engine.ts';
import { shippedFiles, shippedProfiles } from '#test/county/shipped.ts';
import { MINUTE, rowMaker, T0, type Value } from '#test/rules/rows.ts';
import { top } from '#test/support/command.ts';

const TICK_MS = 1_000;

function shipped() {
  const profiles = shippedProfiles();
  const county = parseCounty(shippedFiles(), T0, profiles);
  if (!county.ok) throw new Error('the county does not load');
  const registry = county.value;
  const rules = compileRules(readRuleFiles(join(top, 'county')), registry, { tickMs: TICK_MS });
  if (!rules.ok) throw new Error('the county does not compile');
  const ruleSetOf = (township: string) => rules.value.get(partitionOf(township));
  const edges = compileEdgeConfigs(registry, profiles, {
    ...{ resolvePath: (path: string) => path, resolvePort: () => 15_020, ruleSetOf },
    ...{ mqttUrl: 'mqtt://127.0.0.1:1883', credentialFile: () => '/c', dataDir: () => '/d' },
  });
  return { registry, ruleSetOf, edges };
}

describe('what the centre compiles for its edges', () => {
  const { edges } = shipped();

  it('is read there as it was written, rule by rule, whatever models it has', () => {
    let models = 0;
    for (const { edgeId, local } of edges) {
      const reader = openReader('edge.json');
      const wire: unknown = JSON.parse(JSON.stringify(local.ruleSet));
      expect(readRuleSet(reader, wire, 'local.ruleSet'), edgeId).toEqual(wire);
      expect(reader.lints, edgeId).toEqual([]);
      models += local.ruleSet?.rules.filter(({ measure }) => measure.kind === 'model').length ?? 0;
    }
    expect(models).toBeGreaterThan(5);
  });

  it('is a whole configuration that an edge takes', () => {
    for (const config of edges) {
      const parsed = parseEdgeConfig('edge.json', JSON.stringify(config));
      expect(parsed.ok ? [] : parsed.error, config.edgeId).toEqual([]);
    }
  });
});

it('two heads of a zone are red at the edge with the uplink cut, and the centre hears it with figure and reason', () => {
  const { edges, registry, ruleSetOf } = shipped();
  const park = edges.find(({ edgeId }) => edgeId === 'edge-park');
  const zone = park?.local.ruleSet?.rules.find(
    ({ rule, inputs }) => rule.startsWith('fire-zone@') && inputs !== undefined,
  );
  const member = zone?.inputs?.find(({ role }) => role === 'member');
  if (!park?.local.ruleSet || zone === undefined || member === undefined) throw new Error('no zone with two heads');
  const make = rowMaker();
  const origin = registry.edges.get(park.edgeId)?.origin ?? 'live';
  const alarm = (id: string, minutes: number): Value => ({ id, atMs: T0 + minutes * MINUTE, value: 2 });
  const rows = [alarm(zone.sensorId, 0), alarm(member.sensorId, 1)].map((value) =>
    make.batch([value], value.atMs, { edgeId: park.edgeId, origin }),
  );

  const first = createJudge(park.edgeId);
  first.adopt(park.local.ruleSet, 0, T0 - MINUTE);
  const bodies = rows.flatMap((row) => (row.kind === 'batch' ? [row.body] : []));
  const early = first.judge(1, bodies[0] ?? '');
  // Its box is switched off and on again between the two.
  const second = restoreJudge(park.edgeId, first.snapshot());
  const late = second?.judge(2, bodies[1] ?? '') ?? [];
  const told = [...early, ...late].filter(({ rule }) => rule === zone.rule);
  expect(told.map(({ from, to }) => `${from}→${to}`)).toEqual(['none→yellow', 'yellow→red']);
  expect(told[1]?.evidence).toMatchObject({ measure: 'zoneCoincidence', value: 2, figure: { decimals: 0 } });

  const township = registry.edges.get(park.edgeId)?.township ?? '';
  const ruleSet = ruleSetOf(township);
  if (ruleSet === undefined) throw new Error('no rules at the centre');
  const centre = createEngine(3);
  const hear = (row: JournalRow) => centre.apply(row).filter(({ rule }) => rule === zone.rule);
  const events = told.map((condition) => ({ kind: 'condition', condition }) as const);
  hear(make.rules(ruleSet, T0 - MINUTE));
  const heard = hear(make.batch([], T0 + 90 * MINUTE, { edgeId: park.edgeId, origin, events }));
  expect(heard.at(-1)).toMatchObject({ site: 'edge', to: 'red', evidence: told[1]?.evidence });
  expect(heard.at(-1)?.reason.zh).toContain('2/');
  // The readings come as a backlog: the centre comes to the same level by itself, and both stand side by side.
  const own = rows.flatMap(hear);
  expect(own.map(({ site, to }) => `${site} ${to}`)).toEqual(['centre yellow', 'centre red']);
});
