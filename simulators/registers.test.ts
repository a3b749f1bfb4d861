/** What is encoded is what a reader of the profile gets back; the reader here is written another way on purpose. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteOrder, REGISTER_TYPES, type RegisterSpec, type RegisterType } from '#model/device-profile.ts';
import { rawOf, rawOfWords, wordsOf } from '#simulators/registers.ts';

const spec = (type: RegisterType, order: ByteOrder, more: Partial<RegisterSpec> = {}): RegisterSpec => ({
  name: 'x',
  key: 'x',
  quantity: 'level',
  functionCode: 3,
  address: 0,
  type,
  order,
  scale: 1,
  offset: 0,
  sentinels: [],
  counter: null,
  plausible: { min: 0, max: 1, maxPerMinute: null },
  ...more,
});
/** Oracle: puts the wire's letters back in the order A B C D and reads big-endian with Buffer. */
function oracle(type: RegisterType, order: ByteOrder, words: readonly number[]): number {
  const wire = words.flatMap((word) => [word >>> 8, word % 256]);
  const letters = words.length === 2 ? order : order === 'ABCD' || order === 'CDAB' ? 'AB' : 'BA';
  const buffer = Buffer.alloc(4);
  for (const [index, letter] of [...letters].entries()) buffer.writeUInt8(wire[index] ?? 0, 'ABCD'.indexOf(letter));
  switch (type) {
    case 'uint16':
      return buffer.readUInt16BE();
    case 'int16':
      return buffer.readInt16BE();
    case 'uint32':
      return buffer.readUInt32BE();
    case 'int32':
      return buffer.readInt32BE();
    case 'float32':
      return buffer.readFloatBE();
    case 'bcd32':
      return Number(buffer.toString('hex'));
    default:
      return type satisfies never;
  }
}
const TYPES = Object.keys(REGISTER_TYPES) as RegisterType[];
const ORDERS: ByteOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA'];
const RANGE: { readonly [type in RegisterType]: [number, number] } = {
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffffffff],
  int32: [-0x80000000, 0x7fffffff],
  float32: [-(2 ** 24), 2 ** 24],
  bcd32: [0, 99_999_999],
};

describe('registers', () => {
  it('round-trips every type in every byte order', () => {
    let looked = 0;
    for (const type of TYPES)
      for (const order of ORDERS) {
        const [min, max] = RANGE[type];
        fc.assert(
          fc.property(fc.integer({ min, max }), (value) => {
            const words = wordsOf({ type, order }, rawOf(spec(type, order), value));
            expect(oracle(type, order, words)).toBe(value);
            expect(rawOfWords({ type, order }, words)).toBe(value);
          }),
        );
        looked++;
      }
    expect(looked).toBe(24);
  });
  it('stands as the field expects: 123456.0 in four orders', () => {
    const hex = (order: ByteOrder) =>
      wordsOf({ type: 'float32', order }, 123456).map((word) => word.toString(16).padStart(4, '0'));
    expect(ORDERS.map(hex)).toEqual([
      ['47f1', '2000'],
      ['2000', '47f1'],
      ['f147', '0020'],
      ['0020', 'f147'],
    ]);
  });
  it('wraps a counter, keeps the rest in range, and counts whole steps only', () => {
    expect(rawOf(spec('uint16', 'ABCD', { scale: 0.1, counter: { modulus: 65_536 } }), 6553.7)).toBe(1);
    expect(rawOf(spec('uint16', 'ABCD', { scale: 0.1 }), 1e9)).toBe(0xffff);
    expect(rawOf(spec('uint32', 'ABCD', { scale: 0.1, counter: { modulus: 2 ** 32 } }), 0.3)).toBe(3);
    expect(rawOf(spec('uint32', 'ABCD', { scale: 0.1, counter: { modulus: 2 ** 32 } }), 0.29)).toBe(2);
    expect(rawOf(spec('int16', 'ABCD', { scale: 0.01, offset: 5 }), 4.5)).toBe(-50);
  });
});
