import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatLint } from '#model/result.ts';
import { parseDeviceProfile } from './devices.ts';

const folder = new URL('../../devices/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');

describe('the device catalogue', () => {
  it('has profiles that parse, each with its source', () => {
    const profiles = files.map((file) => {
      const parsed = parseDeviceProfile(`devices/${file}`, read(file));
      expect(parsed.ok ? [] : parsed.error.map(formatLint)).toEqual([]);
      return parsed.ok ? parsed.value : undefined;
    });
    const registers = profiles.reduce((sum, profile) => sum + (profile?.registers.length ?? 0), 0);
    console.log(`looked at ${profiles.length} device profiles with ${registers} registers`);
    expect(profiles.length).toBeGreaterThanOrEqual(5);
    expect(registers).toBeGreaterThanOrEqual(14);
    for (const profile of profiles) expect(profile?.source.length ?? 0).toBeGreaterThan(40);
  });

  it('knows the rain gauge of SL 651 by its register, order and modulus', () => {
    const parsed = parseDeviceProfile('devices/sl651-rain-gauge.yaml', read('sl651-rain-gauge.yaml'));
    expect(parsed.ok && parsed.value.registers[0]).toMatchObject({
      key: 'accumulated',
      address: 0,
      functionCode: 3,
      type: 'uint32',
      order: 'ABCD',
      scale: 0.1,
      offset: 0,
      counter: { modulus: 1_000_000 },
    });
  });
});

const GOOD = read('sl651-rain-gauge.yaml');
const lintsOf = (text: string) => {
  const parsed = parseDeviceProfile('devices/x.yaml', text);
  return parsed.ok ? [] : parsed.error.map(formatLint);
};
const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split('\n').length;

describe('a bad profile is told with its place', () => {
  const cases: readonly (readonly [what: string, from: string, to: string, message: RegExp])[] = [
    ['an unknown type', 'type: uint32', 'type: uint33', /uint16/],
    ['an unknown quantity', 'quantity: rain', 'quantity: snow', /must be one of/],
    ['an unknown key', 'scale: 0.1', 'skale: 0.1', /unknown key skale/],
    ['an address beyond the last register', 'address: 0', 'address: 65535', /passes register 65535/],
    ['a counter wider than its registers', 'modulus: 1000000', 'modulus: 4294967297', /wraps at 4294967296/],
    ['a counter of a signed type', 'type: uint32', 'type: int32', /a counter cannot be int32/],
    ['a range upside down', 'min: 0', 'min: 9', /min is above max/],
  ];
  it.each(cases)('%s', (_, from, to, message) => {
    const text = GOOD.replace(from, to);
    expect(text).not.toBe(GOOD);
    const lints = lintsOf(text);
    expect(lints).toHaveLength(1);
    expect(lints[0]).toMatch(message);
    const key = to.slice(0, to.indexOf(':') + 1);
    expect(lints[0]).toMatch(new RegExp(`^devices/x\\.yaml:${lineOf(text, key)}:\\d+: error:`));
  });

  const PANEL = read('notifier-modbus-gw.yaml');
  const RELAY = read('waveshare-relay-d.yaml');
  const LEVEL = read('qdy30a.yaml');
  const fields: readonly (readonly [what: string, base: string, from: string, to: string, message: RegExp])[] = [
    [
      'a repeated register without a number in its key',
      PANEL,
      'key: detector-{n}',
      'key: detector',
      /needs \{n\} in its key/,
    ],
    [
      'a number in a key that is not repeated',
      LEVEL,
      'key: level',
      'key: level-{n}',
      /stands without "repeat"|no register level/,
    ],
    ['a field of bits from a signed register', PANEL, 'type: uint16', 'type: int16', /cannot be cut from int16/],
    ['a mask wider than its register', PANEL, 'mask: 0x4800', 'mask: 0x14800', /wider than uint16/],
    ['a shift that pushes the field out', PANEL, 'shift: 11', 'shift: 15', /pushes the whole field out/],
    [
      'a coil written as a register',
      RELAY,
      'functionCode: 5',
      'functionCode: 6',
      /function 6 does not write what function 1 reads/,
    ],
    ['a coil that is neither 1 nor 0', RELAY, 'on: 1', 'on: 255', /a coil is 1 or 0/],
    ['an output whose on is its off', RELAY, 'on: 1', 'on: 0', /on and off are the same/],
    ['a decimals register inside the value', LEVEL, 'address: 3, usual', 'address: 4, usual', /lies inside the value/],
    [
      'a decimals register too far for one request',
      LEVEL,
      'address: 3, usual',
      'address: 200, usual',
      /registers in one read/,
    ],
    ['a code that is no number', PANEL, '{ 0: 0, 8: 1', '{ zero: 0, 8: 1', /whole number|codes/],
    ['two keys alike, one of them by repetition', PANEL, 'key: trouble-{n}', 'key: detector-{n}', /is there twice/],
    [
      'an example of a register that is not there',
      LEVEL,
      'values: { level: -0.5 }',
      'values: { depth: -0.5 }',
      /there is no register depth/,
    ],
    ['a frame that is not hexadecimal', LEVEL, "request: '01", "request: 'xx", /hexadecimal/],
    [
      'a real model without a frame',
      read('crack-meter-rs485.yaml'),
      'verified: false',
      'verified: true',
      /at least one example frame/,
    ],
    ['a reset that nobody knows', GOOD, 'reset: zero', 'reset: daily', /zero/],
  ];
  it.each(fields)('%s', (_, base, from, to, message) => {
    const text = base.replace(from, to);
    expect(text).not.toBe(base);
    const lints = lintsOf(text);
    expect(lints.length).toBeGreaterThan(0);
    expect(lints.join('\n')).toMatch(message);
    for (const lint of lints) expect(lint).toMatch(/^devices\/x\.yaml:\d+:\d+: error:/);
  });

  it('a repeated register stands at its own address, under its own key and name', () => {
    const parsed = parseDeviceProfile('devices/notifier-modbus-gw.yaml', PANEL);
    const last = parsed.ok ? parsed.value.registers.find(({ key }) => key === 'detector-32') : undefined;
    expect(last).toMatchObject({
      address: 31,
      name: 'L1D32 point status',
      codes: [
        [0, 0],
        [1, 2],
        [8, 1],
        [9, 2],
      ],
    });
  });

  it('rain without a counter is refused, since it is an amount since the previous reading', () => {
    expect(lintsOf(GOOD.replace(/ {4}counter: .*\n/, '')).join()).toMatch(/give the counter with its modulus/);
  });

  it('broken YAML and an empty file have a place too', () => {
    expect(lintsOf('maker: [')[0]).toMatch(/^devices\/x\.yaml:\d+:\d+: error:/);
    expect(lintsOf('')[0]).toMatch(/^devices\/x\.yaml:1:1: error:/);
    expect(lintsOf(`${GOOD}\nmaker: again\n`)[0]).toMatch(/:\d+:1: error:.*unique/i);
  });
});
