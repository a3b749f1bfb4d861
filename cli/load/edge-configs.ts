/** What each edge is told about itself: its buses with real paths and ports, and the profiles that its units use. */
import type { Profiles } from '#cli/load/edges.ts';
import type { DeviceProfile } from '#model/device-profile.ts';
import type { BusConfig, EdgeConfig } from '#model/edge-config.ts';
import { hashOf } from '#model/hash.ts';
import type { EdgeUnit, Registry } from '#model/registry.ts';

export type EdgePorts = {
  /** A serial path as written (`tty:shiqiao-a`, `/dev/ttyUSB0`) → the device, or a socket that carries the same frames. */
  readonly resolvePath: (path: string, edgeId: string) => string | { readonly host: string; readonly port: number };
  /** The port of a TCP bus that is written as 0 (the simulator's). */
  readonly resolvePort: (busId: string, edgeId: string) => number;
  readonly mqttUrl: string;
  readonly credentialFile: (edgeId: string) => string;
  readonly dataDir: (edgeId: string) => string;
};

function resolveBus(bus: BusConfig, edgeId: string, ports: EdgePorts): BusConfig {
  if (bus.kind !== 'modbus-rtu') return bus.port === 0 ? { ...bus, port: ports.resolvePort(bus.id, edgeId) } : bus;
  const place = ports.resolvePath(bus.path, edgeId);
  if (typeof place === 'string') return { ...bus, path: place };
  const { id, pollMs, units } = bus;
  return { id, pollMs, units, kind: 'modbus-rtu-tcp', host: place.host, port: place.port };
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

/** One configuration an edge. Its version names the inventory, not where this machine happens to find the lines. */
export function compileEdgeConfigs(
  registry: Pick<Registry, 'edges'>,
  profiles: Profiles,
  ports: EdgePorts,
): EdgeConfig[] {
  return [...registry.edges.values()].map((edge) => {
    const used = profilesOf(edge, profiles);
    return {
      edgeId: edge.id,
      township: edge.township,
      inventoryVersion: hashOf({ id: edge.id, township: edge.township, buses: edge.buses, profiles: used }),
      profiles: used,
      buses: edge.buses.map((bus) => resolveBus(bus, edge.id, ports)),
      mqttUrl: ports.mqttUrl,
      credentialFile: ports.credentialFile(edge.id),
      dataDir: ports.dataDir(edge.id),
    };
  });
}
