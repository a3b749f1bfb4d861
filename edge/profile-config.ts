/** Parses the device profiles of an edge's configuration. */
import {
  type AliveSpec,
  type CounterSpec,
  type DecimalsSpec,
  type DeviceProfile,
  REGISTER_TYPES,
  type RegisterSpec,
} from '../model/device-profile.ts';
import { isQuantityCode } from '../model/quantity.ts';
import type { Fields, Reader } from './config-reader.ts';

function readCounter(read: Reader, raw: unknown, path: string): CounterSpec | null {
  if (raw === undefined || raw === null) return null;
  const fields = read.object(raw, path);
  const modulus = read.whole(fields['modulus'], `${path}.modulus`, 2, Number.MAX_SAFE_INTEGER);
  if (fields['reset'] === undefined) return { modulus };
  return { modulus, reset: read.choice(fields['reset'], `${path}.reset`, ['zero', 'never'] as const) };
}

function readWrite(read: Reader, raw: unknown, path: string): NonNullable<RegisterSpec['write']> {
  const fields = read.object(raw, path);
  return {
    functionCode: read.choice(fields['functionCode'], `${path}.functionCode`, [5, 6, 15, 16] as const),
    on: read.whole(fields['on'], `${path}.on`, 0, 0xffff),
    off: read.whole(fields['off'], `${path}.off`, 0, 0xffff),
  };
}

function readBits(read: Reader, raw: unknown, path: string): NonNullable<RegisterSpec['bits']> {
  const fields = read.object(raw, path);
  return {
    mask: read.whole(fields['mask'], `${path}.mask`, 1, 0xffff_ffff),
    shift: read.whole(fields['shift'], `${path}.shift`, 0, 31),
  };
}

function readCodes(read: Reader, raw: unknown, path: string): NonNullable<RegisterSpec['codes']> {
  return read.list(raw, path).map((item, index) => {
    const [code, value] = read.list(item, `${path}[${index}]`);
    return [read.number(code, `${path}[${index}][0]`), read.number(value, `${path}[${index}][1]`)] as const;
  });
}

function readDecimals(read: Reader, raw: unknown, path: string): DecimalsSpec {
  const fields = read.object(raw, path);
  return {
    address: read.whole(fields['address'], `${path}.address`, 0, 0xffff),
    usual: read.whole(fields['usual'], `${path}.usual`, 0, 9),
  };
}

/** What a register may leave out. */
function readOptions(read: Reader, fields: Fields, path: string): Partial<RegisterSpec> {
  const { bits, codes, decimals, write, flatAfterMs, spike } = fields;
  return {
    ...(bits === undefined ? {} : { bits: readBits(read, bits, `${path}.bits`) }),
    ...(codes === undefined ? {} : { codes: readCodes(read, codes, `${path}.codes`) }),
    ...(decimals === undefined ? {} : { decimals: readDecimals(read, decimals, `${path}.decimals`) }),
    ...(write === undefined ? {} : { write: readWrite(read, write, `${path}.write`) }),
    ...(flatAfterMs === undefined ? {} : { flatAfterMs: read.number(flatAfterMs, `${path}.flatAfterMs`) }),
    ...(spike === undefined ? {} : { spike: read.number(spike, `${path}.spike`) }),
  };
}

function readRegister(read: Reader, raw: unknown, path: string): RegisterSpec {
  const fields = read.object(raw, path);
  const plausible = read.object(fields['plausible'], `${path}.plausible`);
  const quantity = read.text(fields['quantity'], `${path}.quantity`);
  if (!isQuantityCode(quantity)) read.fault(`${path}.quantity`, `unknown quantity ${quantity}`, 'update this edge');
  const perMinute = plausible['maxPerMinute'] ?? null;
  return {
    ...readOptions(read, fields, path),
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
    counter: readCounter(read, fields['counter'], `${path}.counter`),
    plausible: {
      min: read.number(plausible['min'], `${path}.plausible.min`),
      max: read.number(plausible['max'], `${path}.plausible.max`),
      maxPerMinute: perMinute === null ? null : read.number(perMinute, `${path}.plausible.maxPerMinute`),
    },
  };
}

function readAlive(read: Reader, raw: unknown, path: string): AliveSpec {
  const fields = read.object(raw, path);
  return {
    functionCode: read.choice(fields['functionCode'], `${path}.functionCode`, [3, 4] as const),
    address: read.whole(fields['address'], `${path}.address`, 0, 0xffff),
    count: read.whole(fields['count'], `${path}.count`, 1, 8),
    withinMs: read.whole(fields['withinMs'], `${path}.withinMs`, 1_000, 86_400_000),
  };
}

export function readProfile(read: Reader, raw: unknown, path: string): DeviceProfile {
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
    ...(fields['wholeBytes'] === true ? { wholeBytes: true } : {}),
    ...(fields['alive'] === undefined ? {} : { alive: readAlive(read, fields['alive'], `${path}.alive`) }),
    maxRegistersPerRead: read.whole(fields['maxRegistersPerRead'], `${path}.maxRegistersPerRead`, 1, 125),
    timeoutMs: read.whole(fields['timeoutMs'], `${path}.timeoutMs`, 10, 60_000),
    gapMs: read.whole(fields['gapMs'], `${path}.gapMs`, 0, 10_000),
    registers: read
      .list(fields['registers'], `${path}.registers`)
      .map((item, index) => readRegister(read, item, `${path}.registers[${index}]`)),
  };
}
