/** Turns registers into a number as the device profile says; what is no value has a reason and no value. */
import { type ByteOrder, REGISTER_TYPES, type RegisterSpec, type RegisterType } from '../../model/device-profile.ts';
import { err, ok, type Result } from '../../model/result.ts';

/** Where bytes A, B, C, D of the value stand on the wire. */
const POSITIONS = {
  ABCD: [0, 1, 2, 3],
  CDAB: [2, 3, 0, 1],
  BADC: [1, 0, 3, 2],
  DCBA: [3, 2, 1, 0],
} as const satisfies { readonly [order in ByteOrder]: readonly [number, number, number, number] };
/** In one register the order can only mean its two bytes. */
const SWAPPED_IN_WORD: readonly ByteOrder[] = ['BADC', 'DCBA'];

const NO_BCD = Number.NaN;

/** Eight decimal digits; NaN when a nibble is none. */
function readBcd(view: DataView): number {
  let value = 0;
  for (let index = 0; index < 4; index++) {
    const byte = view.getUint8(index);
    const high = byte >> 4;
    const low = byte & 0xf;
    if (high > 9 || low > 9) return NO_BCD;
    value = value * 100 + high * 10 + low;
  }
  return value;
}

const READ = {
  uint16: (view) => view.getUint16(0),
  int16: (view) => view.getInt16(0),
  uint32: (view) => view.getUint32(0),
  int32: (view) => view.getInt32(0),
  float32: (view) => view.getFloat32(0),
  bcd32: readBcd,
} as const satisfies { readonly [type in RegisterType]: (view: DataView) => number };

export type Decoded = {
  /** The number that the register stands for, before scale and offset. */
  readonly number: number;
  /** Whole: that number itself, or the 32 bits of a float. */
  readonly raw: number;
};
export type DecodeFault = { readonly reason: 'sentinel' | 'decode'; readonly raw?: number };

function bytesOf(spec: RegisterSpec, words: readonly number[]): DataView {
  const view = new DataView(new ArrayBuffer(4));
  const wire = words.flatMap((word) => [word >> 8, word & 0xff]);
  if (REGISTER_TYPES[spec.type].words === 1) {
    const [high = 0, low = 0] = SWAPPED_IN_WORD.includes(spec.order) ? [wire[1], wire[0]] : wire;
    view.setUint8(0, high);
    view.setUint8(1, low);
    return view;
  }
  for (const [index, position] of POSITIONS[spec.order].entries()) view.setUint8(index, wire[position] ?? 0);
  return view;
}

/** `words` are exactly the registers of this spec, in wire order. */
export function decodeRegister(spec: RegisterSpec, words: readonly number[]): Result<Decoded, DecodeFault> {
  if (words.length !== REGISTER_TYPES[spec.type].words) return err({ reason: 'decode' });
  const view = bytesOf(spec, words);
  const number = READ[spec.type](view);
  const raw = Number.isInteger(number) && spec.type !== 'float32' ? number : view.getUint32(0);
  // All nibbles F is how BCD devices write "missing" (SL 651-2014, 6.6).
  if (spec.type === 'bcd32' && raw === 0xffffffff) return err({ reason: 'sentinel', raw });
  if (!Number.isFinite(number)) return err({ reason: 'decode', raw });
  if (spec.sentinels.includes(number)) return err({ reason: 'sentinel', raw });
  return ok({ number, raw });
}
