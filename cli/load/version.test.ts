import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { versionOf } from '#cli/load/version.ts';
import { canonicalJson } from '#model/hash.ts';

const SEED = 451_099;

/** The same meaning in another order of keys. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, turned(field)]),
  );
}

describe('the version of a county', () => {
  it('is the same for another order of keys and entries, and another for another meaning', () => {
    const values = new Map<string, string>();
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        // JSON knows no −0, and keys of the prototype are none of a county's.
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        const version = versionOf(plain);
        expect(versionOf(turned(plain))).toBe(version);
        expect(version).toMatch(/^[0-9a-f]{32}$/);
        const text = canonicalJson(plain);
        expect(values.get(version) ?? text).toBe(text);
        values.set(version, text);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
    expect(values.size).toBeGreaterThan(500);
  });

  it.each([
    ['a number and its text', 1, '1'],
    ['a value and the list of it', 1, [1]],
    ['nothing and false', null, false],
    ['two lists that hold the same in another cut', [[1], [2]], [[1, 2]]],
    ['two texts in another cut', ['ab', 'c'], ['a', 'bc']],
    ['a key and its value exchanged', { a: 'b' }, { b: 'a' }],
    ['one entry in another object', { a: { x: 1 }, b: {} }, { a: {}, b: { x: 1 } }],
    ['the last digit of a place', [106.3665, 24.3984], [106.3665, 24.39840000000001]],
  ])('differs for %s', (_, one, other) => {
    expect(versionOf(one)).not.toBe(versionOf(other));
  });

  it('takes a map for the object that it spells, and leaves out what is undefined', () => {
    const map = new Map([
      ['b', 2],
      ['a', 1],
    ]);
    expect(versionOf(map)).toBe(versionOf({ a: 1, b: 2, c: undefined }));
  });
});
