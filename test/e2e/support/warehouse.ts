/** The shipped warehouse with its heads on a simulated wire, its box in a process of its own, and everything behind it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readProfiles, readRuleFiles } from '#cli/io/county-source.ts';
import { compileForHere, writeEdgeConfig } from '#cli/io/edge-files.ts';
import type { Alert } from '#model/alert.ts';
import { compileRules } from '#rules/compile.ts';
import type { LineConfig } from '#simulators/config.ts';
import { startSimulators } from '#simulators/main.ts';
import { startProgram, testContext } from '#test/edge/support.ts';
import { top } from '#test/support/command.ts';
import { until } from '#test/support/until.ts';
import { startChain } from './chain.ts';
import type { CountyCopy } from './county-copy.ts';

const EDGE = 'edge-park';
const BUS = 'park-a';
const TICK_MS = 1_000;
const WAIT_MS = 20_000;

const bin = fileURLToPath(new URL('../../../edge/io/bin.ts', import.meta.url));

export type Warehouse = Awaited<ReturnType<typeof startWarehouse>>;

export async function startWarehouse(edit: (county: CountyCopy) => void) {
  const chain = await startChain({ tickMs: TICK_MS, parts: ['broker'], edit });
  const { clock } = chain;
  const registry = chain.registry.current();
  const profiles = readProfiles(join(top, 'devices'));
  const rules = compileRules(readRuleFiles(chain.county.dir), registry, { tickMs: TICK_MS });
  if (!profiles.ok || !rules.ok) throw new Error('the county does not compile');
  const simDir = join(chain.dataDir, 'sim');
  mkdirSync(simDir, { recursive: true });
  const bus = registry.edges.get(EDGE)?.buses.find(({ id }) => id === BUS);
  const line: LineConfig = {
    ...{ id: BUS, kind: 'modbus-tcp', host: '127.0.0.1', port: 0 },
    units: (bus?.units ?? []).flatMap(({ unitId, profile }) => {
      const found = profiles.value.get(profile);
      return found === undefined ? [] : [{ unitId, kind: 'profile' as const, profile: found, registers: [] }];
    }),
    faults: [],
    pace: null,
  };
  const config = { dataDir: simDir, seed: 3, startAfterMs: null, lines: [line] };
  const sim = await startSimulators(config, testContext(clock));
  const compiled = compileForHere(registry, profiles.value, {
    dataDir: chain.dataDir,
    mqttUrl: chain.mqttUrl(),
    lines: sim.lines,
    ruleSets: rules.value,
  }).find(({ edgeId }) => edgeId === EDGE);
  if (compiled === undefined) throw new Error(`no configuration for ${EDGE}`);
  writeEdgeConfig(chain.dataDir, compiled);
  const args = [bin, 'run', 'edge', '--config', join(compiled.dataDir, 'config.json')];
  const edge = await startProgram(process.execPath, args, /edge is running/);
  await until('the box to be connected', WAIT_MS, () => /uplink is connected/.test(edge.output()));
  for (const part of ['ingest', 'rules', 'alerts', 'console'] as const) await chain.start(part);
  const alerts = () => chain.alerts.list({ gridCodes: ['451099'] }, 100, null).items;
  return {
    chain,
    /** What a head, a button or a fence shows from now on. */
    show: (unitId: number, register: string, value: number) =>
      sim.force({ lineId: BUS, unitId, register }, value, null),
    /** The open fire, once it is so. */
    fire: (what: string, isSo: (alert: Alert) => boolean) =>
      until(what, WAIT_MS, () =>
        alerts().find((one) => one.subject.id === 'cangku-3' && one.hazard === 'fire' && isSo(one)),
      ),
    alerts,
    stop: async () => {
      await edge.stop();
      await sim.stop();
      await chain.close();
    },
  };
}
