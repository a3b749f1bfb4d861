/** Parses the device profiles of an edge's configuration. */
import { type DeviceProfile, REGISTER_TYPES, type RegisterSpec } from '../model/device-profile.ts';
import { isQuantityCode } from '../model/quantity.ts';
import type { Reader } from './config-reader.ts';

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
    maxRegistersPerRead: read.whole(fields['maxRegistersPerRead'], `${path}.maxRegistersPerRead`, 1, 125),
    timeoutMs: read.whole(fields['timeoutMs'], `${path}.timeoutMs`, 10, 60_000),
    gapMs: read.whole(fields['gapMs'], `${path}.gapMs`, 0, 10_000),
    registers: read
      .list(fields['registers'], `${path}.registers`)
      .map((item, index) => readRegister(read, item, `${path}.registers[${index}]`)),
  };
}
