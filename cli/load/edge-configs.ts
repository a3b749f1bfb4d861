/** What each edge is told about itself: its buses with real paths and ports, and the profiles that its units use. */
import type { Profiles } from '#cli/load/edges.ts';
import type { DeviceProfile } from '#model/device-profile.ts';
import type { BusConfig, EdgeConfig, LinkConfig, LocalConfig } from '#model/edge-config.ts';
import { hashOf } from '#model/hash.ts';
import type { EdgeUnit, Registry } from '#model/registry.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';

export type EdgePorts = {
  /** A serial path as written (`tty:shiqiao-a`, `/dev/ttyUSB0`) → the device, or a socket that carries the same frames. */
  readonly resolvePath: (path: string, edgeId: string) => string | { readonly host: string; readonly port: number };
  /** The port of a TCP bus that is written as 0 (the simulator's). */
  readonly resolvePort: (busId: string, edgeId: string) => number;
  /** The rules that judge a township's sensors; undefined when none were compiled. */
  readonly ruleSetOf: (township: string) => CompiledRuleSet | undefined;
  readonly mqttUrl: string;
  readonly credentialFile: (edgeId: string) => string;
  readonly dataDir: (edgeId: string) => string;
};

function resolveBus(bus: BusConfig, edgeId: string, ports: EdgePorts): BusConfig {
  if (bus.kind === 'modbus-dtu') return bus;
  if (bus.kind !== 'modbus-rtu') return bus.port === 0 ? { ...bus, port: ports.resolvePort(bus.id, edgeId) } : bus;
  const place = ports.resolvePath(bus.path, edgeId);
  if (typeof place === 'string') return { ...bus, path: place };
  const { id, pollMs, units } = bus;
  return { id, pollMs, units, kind: 'modbus-rtu-tcp', host: place.host, port: place.port };
}

/** A serial port that was simulated as a socket stays a path: stations are simulated as clients of ours. */
function resolveLink(link: LinkConfig, edgeId: string, ports: EdgePorts): LinkConfig {
  if (link.kind !== 'serial') return link;
  const place = ports.resolvePath(link.path, edgeId);
  return typeof place === 'string' ? { ...link, path: place } : link;
}

function profilesOf(edge: EdgeUnit, profiles: Profiles): { readonly [id: string]: DeviceProfile } {
  const used = new Set(edge.buses.flatMap((bus) => bus.units.map((unit) => unit.profile)));
  const out: { [id: string]: DeviceProfile } = {};
  for (const id of [...used].sort()) {
    const profile = profiles.get(id);
    if (profile !== undefined) out[id] = profile;
  }
  return out;
}

/** The part of a township's rule set that an edge can judge: its own sensors, and nothing about silence, which only the centre sees. */
function localRules(edge: EdgeUnit, ruleSet: CompiledRuleSet | undefined): CompiledRuleSet | null {
  if (ruleSet === undefined) return null;
  const inventory = ruleSet.inventory.filter(({ edgeId }) => edgeId === edge.id);
  const own = new Set(inventory.map(({ sensorId }) => sensorId));
  const rules = ruleSet.rules.filter(({ sensorId, inputs = [] }) =>
    [sensorId, ...inputs.map((input) => input.sensorId)].every((id) => own.has(id)),
  );
  if (rules.length === 0) return null;
  const zone = ruleSet.zone === undefined ? {} : { zone: ruleSet.zone };
  const part = { tickMs: ruleSet.tickMs, ...zone, inventory, rules, silence: ruleSet.silence };
  return { version: hashOf(part), ...part };
}

function localOf(
  edge: EdgeUnit,
  registry: Pick<Registry, 'points'>,
  ruleSet: CompiledRuleSet | undefined,
): LocalConfig {
  const rules = localRules(edge, ruleSet);
  const named = new Set([
    ...edge.outputs.flatMap((output) => output.points),
    ...(rules?.rules ?? []).map(({ pointId }) => pointId),
  ]);
  const pointNames = Object.fromEntries(
    [...named].sort().flatMap((id) => {
      const name = registry.points.get(id)?.name;
      return name === undefined ? [] : [[id, name] as const];
    }),
  );
  return { ruleSet: rules, pointNames, outputs: edge.outputs, mutes: edge.mutes };
}

/** One configuration an edge. Its version names the inventory, not where this machine happens to find the lines. */
export function compileEdgeConfigs(
  registry: Pick<Registry, 'edges' | 'points'>,
  profiles: Profiles,
  ports: EdgePorts,
): EdgeConfig[] {
  const boxes = [...registry.edges.values()].filter((edge) => edge.native === undefined);
  return boxes.map((edge) => {
    const used = profilesOf(edge, profiles);
    const local = localOf(edge, registry, ports.ruleSetOf(edge.township));
    const { id, township, buses, links } = edge;
    return {
      edgeId: edge.id,
      township: edge.township,
      inventoryVersion: hashOf({ id, township, buses, links, local, profiles: used }),
      profiles: used,
      buses: edge.buses.map((bus) => resolveBus(bus, edge.id, ports)),
      links: edge.links.map((link) => resolveLink(link, edge.id, ports)),
      local,
      mqttUrl: ports.mqttUrl,
      credentialFile: ports.credentialFile(edge.id),
      dataDir: ports.dataDir(edge.id),
    };
  });
}
