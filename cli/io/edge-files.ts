/** Where an edge's own files lie, and the configuration that the centre writes for it. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { edgeDir, edgeSecretFile } from '#cli/io/secrets.ts';
import { compileEdgeConfigs } from '#cli/load/edge-configs.ts';
import type { Profiles } from '#cli/load/edges.ts';
import type { EdgeConfig } from '#model/edge-config.ts';
import { partitionOf } from '#model/partition.ts';
import type { Registry } from '#model/registry.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import type { LineAddress } from '#simulators/config.ts';

/** `tty:NAME` is a pseudo-terminal under the data folder; anything else is a device of this machine. */
export const linePath = (dataDir: string, path: string): string =>
  path.startsWith('tty:') ? join(dataDir, 'run', 'tty', `${path.slice(4)}.edge`) : path;

export const edgeConfigFile = (dataDir: string, edgeId: string): string =>
  join(edgeDir(dataDir, edgeId), 'config.json');

/** How each edge reaches its buses here, given where the simulated lines came to lie. */
export function compileForHere(
  registry: Registry,
  profiles: Profiles,
  here: {
    readonly dataDir: string;
    readonly mqttUrl: string;
    readonly lines: readonly LineAddress[];
    /** By partition; left out where edges need not judge by themselves. */
    readonly ruleSets?: ReadonlyMap<number, CompiledRuleSet>;
  },
): readonly EdgeConfig[] {
  const simulated = new Map(here.lines.map((line) => [line.id, line]));
  const busOfPath = new Map(
    [...registry.edges.values()].flatMap((edge) =>
      edge.buses.flatMap((bus) => (bus.kind === 'modbus-rtu' ? [[bus.path, bus.id] as const] : [])),
    ),
  );
  return compileEdgeConfigs(registry, profiles, {
    resolvePath: (path) => {
      const line = simulated.get(busOfPath.get(path) ?? '');
      if (line === undefined) return linePath(here.dataDir, path);
      return line.kind === 'modbus-rtu' ? line.path : { host: line.host, port: line.port };
    },
    resolvePort: (busId) => {
      const line = simulated.get(busId);
      return line === undefined || line.kind === 'modbus-rtu' ? 502 : line.port;
    },
    ruleSetOf: (township) => here.ruleSets?.get(partitionOf(township)),
    mqttUrl: here.mqttUrl,
    credentialFile: (edgeId) => edgeSecretFile(here.dataDir, edgeId),
    dataDir: (edgeId) => edgeDir(here.dataDir, edgeId),
  });
}

/** Writes the configuration; true when it differs from what was there. */
export function writeEdgeConfig(dataDir: string, config: EdgeConfig): boolean {
  const file = edgeConfigFile(dataDir, config.edgeId);
  mkdirSync(edgeDir(dataDir, config.edgeId), { recursive: true, mode: 0o700 });
  const text = `${JSON.stringify(config, null, 2)}\n`;
  try {
    if (readFileSync(file, 'utf8') === text) return false;
  } catch {
    // Not written yet.
  }
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return true;
}
