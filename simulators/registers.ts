/** The words that a register holds for a value: the inverse of what a reader of the device profile does. */
import { type ByteOrder, REGISTER_TYPES, type RegisterSpec, type RegisterType } from '#model/device-profile.ts';

/** Where the big-endian bytes A B C D of a value stand on the wire. */
const PLACES = {
  ABCD: [0, 1, 2, 3],
  CDAB: [2, 3, 0, 1],
  BADC: [1, 0, 3, 2],
  DCBA: [3, 2, 1, 0],
} as const satisfies { readonly [order in ByteOrder]: readonly number[] };

const RANGES = {
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffff_ffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  bcd32: [0, 99_999_999],
} as const satisfies { readonly [type in Exclude<RegisterType, 'float32'>]: readonly [number, number] };

/** The raw number of the register for a value in the quantity's unit; a counter wraps, everything else stays in range. */
export function rawOf(spec: RegisterSpec, value: number): number {
  const raw = (value - spec.offset) / spec.scale;
  if (spec.type === 'float32') return raw;
  if (spec.counter !== null) {
    // A counter counts whole steps only; the small part forgives binary fractions such as 0.3 / 0.1.
    const steps = Math.floor(raw + 1e-6);
    return ((steps % spec.counter.modulus) + spec.counter.modulus) % spec.counter.modulus;
  }
  const [min, max] = RANGES[spec.type];
  return Math.min(max, Math.max(min, Math.round(raw)));
}

const bcdOf = (raw: number): number => Number.parseInt(String(raw).padStart(8, '0'), 16);

function bytesOf(type: RegisterType, raw: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  switch (type) {
    case 'uint16':
    case 'int16':
      view.setUint16(0, raw & 0xffff);
      break;
    case 'uint32':
    case 'int32':
      view.setUint32(0, raw >>> 0);
      break;
    case 'float32':
      view.setFloat32(0, raw);
      break;
    case 'bcd32':
      view.setUint32(0, bcdOf(raw));
      break;
    default: {
      throw new Error(`no such register type: ${type satisfies never}`);
    }
  }
  return new Uint8Array(view.buffer);
}

/** One or two 16-bit words in the profile's byte order. */
export function wordsOf(spec: Pick<RegisterSpec, 'type' | 'order'>, raw: number): readonly number[] {
  const bytes = bytesOf(spec.type, raw);
  const at = (place: number) => bytes[place] ?? 0;
  if (REGISTER_TYPES[spec.type].words === 1) {
    const [first, second] = PLACES[spec.order][0] % 2 === 0 ? [0, 1] : [1, 0];
    return [(at(first ?? 0) << 8) | at(second ?? 1)];
  }
  const [a, b, c, d] = PLACES[spec.order];
  return [(at(a) << 8) | at(b), (at(c) << 8) | at(d)];
}

/** The raw number of words as they were served; for audits of the served log. */
export function rawOfWords(spec: Pick<RegisterSpec, 'type' | 'order'>, words: readonly number[]): number {
  const wire = words.flatMap((word) => [word >> 8, word & 0xff]);
  const bytes = new Uint8Array(4);
  if (words.length === 1) {
    const swapped = PLACES[spec.order][0] % 2 !== 0;
    bytes.set(swapped ? [wire[1] ?? 0, wire[0] ?? 0] : wire, 0);
  } else {
    for (const [index, place] of PLACES[spec.order].entries()) bytes[place] = wire[index] ?? 0;
  }
  const view = new DataView(bytes.buffer);
  switch (spec.type) {
    case 'uint16':
      return view.getUint16(0);
    case 'int16':
      return view.getInt16(0);
    case 'uint32':
      return view.getUint32(0);
    case 'int32':
      return view.getInt32(0);
    case 'float32':
      return view.getFloat32(0);
    case 'bcd32':
      return Number(view.getUint32(0).toString(16));
    default:
      return spec.type satisfies never;
  }
}
