/** Where devices that bring their own messages get in: only in a county that has such devices, or where a port is asked for. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ListenAddress, Settings } from '#cli/settings.ts';
import type { CheckToken } from '#ingest/io/http-push.ts';
import type { NativeTransport } from '#model/native.ts';
import type { Registry } from '#model/registry.ts';

const USUAL = { mqtt: 1_883, deviceMqtt: 1_884, http: 8_080, push: 8_081 } as const;

const hasFile = (countyDir: string): boolean =>
  ['native.yaml', 'native.json'].some((name) => existsSync(join(countyDir, name)));
const speaks = (registry: Pick<Registry, 'edges'>, transport: NativeTransport): boolean =>
  [...registry.edges.values()].some((edge) => edge.native?.transport === transport);

/** The port beside the broker's usual one; any free one beside another. Undefined: there is no such door. */
export function deviceMqttOf(settings: Settings): ListenAddress | undefined {
  if (settings.deviceMqtt !== undefined) return settings.deviceMqtt;
  if (!hasFile(settings.countyDir)) return undefined;
  const { host, port } = settings.mqtt;
  return { host, port: port === USUAL.mqtt ? USUAL.deviceMqtt : 0 };
}

export function pushOf(settings: Settings, registry: Pick<Registry, 'edges'>): ListenAddress | undefined {
  if (settings.push !== undefined) return settings.push;
  if (!speaks(registry, 'http')) return undefined;
  const isUsual = settings.http.port === USUAL.http && settings.mqtt.port === USUAL.mqtt;
  return { host: settings.http.host, port: isUsual ? USUAL.push : 0 };
}

/** Tokens of pushes are the passwords of the gateways' credentials. */
export async function openTokenCheck(
  credentialsFile: string,
  onBroken: (message: string) => void,
): Promise<CheckToken> {
  const { openVerifier } = await import('#broker/io/verifier.ts');
  const verifier = openVerifier(credentialsFile, onBroken);
  return (gateway, token) => {
    const outcome = verifier.verify(gateway, gateway, Buffer.from(token));
    return 'identity' in outcome && outcome.identity.kind === 'device';
  };
}
