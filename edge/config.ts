/** Parses an edge's configuration, the JSON that the centre compiled for it; every finding names its path. */
import type { DeviceProfile } from '../model/device-profile.ts';
import type {
  BusConfig,
  EdgeConfig,
  EdgeConfigPush,
  LinkConfig,
  StationConfig,
  UnitConfig,
} from '../model/edge-config.ts';
import { err, type Lint, ok, type Result } from '../model/result.ts';
import { type Fields, openReader, type Reader } from './config-reader.ts';
import { readLocal } from './local-config.ts';
import { readProfile } from './profile-config.ts';

const BUS_KINDS = ['modbus-rtu', 'modbus-rtu-tcp', 'modbus-tcp', 'modbus-dtu'] as const;

type Profiles = { readonly [id: string]: DeviceProfile };

function readUnit(read: Reader, raw: unknown, path: string, profiles: Profiles): UnitConfig {
  const fields = read.object(raw, path);
  const profileId = read.token(fields['profile'], `${path}.profile`);
  const profile = Object.hasOwn(profiles, profileId) ? profiles[profileId] : undefined;
  if (profile === undefined) read.fault(`${path}.profile`, `no profile ${profileId}`, 'add it to profiles');
  const sensors = read.list(fields['sensors'], `${path}.sensors`).map((item, index) => {
    const at = `${path}.sensors[${index}]`;
    const sensor = read.object(item, at);
    const register = read.token(sensor['register'], `${at}.register`);
    if (profile !== undefined && !profile.registers.some((spec) => spec.key === register))
      read.fault(`${at}.register`, `profile ${profileId} has no register ${register}`, 'name one of its keys');
    return { sensorId: read.token(sensor['sensorId'], `${at}.sensorId`), register };
  });
  return { unitId: read.whole(fields['unitId'], `${path}.unitId`, 0, 255), profile: profileId, sensors };
}

function readBus(read: Reader, raw: unknown, path: string, profiles: Profiles): BusConfig {
  const fields = read.object(raw, path);
  const base = {
    id: read.token(fields['id'], `${path}.id`),
    pollMs: read.whole(fields['pollMs'], `${path}.pollMs`, 20, 2_000_000_000),
    units: read
      .list(fields['units'], `${path}.units`)
      .map((item, index) => readUnit(read, item, `${path}.units[${index}]`, profiles)),
  };
  const unitIds = base.units.map((unit) => unit.unitId);
  if (new Set(unitIds).size !== unitIds.length)
    read.fault(`${path}.units`, 'a unit id is there twice on one bus', 'give every unit its own id');
  const kind = read.choice(fields['kind'], `${path}.kind`, BUS_KINDS);
  if (kind === 'modbus-rtu') {
    // 0 is the broadcast of a serial line and never answers; behind TCP it may be the gateway itself.
    if (unitIds.some((unitId) => unitId < 1 || unitId > 247))
      read.fault(`${path}.units`, 'a unit id on a serial line is 1 to 247', 'correct it');
    return {
      ...base,
      kind,
      path: read.text(fields['path'], `${path}.path`),
      baudRate: read.whole(fields['baudRate'], `${path}.baudRate`, 300, 4_000_000),
      parity: read.choice(fields['parity'], `${path}.parity`, ['none', 'even', 'odd'] as const),
    };
  }
  const host = read.text(fields['host'], `${path}.host`);
  const port = read.whole(fields['port'], `${path}.port`, 1, 65_535);
  if (kind !== 'modbus-dtu') return { ...base, kind, host, port };
  const heartbeat = fields['heartbeat'] ?? null;
  return {
    ...base,
    ...{ kind, host, port },
    registration: readBytes(read, fields['registration'], `${path}.registration`),
    heartbeat: heartbeat === null ? null : readBytes(read, heartbeat, `${path}.heartbeat`),
  };
}

function readBytes(read: Reader, raw: unknown, path: string): string {
  const hex = read.text(raw, path).toLowerCase();
  if (!/^([0-9a-f]{2}){1,128}$/.test(hex)) read.fault(path, 'must be 1 to 128 bytes in hexadecimal', 'correct it');
  return hex;
}

const ADDRESS = /^[0-9A-F]{10}$/;
const HEX4 = /^[0-9A-F]{4}$/;

function readStation(read: Reader, raw: unknown, path: string): StationConfig {
  const fields = read.object(raw, path);
  const station = read.text(fields['station'], `${path}.station`);
  if (!ADDRESS.test(station)) read.fault(`${path}.station`, 'must be ten hexadecimal digits', 'correct it');
  const password = read.text(fields['password'], `${path}.password`);
  if (!HEX4.test(password)) read.fault(`${path}.password`, 'must be four hexadecimal digits', 'correct it');
  return {
    station,
    password,
    centre: read.whole(fields['centre'], `${path}.centre`, 0, 255),
    reportMs: read.whole(fields['reportMs'], `${path}.reportMs`, 1_000, 2_000_000_000),
    sensors: read.list(fields['sensors'], `${path}.sensors`).map((item, index) => {
      const at = `${path}.sensors[${index}]`;
      const sensor = read.object(item, at);
      return {
        sensorId: read.token(sensor['sensorId'], `${at}.sensorId`),
        element: read.token(sensor['element'], `${at}.element`),
      };
    }),
  };
}

