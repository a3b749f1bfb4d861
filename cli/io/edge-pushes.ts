/** What each box in the field should run, as the centre pushes it: lines by the names of the county's files. */
import { compileEdgeConfigs } from '#cli/load/edge-configs.ts';
import type { Profiles } from '#cli/load/edges.ts';
import type { EdgeConfig, EdgeConfigPush } from '#model/edge-config.ts';
import { partitionOf } from '#model/partition.ts';
import type { Registry } from '#model/registry.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';

type Source = {
  readonly registry: { readonly current: () => Registry; readonly onChange: (run: () => void) => () => void };
  readonly ruleSets: {
    readonly current: () => ReadonlyMap<number, CompiledRuleSet>;
    readonly onChange: (run: () => void) => () => void;
  };
  readonly profiles: Profiles;
};
/** The standard's own, for a bus whose port is left to the simulator. */
const MODBUS_PORT = 502;

/** A box has its own address of the centre, password and disk; these stay on it. */
export function pushOf(config: EdgeConfig): EdgeConfigPush {
  const { mqttUrl: _url, credentialFile: _file, dataDir: _dir, lines: _lines, ...push } = config;
  return push;
}

/** Of boxes of their own only: edges that are simulated here are started again by their files. */
export function compilePushes(
  registry: Pick<Registry, 'edges' | 'points'>,
  profiles: Profiles,
  ruleSets: ReadonlyMap<number, CompiledRuleSet>,
): ReadonlyMap<string, EdgeConfigPush> {
  const edges = new Map([...registry.edges].filter(([, edge]) => edge.origin === 'live'));
  const configs = compileEdgeConfigs({ edges, points: registry.points }, profiles, {
    resolvePath: (path) => path,
    resolvePort: () => MODBUS_PORT,
    ruleSetOf: (township) => ruleSets.get(partitionOf(township)),
    mqttUrl: '-',
    credentialFile: () => '-',
    dataDir: () => '-',
  });
  return new Map(configs.map((config) => [config.edgeId, pushOf(config)]));
}

export function openEdgePushes({ registry, ruleSets, profiles }: Source): {
  readonly current: () => ReadonlyMap<string, EdgeConfigPush>;
  readonly onChange: (run: () => void) => () => void;
} {
  const compile = () => compilePushes(registry.current(), profiles, ruleSets.current());
  let current = compile();
  const listeners = new Set<() => void>();
  const renew = (): void => {
    current = compile();
    for (const run of listeners) run();
  };
  registry.onChange(renew);
  ruleSets.onChange(renew);
  return {
    current: () => current,
    onChange: (run) => {
      listeners.add(run);
      return () => listeners.delete(run);
    },
  };
}
