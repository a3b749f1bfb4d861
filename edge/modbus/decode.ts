/** Turns registers into a number as the device profile says; what is no value has a reason and no value. */
import {
  type ByteOrder,
  REGISTER_TYPES,
  type RegisterSpec,
  type RegisterType,
  spanOf,
} from '../../model/device-profile.ts';
import { err, ok, type Result } from '../../model/result.ts';

/** How a byte order differs from big-endian: the words stand the other way round, the bytes in each word do. */
const SWAPS = {
  ABCD: { words: false, bytes: false },
  CDAB: { words: true, bytes: false },
  BADC: { words: false, bytes: true },
  DCBA: { words: true, bytes: true },
} as const satisfies { readonly [order in ByteOrder]: { readonly words: boolean; readonly bytes: boolean } };

/** A register of decimals beyond this is another register's value. */
const MAX_DECIMALS = 9;
const NONE = Number.NaN;

/** Two decimal digits a byte; NaN when a nibble is none. */
function readBcd(view: DataView, bytes: number): number {
  let value = 0;
  for (let index = 0; index < bytes; index++) {
    const byte = view.getUint8(index);
    const high = byte >> 4;
    const low = byte & 0xf;
    if (high > 9 || low > 9) return NONE;
    value = value * 100 + high * 10 + low;
  }
  return value;
}

const readSign = (bits: number, signBit: number): number => (bits >= signBit ? signBit - bits : bits);
/** Checked once, here: a number holds whole values to 2^53. */
const readSafe = (wide: bigint): number =>
  wide >= BigInt(Number.MIN_SAFE_INTEGER) && wide <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(wide) : NONE;

const READ = {
  uint8High: (view) => view.getUint8(0),
  uint8Low: (view) => view.getUint8(1),
  int8High: (view) => view.getInt8(0),
  int8Low: (view) => view.getInt8(1),
  uint16: (view) => view.getUint16(0),
  int16: (view) => view.getInt16(0),
  // The magnitude is negative zero for the bit alone: 0 either way.
  sign16: (view) => readSign(view.getUint16(0), 2 ** 15),
  bcd16: (view) => readBcd(view, 2),
  uint32: (view) => view.getUint32(0),
  int32: (view) => view.getInt32(0),
  sign32: (view) => readSign(view.getUint32(0), 2 ** 31),
  float32: (view) => view.getFloat32(0),
  bcd32: (view) => readBcd(view, 4),
  uint64: (view) => readSafe(view.getBigUint64(0)),
  int64: (view) => readSafe(view.getBigInt64(0)),
  float64: (view) => view.getFloat64(0),
} as const satisfies { readonly [type in RegisterType]: (view: DataView) => number };

/** All nibbles F is how BCD devices write "missing" (SL 651-2014, 6.6). */
const BCD_MISSING: { readonly [type in RegisterType]?: number } = { bcd16: 0xffff, bcd32: 0xffff_ffff };
const FLOATS: readonly RegisterType[] = ['float32', 'float64'];

export type Decoded = {
  /** The number that the register stands for, before scale and offset. */
  readonly number: number;
  /** Whole: the register's own number, the 32 bits of a float, the upper 32 bits of a double. */
  readonly raw: number;
};
export type DecodeFault = { readonly reason: 'sentinel' | 'decode'; readonly raw?: number };

function viewOf(order: ByteOrder, words: readonly number[]): DataView {
  const view = new DataView(new ArrayBuffer(words.length * 2));
  const swap = SWAPS[order];
  for (const [index, word] of words.entries())
    view.setUint16((swap.words ? words.length - 1 - index : index) * 2, word, swap.bytes);
  return view;
}

/** What the register's own number stands for: a field of it, a code's meaning, or the number over its decimals. */
function meaningOf(spec: RegisterSpec, number: number, decimals: number | undefined): number {
  const field = spec.bits === undefined ? number : (number & spec.bits.mask) >>> spec.bits.shift;
  if (spec.codes !== undefined) return spec.codes.find(([raw]) => raw === field)?.[1] ?? NONE;
  if (spec.decimals === undefined) return field;
  return decimals === undefined || decimals > MAX_DECIMALS ? NONE : field / 10 ** decimals;
}

/** `words` are exactly the registers of this spec's span, in wire order. */
export function decodeRegister(spec: RegisterSpec, words: readonly number[]): Result<Decoded, DecodeFault> {
  const span = spanOf(spec);
  if (words.length !== span.count) return err({ reason: 'decode' });
  const at = spec.address - span.address;
  const own = words.slice(at, at + REGISTER_TYPES[spec.type].words);
  const view = viewOf(spec.order, own);
  const value = READ[spec.type](view);
  const isWhole = Number.isInteger(value) && !FLOATS.includes(spec.type);
  const raw = isWhole ? value : own.length === 1 ? view.getUint16(0) : view.getUint32(0);
  if (BCD_MISSING[spec.type] === raw) return err({ reason: 'sentinel', raw });
  if (!Number.isFinite(value)) return err({ reason: 'decode', raw });
  if (spec.sentinels.includes(value)) return err({ reason: 'sentinel', raw });
  const decimals = spec.decimals === undefined ? undefined : words[spec.decimals.address - span.address];
  const number = meaningOf(spec, value, decimals);
  return Number.isFinite(number) ? ok({ number, raw }) : err({ reason: 'decode', raw });
}