function readLink(read: Reader, raw: unknown, path: string): LinkConfig {
  const fields = read.object(raw, path);
  const base = {
    id: read.token(fields['id'], `${path}.id`),
    protocol: read.choice(fields['protocol'], `${path}.protocol`, ['sl651', 'sl427'] as const),
    stations: read
      .list(fields['stations'], `${path}.stations`)
      .map((item, index) => readStation(read, item, `${path}.stations[${index}]`)),
  };
  const kind = read.choice(fields['kind'], `${path}.kind`, ['tcp-listen', 'serial'] as const);
  if (kind === 'serial')
    return {
      ...base,
      kind,
      path: read.text(fields['path'], `${path}.path`),
      baudRate: read.whole(fields['baudRate'], `${path}.baudRate`, 300, 4_000_000),
      parity: read.choice(fields['parity'], `${path}.parity`, ['none', 'even', 'odd'] as const),
    };
  return {
    ...base,
    kind,
    host: read.text(fields['host'], `${path}.host`),
    port: read.whole(fields['port'], `${path}.port`, 1, 65_535),
  };
}

function checkUnique(read: Reader, config: EdgeConfigPush): void {
  const seen = new Set<string>();
  for (const [at, link] of config.links.entries()) {
    if (seen.has(`bus ${link.id}`)) read.fault(`links[${at}].id`, `link ${link.id} is there twice`, 'rename one');
    seen.add(`bus ${link.id}`);
    for (const { sensorId } of link.stations.flatMap((station) => station.sensors)) {
      if (seen.has(sensorId)) read.fault(`links[${at}]`, `sensor ${sensorId} is read twice`, 'leave one out');
      seen.add(sensorId);
    }
  }
  for (const [at, bus] of config.buses.entries()) {
    if (seen.has(`bus ${bus.id}`)) read.fault(`buses[${at}].id`, `bus ${bus.id} is there twice`, 'rename one');
    seen.add(`bus ${bus.id}`);
    for (const { sensorId } of bus.units.flatMap((unit) => unit.sensors)) {
      if (seen.has(sensorId)) read.fault(`buses[${at}]`, `sensor ${sensorId} is read twice`, 'leave one out');
      seen.add(sensorId);
    }
  }
}

function readPushed(read: Reader, fields: Fields): EdgeConfigPush {
  const profiles: Profiles = Object.fromEntries(
    Object.entries(read.object(fields['profiles'], 'profiles')).map(([id, item]) => [
      id,
      readProfile(read, item, `profiles.${id}`),
    ]),
  );
  const buses = read.list(fields['buses'], 'buses').map((item, at) => readBus(read, item, `buses[${at}]`, profiles));
  const config = {
    edgeId: read.token(fields['edgeId'], 'edgeId'),
    township: read.token(fields['township'], 'township'),
    inventoryVersion: read.token(fields['inventoryVersion'], 'inventoryVersion'),
    profiles,
    buses,
    links: read.list(fields['links'], 'links').map((item, index) => readLink(read, item, `links[${index}]`)),
    local: readLocal(read, fields['local'], 'local', buses, profiles),
  };
  checkUnique(read, config);
  return config;
}

function readLines(read: Reader, raw: unknown): NonNullable<EdgeConfig['lines']> {
  return Object.fromEntries(
    Object.entries(read.object(raw, 'lines')).map(([written, place]) => {
      const at = `lines.${written}`;
      if (typeof place === 'string') return [written, read.text(place, at)];
      const fields = read.object(place, at);
      return [
        written,
        { host: read.text(fields['host'], `${at}.host`), port: read.whole(fields['port'], `${at}.port`, 1, 65_535) },
      ];
    }),
  );
}

/** What the centre pushed, parsed as strictly as a file. */
export function parseEdgeConfigPush(from: string, raw: unknown): Result<EdgeConfigPush, readonly Lint[]> {
  const read = openReader(from);
  const config = readPushed(read, read.object(raw, ''));
  return read.lints.length > 0 ? err(read.lints) : ok(config);
}

/** `file` stands in the findings; a JSON error has no line in Node's own message and is given as it is. */
export function parseEdgeConfig(file: string, text: string): Result<EdgeConfig, readonly Lint[]> {
  const read = openReader(file);
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    read.fault('', cause instanceof Error ? cause.message : 'not JSON', 'write the file anew from the centre');
    return err(read.lints);
  }
  const fields = read.object(raw, '');
  const config: EdgeConfig = {
    ...readPushed(read, fields),
    mqttUrl: read.text(fields['mqttUrl'], 'mqttUrl'),
    credentialFile: read.text(fields['credentialFile'], 'credentialFile'),
    dataDir: read.text(fields['dataDir'], 'dataDir'),
    ...(fields['lines'] === undefined ? {} : { lines: readLines(read, fields['lines']) }),
  };
  if (!/^mqtts?:\/\/[^/]+/.test(config.mqttUrl))
    read.fault('mqttUrl', `${config.mqttUrl} is no broker address`, 'write mqtt://HOST:PORT or mqtts://HOST:PORT');
  return read.lints.length > 0 ? err(read.lints) : ok(config);
}
