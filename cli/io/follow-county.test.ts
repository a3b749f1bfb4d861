import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readProfiles, readRuleFiles } from '#cli/io/county-source.ts';
import { compileForHere, edgeConfigFile, writeEdgeConfig } from '#cli/io/edge-files.ts';
import { followCounty } from '#cli/io/follow-county.ts';
import { ensureSecrets } from '#cli/io/secrets.ts';
import type { ReadyMessage, Supervisor } from '#cli/io/supervisor.ts';
import { readCounty } from '#cli/load/io/read-county.ts';
import type { EdgeConfig } from '#model/edge-config.ts';
import type { EdgeUnit, Registry } from '#model/registry.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { compileRules } from '#rules/compile.ts';
import { top } from '#test/support/command.ts';
import { until } from '#test/support/until.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const run of cleanups.splice(0).reverse()) run();
});

const ready = (port: number): ReadyMessage => ({
  kind: 'ready',
  addresses: [],
  ports: {},
  lines: [{ id: 'park-a', kind: 'modbus-tcp', host: '127.0.0.1', port }],
});

/** The shipped county, a supervisor that only takes notes, and edits made by hand. */
function follow() {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-follow-'));
  cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const profiles = readProfiles(join(top, 'devices'));
  const county = readCounty(join(top, 'county'), Date.UTC(2026, 6, 1), profiles.ok ? profiles.value : undefined);
  if (!profiles.ok || !county.ok) throw new Error('the shipped county has errors');
  let registry: Registry = county.value;
  let simulatorPort = 40_001;
  const did: string[] = [];
  const children = new Set(['simulators', ...registry.edges.keys()]);
  let heard: ((name: string, ready: ReadyMessage) => void) | undefined;
  const supervisor: Pick<Supervisor, 'has' | 'start' | 'kill' | 'remove' | 'restart' | 'onReady'> = {
    has: (name) => children.has(name),
    start: async (spec) => {
      did.push(`start ${spec.name}`);
      children.add(spec.name);
      return ready(simulatorPort);
    },
    kill: (name) => {
      did.push(`again ${name}`);
      return 1;
    },
    remove: (name) => {
      did.push(`end ${name}`);
      children.delete(name);
    },
    restart: async (name) => {
      did.push(`again ${name}`);
      return ready(++simulatorPort);
    },
    onReady: (run) => {
      heard = run;
    },
  };
  const mqttUrl = 'mqtt://127.0.0.1:1';
  ensureSecrets(dataDir, registry);
  const lines = ready(simulatorPort).lines ?? [];
  for (const config of compileForHere(registry, profiles.value, { dataDir, mqttUrl, lines }))
    writeEdgeConfig(dataDir, config);
  let changed = () => {};
  let ruled = () => {};
  let ruleSets: ReadonlyMap<number, CompiledRuleSet> = new Map();
  const said: string[] = [];
  cleanups.push(
    followCounty({
      dataDir,
      mqttUrl,
      supervisor: supervisor as Supervisor,
      source: {
        registry: {
          current: () => registry,
          onChange: (run) => {
            changed = run;
            return () => {};
          },
        },
        ruleSets: {
          current: () => ruleSets,
          onChange: (run) => {
            ruled = run;
            return () => {};
          },
        },
        profiles: profiles.value,
      },
      lines,
      say: (text) => said.push(text),
    }),
  );
  return {
    did,
    said,
    edit: (edges: readonly EdgeUnit[]) => {
      registry = { ...registry, edges: new Map(edges.map((edge) => [edge.id, edge])) };
      changed();
    },
    edges: () => [...registry.edges.values()],
    giveRules: () => {
      const compiled = compileRules(readRuleFiles(join(top, 'county')), registry, { tickMs: 5_000 });
      if (!compiled.ok) throw new Error('the shipped rules have errors');
      ruleSets = compiled.value;
      ruled();
    },
    rulesOf: (edgeId: string) =>
      (JSON.parse(readFileSync(edgeConfigFile(dataDir, edgeId), 'utf8')) as EdgeConfig).local.ruleSet?.rules.length,
    simulatorsCameBack: (port: number) => heard?.('simulators', ready(port)),
    portOfPark: () => /"port": (\d+)/.exec(readFileSync(edgeConfigFile(dataDir, 'edge-park'), 'utf8'))?.[1],
    settled: (count: number) => until(`${count} acts, of ${did.join(', ')}`, 5_000, () => did.length >= count),
  };
}

describe('an edit of the county that concerns the boxes', () => {
  it('starts a new box, after the simulators serve its wires', async () => {
    const { did, edit, edges, settled, portOfPark } = follow();
    const [first] = edges();
    if (first === undefined) throw new Error('no edge');
    edit([...edges(), { ...first, id: 'edge-new', buses: [] }]);
    await settled(3);
    expect(did).toEqual(['again simulators', 'again edge-park', 'start edge-new']);
    expect(portOfPark()).toBe('40002');
  });

  it('ends a box that was taken out, and leaves the others alone', async () => {
    const { did, edit, edges, settled, simulatorsCameBack } = follow();
    simulatorsCameBack(40_001);
    edit(edges().filter((edge) => edge.id !== 'edge-qingxi'));
    await settled(3);
    expect(did).toEqual(['again simulators', 'again edge-park', 'end edge-qingxi']);
  });

  it('runs no box here that has become a real one', async () => {
    const { did, edit, edges, settled } = follow();
    edit(edges().map((edge) => (edge.id === 'edge-park' ? { ...edge, origin: 'live' } : edge)));
    await settled(2);
    expect(did).toEqual(['again simulators', 'end edge-park']);
  });

  it('gives each box the rules of its own sensors, and starts it again when they change', async () => {
    const { did, giveRules, rulesOf, settled, simulatorsCameBack } = follow();
    expect(rulesOf('edge-shiqiao')).toBeUndefined();
    giveRules();
    await settled(3);
    expect(new Set(did)).toEqual(new Set(['again edge-shiqiao', 'again edge-qingxi', 'again edge-park']));
    expect(rulesOf('edge-shiqiao')).toBeGreaterThan(0);
    giveRules();
    simulatorsCameBack(45_000);
    await settled(4);
    expect(did.slice(3)).toEqual(['again edge-park']);
  });

  it('follows simulators that died and came back elsewhere', async () => {
    const { did, settled, simulatorsCameBack, portOfPark } = follow();
    simulatorsCameBack(45_000);
    await settled(1);
    expect(did).toEqual(['again edge-park']);
    expect(portOfPark()).toBe('45000');
  });
});
