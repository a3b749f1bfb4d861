/** What is encoded is what a reader of the profile gets back; the reader here is written another way on purpose. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRegister } from '#edge/modbus/decode.ts';
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
/** Oracle: puts the wire's bytes back in big-endian order by letters, and reads them with Buffer. */
function oracle(type: RegisterType, order: ByteOrder, words: readonly number[]): number {
  const wire = words.flatMap((word) => [word >>> 8, word % 256]);
  const size = wire.length;
  // Letter by letter: 8 bytes continue the pattern of 4 (CDAB is GHEFCDAB), 2 bytes can only be swapped.
  const place = (index: number): number => {
    const swapped = order === 'BADC' || order === 'DCBA' ? (index % 2 === 0 ? index + 1 : index - 1) : index;
    const word = Math.floor(swapped / 2);
    return order === 'CDAB' || order === 'DCBA' ? size - 2 - word * 2 + (swapped % 2) : swapped;
  };
  const buffer = Buffer.from(wire.map((_, index) => wire[place(index)] ?? 0));
  const magnitude = (bits: number): number => (((buffer[0] ?? 0) & 0x80) !== 0 ? -(bits % 2 ** (size * 8 - 1)) : bits);
  switch (type) {
    case 'uint8High':
      return buffer.readUInt8(0);
    case 'uint8Low':
      return buffer.readUInt8(1);
    case 'int8High':
      return buffer.readInt8(0);
    case 'int8Low':
      return buffer.readInt8(1);
    case 'uint16':
      return buffer.readUInt16BE();
    case 'int16':
      return buffer.readInt16BE();
    case 'sign16':
      return magnitude(buffer.readUInt16BE());
    case 'uint32':
      return buffer.readUInt32BE();
    case 'int32':
      return buffer.readInt32BE();
    case 'sign32':
      return magnitude(buffer.readUInt32BE());
    case 'float32':
      return buffer.readFloatBE();
    case 'bcd16':
    case 'bcd32':
      return Number(buffer.toString('hex'));
    case 'uint64':
      return Number(buffer.readBigUInt64BE());
    case 'int64':
      return Number(buffer.readBigInt64BE());
    case 'float64':
      return buffer.readDoubleBE();
    default:
      return type satisfies never;
  }
}
const TYPES = Object.keys(REGISTER_TYPES) as RegisterType[];
const ORDERS: ByteOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA'];
const SAFE = Number.MAX_SAFE_INTEGER;
const RANGE: { readonly [type in RegisterType]: [number, number] } = {
  uint8High: [0, 0xff],
  uint8Low: [0, 0xff],
  int8High: [-0x80, 0x7f],
  int8Low: [-0x80, 0x7f],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  sign16: [-0x7fff, 0x7fff],
  bcd16: [0, 9_999],
  uint32: [0, 0xffffffff],
  int32: [-0x80000000, 0x7fffffff],
  sign32: [-0x7fffffff, 0x7fffffff],
  float32: [-(2 ** 24), 2 ** 24],
  bcd32: [0, 99_999_999],
  uint64: [0, SAFE],
  int64: [-SAFE, SAFE],
  float64: [-SAFE, SAFE],
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
            // Plus 0, since a sign bit of its own knows a negative zero.
            expect(oracle(type, order, words) + 0).toBe(value);
            expect(rawOfWords({ type, order }, words) + 0).toBe(value);
            const decoded = decodeRegister(spec(type, order), words);
            expect(decoded.ok && decoded.value.number + 0).toBe(value);
          }),
        );
        looked++;
      }
    expect(looked).toBe(64);
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
