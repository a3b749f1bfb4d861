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

  it('rain without a counter is refused, since it is an amount since the previous reading', () => {
    expect(lintsOf(GOOD.replace(/ {4}counter: .*\n/, '')).join()).toMatch(/give the counter with its modulus/);
  });

  it('broken YAML and an empty file have a place too', () => {
    expect(lintsOf('maker: [')[0]).toMatch(/^devices\/x\.yaml:\d+:\d+: error:/);
    expect(lintsOf('')[0]).toMatch(/^devices\/x\.yaml:1:1: error:/);
    expect(lintsOf(`${GOOD}\nmaker: again\n`)[0]).toMatch(/:\d+:1: error:.*unique/i);
  });
});
