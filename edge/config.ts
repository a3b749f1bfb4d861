/** Parses an edge's configuration, the JSON that the centre compiled for it; every finding names its path. */
import { type DeviceProfile, REGISTER_TYPES, type RegisterSpec } from '../model/device-profile.ts';
import type { BusConfig, EdgeConfig, UnitConfig } from '../model/edge-config.ts';
import { isQuantityCode } from '../model/quantity.ts';
import { err, type Lint, ok, type Result } from '../model/result.ts';
import { isTopicToken } from '../model/topics.ts';

type Fields = { readonly [key: string]: unknown };

/** Reads fields and gathers findings; a wrong field yields a stand-in that nobody sees, since the whole is refused. */
function openReader(file: string) {
  const lints: Lint[] = [];

  function fault(path: string, message: string, mend: string): void {
    lints.push({
      file,
      line: 0,
      column: 0,
      path,
      kind: 'config',
      message,
      mend,
      severity: 'error',
    });
  }

  function object(raw: unknown, path: string): Fields {
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return raw as Fields;
    fault(path, 'must be an object', 'write { … }');
    return {};
  }

  function list(raw: unknown, path: string): readonly unknown[] {
    if (Array.isArray(raw)) return raw;
    fault(path, 'must be a list', 'write [ … ]');
    return [];
  }

  function text(raw: unknown, path: string): string {
    if (typeof raw === 'string' && raw !== '') return raw;
    fault(path, 'must be a text that is not empty', 'give a text');
    return '-';
  }

  function token(raw: unknown, path: string): string {
    const word = text(raw, path);
    if (!isTopicToken(word)) fault(path, `${word} is no token`, 'use 1 to 64 of A-Z a-z 0-9 _ -');
    return word;
  }

  function number(raw: unknown, path: string): number {
    if (typeof raw === 'number' && Number.isFinite(raw)) return raw;
    fault(path, 'must be a number', 'give a number');
    return 0;
  }

  function whole(raw: unknown, path: string, min: number, max: number): number {
    if (typeof raw === 'number' && Number.isInteger(raw) && raw >= min && raw <= max) return raw;
    fault(path, `must be a whole number from ${min} to ${max}`, 'correct the number');
    return min;
  }

  function choice<T extends string | number>(raw: unknown, path: string, choices: readonly T[]): T {
    const found = choices.find((choice) => choice === raw);
    if (found !== undefined) return found;
    fault(path, `must be one of ${choices.join(', ')}`, 'choose one of them');
    return choices[0] as T;
  }

  return { lints, fault, object, list, text, token, number, whole, choice };
}
type Reader = ReturnType<typeof openReader>;

function readRegister(read: Reader, raw: unknown, path: string): RegisterSpec {
  const fields = read.object(raw, path);
  const plausible = read.object(fields['plausible'], `${path}.plausible`);
  const quantity = read.text(fields['quantity'], `${path}.quantity`);
  if (!isQuantityCode(quantity)) read.fault(`${path}.quantity`, `unknown quantity ${quantity}`, 'update this edge');
  const counter = fields['counter'] ?? null;
  const perMinute = plausible['maxPerMinute'] ?? null;
  return {
    name: read.text(fields['name'], `${path}.name`),
    key: read.token(fields['key'], `${path}.key`),
    quantity: isQuantityCode(quantity) ? quantity : 'level',
    functionCode: read.choice(fields['functionCode'], `${path}.functionCode`, [1, 2, 3, 4] as const),
    address: read.whole(fields['address'], `${path}.address`, 0, 0xffff),
    type: read.choice(
      fields['type'],
      `${path}.type`,
      Object.keys(REGISTER_TYPES) as readonly (keyof typeof REGISTER_TYPES)[],
    ),
    order: read.choice(fields['order'], `${path}.order`, ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const),
    scale: read.number(fields['scale'], `${path}.scale`),
    offset: read.number(fields['offset'], `${path}.offset`),
    sentinels: read
      .list(fields['sentinels'], `${path}.sentinels`)
      .map((item, index) => read.number(item, `${path}.sentinels[${index}]`)),
    counter:
      counter === null
        ? null
        : {
            modulus: read.whole(
              read.object(counter, `${path}.counter`)['modulus'],
              `${path}.counter.modulus`,
              2,
              2 ** 32,
            ),
          },
    plausible: {
      min: read.number(plausible['min'], `${path}.plausible.min`),
      max: read.number(plausible['max'], `${path}.plausible.max`),
      maxPerMinute: perMinute === null ? null : read.number(perMinute, `${path}.plausible.maxPerMinute`),
    },
  };
}

