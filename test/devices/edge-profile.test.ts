/** A profile reaches the edge whole: through the JSON of its configuration, and nothing in it is lost or invented. */
import { describe, expect, it } from 'vitest';
import { openReader } from '#edge/config-reader.ts';
import { readProfile } from '#edge/profile-config.ts';
import type { DeviceProfile } from '#model/device-profile.ts';
import { catalogue } from '#test/devices/support.ts';

const files = catalogue();
const throughJson = (profile: unknown) => {
  const read = openReader('edge.json');
  return { profile: readProfile(read, JSON.parse(JSON.stringify(profile)), 'profiles.x'), lints: read.lints };
};

describe('a profile in the configuration of an edge', () => {
  it('is the one of the catalogue, register by register', () => {
    let looked = 0;
    for (const { profile } of files) {
      const { profile: got, lints } = throughJson(profile);
      expect(lints).toEqual([]);
      expect(got).toEqual(profile);
      looked += profile.registers.length;
    }
    console.log(`${looked} registers of ${files.length} profiles came through the edge's configuration`);
    expect(looked).toBeGreaterThanOrEqual(100);
  });

  const [first] = files.filter(({ profile }) => profile.id === 'waveshare-relay-d').map(({ profile }) => profile);
  const withRegister = (change: { readonly [key: string]: unknown }): unknown => {
    const profile = first as DeviceProfile;
    return { ...profile, registers: [{ ...profile.registers[0], ...change }] };
  };
  it.each([
    ['write', { write: { functionCode: 7, on: 1, off: 0 } }, /write\.functionCode/],
    ['write', { write: { functionCode: 5, on: 70_000, off: 0 } }, /write\.on/],
    ['bits', { bits: { mask: 0, shift: 0 } }, /bits\.mask/],
    ['codes', { codes: { 0: 1 } }, /codes/],
    ['codes', { codes: [['0', 1]] }, /codes\[0\]\[0\]/],
    ['decimals', { decimals: { address: -1, usual: 2 } }, /decimals\.address/],
    ['counter', { counter: { modulus: 65_536, reset: 'sometimes' } }, /counter\.reset/],
    ['spike', { spike: 'big' }, /spike/],
    ['type', { type: 'uint24' }, /type/],
  ])('with a wrong %s is refused', (_, change, path) => {
    const { lints } = throughJson(withRegister(change));
    expect(lints.map((lint) => lint.path).join()).toMatch(path);
  });
});
