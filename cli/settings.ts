/** What a process is told from outside: environment variables, parsed once, with defaults in this one place. */
import { err, ok, type Result } from '#model/result.ts';
import { type ClockSpec, parseClockSpec } from '#model/time.ts';

export type ListenAddress = { readonly host: string; readonly port: number };

export type Settings = {
  readonly dataDir: string;
  /** Where signed heads of the ledger are kept, outside the data folder; absent: nowhere. */
  readonly anchorFile?: string;
  readonly countyDir: string;
  readonly devicesDir: string;
  readonly http: ListenAddress;
  readonly mqtt: ListenAddress;
  /** Where devices speak MQTT in their own words, and where they push by HTTP; absent when nobody said. */
  readonly deviceMqtt?: ListenAddress;
  readonly push?: ListenAddress;
  /** API bearer token with the whole county's scope; null when unset. */
  readonly token: string | null;
  readonly clock: ClockSpec;
  readonly tickMs: number;
};

/** A host as it stands in a URL or before a port: IPv6 in brackets. */
export const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Beside the data folder, when nobody named a better place. */
export const anchorFileOf = (dataDir: string): string => `${dataDir.replace(/\/+$/, '')}.anchors.jsonl`;

type Environment = { readonly [name: string]: string | undefined };

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|::1)$/;

function parseListen(name: string, raw: string): Result<ListenAddress, string> {
  const match = /^(?:(.+):)?(\d{1,5})$/.exec(raw);
  const host = (match?.[1] ?? '127.0.0.1').replace(/^\[|\]$/g, '');
  const port = Number(match?.[2]);
  if (match === null || port > 65_535)
    return err(`${name} is "${raw}": write HOST:PORT, e.g. 127.0.0.1:8080 (port 0 takes any free one).`);
  if (!LOOPBACK.test(host)) {
    return err(
      `${name} asks for "${host}": Fengsui listens on loopback only. Put a TLS proxy on this machine in front of it instead.`,
    );
  }
  return ok({ host, port });
}

/** Folders are taken relative to `cwd`, which is where the command was started. */
export function parseSettings(environment: Environment, cwd: string): Result<Settings, readonly string[]> {
  const problems: string[] = [];
  const listen = (name: string, fallback: string): ListenAddress => {
    const parsed = parseListen(name, environment[name] || fallback);
    if (parsed.ok) return parsed.value;
    problems.push(parsed.error);
    return { host: '127.0.0.1', port: 0 };
  };
  const maybe = (key: 'deviceMqtt' | 'push', name: string): { readonly [K in typeof key]?: ListenAddress } =>
    environment[name] ? { [key]: listen(name, '') } : {};
  const folder = (name: string, fallback: string): string => {
    const raw = environment[name] || fallback;
    return raw.startsWith('/') ? raw : `${cwd}/${raw.replace(/^\.\//, '')}`;
  };
  const clock = parseClockSpec(environment['FENGSUI_CLOCK'] ?? '');
  if (clock === undefined)
    problems.push(
      'FENGSUI_CLOCK is not understood: write virtual:2026-07-01T00:00:00Z×60, or leave it empty for the real time.',
    );
  const tickMs = Number(environment['FENGSUI_TICK_MS'] ?? 5_000);
  if (!Number.isInteger(tickMs) || tickMs < 100)
    problems.push('FENGSUI_TICK_MS must be a whole number of milliseconds, at least 100.');
  const token = environment['FENGSUI_TOKEN'] ?? '';
  const dataDir = folder('FENGSUI_DATA', 'data');
  const settings: Settings = {
    dataDir,
    anchorFile: environment['FENGSUI_ANCHOR'] ? folder('FENGSUI_ANCHOR', '') : anchorFileOf(dataDir),
    countyDir: folder('FENGSUI_COUNTY', 'county'),
    devicesDir: folder('FENGSUI_DEVICES', 'devices'),
    http: listen('FENGSUI_HTTP', '127.0.0.1:8080'),
    mqtt: listen('FENGSUI_MQTT', '127.0.0.1:1883'),
    ...maybe('deviceMqtt', 'FENGSUI_DEVICE_MQTT'),
    ...maybe('push', 'FENGSUI_PUSH'),
    token: token === '' ? null : token,
    clock: clock ?? { kind: 'real' },
    tickMs,
  };
  return problems.length === 0 ? ok(settings) : err(problems);
}
