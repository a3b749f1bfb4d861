import { describe, expect, it } from 'vitest';
import { hashOf } from '#model/hash.ts';
import { isTopicToken } from '#model/topics.ts';

describe('the hash of a configuration', () => {
  it('does not see the order of keys, of a map, or what is undefined', () => {
    expect(hashOf({ a: 1, b: [1, { c: 2, d: undefined }] })).toBe(hashOf({ b: [1, { c: 2 }], a: 1 }));
    expect(
      hashOf(
        new Map([
          ['x', 1],
          ['y', 2],
        ]),
      ),
    ).toBe(
      hashOf(
        new Map([
          ['y', 2],
          ['x', 1],
        ]),
      ),
    );
  });

  it('sees the order of a list, the type of a value and every character', () => {
    const base = hashOf({ a: [1, 2], b: '1' });
    expect(hashOf({ a: [2, 1], b: '1' })).not.toBe(base);
    expect(hashOf({ a: [1, 2], b: 1 })).not.toBe(base);
    expect(hashOf({ a: [1, 2], b: '2' })).not.toBe(base);
  });

  it('gives 100,000 neighbours 100,000 names, each a topic token', () => {
    const names = new Set(Array.from({ length: 100_000 }, (_, index) => hashOf({ id: `sensor-${index}` })));
    expect(names.size).toBe(100_000);
    expect([...names].slice(0, 100).every((name) => isTopicToken(name) && name.length === 32)).toBe(true);
  });
});
