/** The register forms of real devices, encoded by the simulator and decoded by the edge, bit by bit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRegister } from '#edge/modbus/decode.ts';
import type { ByteOrder, RegisterSpec, RegisterType } from '#model/device-profile.ts';
import { placeRaw, rawOf } from '#simulators/registers.ts';

const ORDERS: readonly ByteOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA'];
const spec = (type: RegisterType, order: ByteOrder, more: Partial<RegisterSpec> = {}): RegisterSpec => ({
  name: 'x',
  key: 'x',
  quantity: 'level',
  functionCode: 3,
  address: 4,
  type,
  order,
  scale: 1,
  offset: 0,
  sentinels: [],
  counter: null,
  plausible: { min: 0, max: 1, maxPerMinute: null },
  ...more,
});

/** Words with every bit set that is not the value's own. */
function surrounded(played: RegisterSpec, value: number): readonly number[] {
  const placed = placeRaw(played, rawOf(played, value));
  return placed.words.map((word, index) => {
    const mask = placed.masks[index] ?? 0;
    return (word & mask) | (0xffff & ~mask);
  });
}

describe('register forms', () => {
  const cases: readonly (readonly [string, Partial<RegisterSpec> & { readonly type: RegisterType }, number])[] = [
    ['a field of four bits', { type: 'uint16', bits: { mask: 0x0f00, shift: 8 } }, 11],
    ['the top bit of 32', { type: 'uint32', bits: { mask: 0x8000_0000, shift: 31 } }, 1],
    [
      'codes in two separate bits',
      {
        type: 'uint16',
        bits: { mask: 0x4800, shift: 11 },
        codes: [
          [0, 0],
          [8, 1],
          [1, 2],
        ],
      },
      1,
    ],
    ['decimals before the value', { type: 'int16', decimals: { address: 2, usual: 2 } }, -12.34],
    ['decimals after the value', { type: 'int16', decimals: { address: 9, usual: 3 } }, 1.234],
    ['the high byte', { type: 'uint8High' }, 200],
    ['the low byte, signed', { type: 'int8Low' }, -3],
    ['sign and magnitude', { type: 'sign16' }, -1_234],
    ['sign and magnitude, 32 bits', { type: 'sign32' }, -1_234_567],
    ['four BCD digits', { type: 'bcd16' }, 1_234],
    ['64 bits', { type: 'int64' }, -9_007_199_254_740_991],
    ['a double', { type: 'float64' }, 0.1],
    ['an inverted contact', { type: 'uint16', scale: -1, offset: 1 }, 0],
  ];
  it.each(cases)(
    '%s is read as it was played, in every byte order, and leaves the other bits alone',
    (_, more, value) => {
      for (const order of ORDERS) {
        const played = spec(more.type, order, more);
        const decoded = decodeRegister(played, surrounded(played, value));
        const read = decoded.ok ? decoded.value.number * played.scale + played.offset : undefined;
        expect([order, read]).toEqual([order, value]);
      }
    },
  );

  it('any words decode to a finite number or a reason, and never throw', () => {
    const types = cases.map(([, more]) => more);
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.constantFrom(...ORDERS),
        fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 10 }),
        (more, order, words) => {
          const decoded = decodeRegister(spec(more.type, order, more), words);
          if (!decoded.ok) return ['sentinel', 'decode'].includes(decoded.error.reason);
          return Number.isFinite(decoded.value.number) && Number.isSafeInteger(decoded.value.raw);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('has no value for what is not listed, beyond reason, or more than a number holds', () => {
    const coded = spec('uint16', 'ABCD', {
      codes: [
        [0, 0],
        [1, 2],
      ],
    });
    expect(decodeRegister(coded, [7])).toEqual({ ok: false, error: { reason: 'decode', raw: 7 } });
    const divided = spec('int16', 'ABCD', { address: 1, decimals: { address: 0, usual: 1 } });
    expect(decodeRegister(divided, [10, 5])).toEqual({ ok: false, error: { reason: 'decode', raw: 5 } });
    expect(decodeRegister(divided, [1, 5])).toEqual({ ok: true, value: { number: 0.5, raw: 5 } });
    expect(decodeRegister(spec('uint64', 'ABCD'), [0x0020, 0, 0, 1]).ok).toBe(false);
    const most = decodeRegister(spec('uint64', 'ABCD'), [0x001f, 0xffff, 0xffff, 0xffff]);
    expect(most.ok && most.value.number).toBe(Number.MAX_SAFE_INTEGER);
    expect(decodeRegister(spec('float64', 'ABCD'), [0x7ff8, 0, 0, 0]).ok).toBe(false);
    const missing = { ok: false, error: { reason: 'sentinel', raw: 0xffff } };
    expect(decodeRegister(spec('bcd16', 'ABCD'), [0xffff])).toEqual(missing);
    expect(decodeRegister(spec('bcd16', 'ABCD'), [0x12a4]).ok).toBe(false);
    expect(decodeRegister(spec('uint32', 'ABCD'), [1]).ok).toBe(false);
  });
});