function readProfile(read: Reader, raw: unknown, path: string): DeviceProfile {
  const fields = read.object(raw, path);
  const name = read.object(fields['name'], `${path}.name`);
  return {
    id: read.token(fields['id'], `${path}.id`),
    maker: read.text(fields['maker'], `${path}.maker`),
    model: read.text(fields['model'], `${path}.model`),
    name: { zh: read.text(name['zh'], `${path}.name.zh`), en: read.text(name['en'], `${path}.name.en`) },
    source: read.text(fields['source'], `${path}.source`),
    baudRate: read.whole(fields['baudRate'], `${path}.baudRate`, 300, 4_000_000),
    parity: read.choice(fields['parity'], `${path}.parity`, ['none', 'even', 'odd'] as const),
    maxRegistersPerRead: read.whole(fields['maxRegistersPerRead'], `${path}.maxRegistersPerRead`, 1, 125),
    timeoutMs: read.whole(fields['timeoutMs'], `${path}.timeoutMs`, 10, 60_000),
    gapMs: read.whole(fields['gapMs'], `${path}.gapMs`, 0, 10_000),
    registers: read
      .list(fields['registers'], `${path}.registers`)
      .map((item, index) => readRegister(read, item, `${path}.registers[${index}]`)),
  };
}

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
  const kind = read.choice(fields['kind'], `${path}.kind`, ['modbus-rtu', 'modbus-rtu-tcp', 'modbus-tcp'] as const);
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
  return {
    ...base,
    kind,
    host: read.text(fields['host'], `${path}.host`),
    port: read.whole(fields['port'], `${path}.port`, 1, 65_535),
  };
}

function checkUnique(read: Reader, config: EdgeConfig): void {
  const seen = new Set<string>();
  for (const [at, bus] of config.buses.entries()) {
    if (seen.has(`bus ${bus.id}`)) read.fault(`buses[${at}].id`, `bus ${bus.id} is there twice`, 'rename one');
    seen.add(`bus ${bus.id}`);
    for (const { sensorId } of bus.units.flatMap((unit) => unit.sensors)) {
      if (seen.has(sensorId)) read.fault(`buses[${at}]`, `sensor ${sensorId} is read twice`, 'leave one out');
      seen.add(sensorId);
    }
  }
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
  const profiles: Profiles = Object.fromEntries(
    Object.entries(read.object(fields['profiles'], 'profiles')).map(([id, item]) => [
      id,
      readProfile(read, item, `profiles.${id}`),
    ]),
  );
  const config: EdgeConfig = {
    edgeId: read.token(fields['edgeId'], 'edgeId'),
    township: read.token(fields['township'], 'township'),
    inventoryVersion: read.token(fields['inventoryVersion'], 'inventoryVersion'),
    profiles,
    buses: read.list(fields['buses'], 'buses').map((item, index) => readBus(read, item, `buses[${index}]`, profiles)),
    mqttUrl: read.text(fields['mqttUrl'], 'mqttUrl'),
    credentialFile: read.text(fields['credentialFile'], 'credentialFile'),
    dataDir: read.text(fields['dataDir'], 'dataDir'),
  };
  if (!/^mqtts?:\/\/[^/]+/.test(config.mqttUrl))
    read.fault('mqttUrl', `${config.mqttUrl} is no broker address`, 'write mqtt://HOST:PORT or mqtts://HOST:PORT');
  checkUnique(read, config);
  return read.lints.length > 0 ? err(read.lints) : ok(config);
}
