/** Reads a server's settings: where the centre is, and as whom it is entered. */
import { type Config, textOf } from './red.ts';

type Secrets = { readonly [key: string]: string | undefined };
export type ServerSettings = {
  readonly url: string;
  readonly login:
    | { readonly kind: 'token'; readonly token: string }
    | { readonly kind: 'person'; readonly user: string; readonly password: string }
    | { readonly kind: 'none' };
  readonly mqtt: { readonly url: string; readonly username: string; readonly password: string };
  readonly push: { readonly url: string; readonly gateway: string; readonly token: string };
  readonly gatewayOrigin: string;
  /** What was left out because a password would have gone over a wire in the clear. */
  readonly unsafe: readonly string[];
};

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
const SECURE = ['https:', 'mqtts:'];

/** The address, or nothing where it is none or its password would be read on the way. */
function safeUrl(raw: string, schemes: readonly string[]): string | undefined {
  if (raw === '') return '';
  if (!URL.canParse(raw)) return undefined;
  const { protocol, hostname, username } = new URL(raw);
  if (!schemes.includes(protocol) || username !== '') return undefined;
  return SECURE.includes(protocol) || LOOPBACK.test(hostname) ? raw : undefined;
}

const HTTP = ['http:', 'https:'];
const MQTT = ['mqtt:', 'mqtts:'];

export function readServer(config: Config, secrets: Secrets = {}): ServerSettings {
  const secret = (key: string): string => (secrets[key] ?? '').trim();
  const urls = {
    url: safeUrl(textOf(config, 'url'), HTTP),
    mqttUrl: safeUrl(textOf(config, 'mqttUrl'), MQTT),
    pushUrl: safeUrl(textOf(config, 'pushUrl'), HTTP),
  };
  const token = secret('token');
  const user = secret('user');
  return {
    url: urls.url ?? '',
    login:
      user !== ''
        ? { kind: 'person', user, password: secrets['password'] ?? '' }
        : token !== ''
          ? { kind: 'token', token }
          : { kind: 'none' },
    mqtt: { url: urls.mqttUrl ?? '', username: secret('mqttUser'), password: secrets['mqttPassword'] ?? '' },
    push: { url: urls.pushUrl ?? '', gateway: textOf(config, 'gateway'), token: secret('pushToken') },
    gatewayOrigin: textOf(config, 'gatewayOrigin', 'live'),
    unsafe: Object.entries(urls).flatMap(([name, url]) => (url === undefined ? [name] : [])),
  };
}
