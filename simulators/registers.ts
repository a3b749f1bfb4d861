/** The words that a register holds for a value: the inverse of what a reader of the device profile does. */
import { type ByteOrder, REGISTER_TYPES, type RegisterSpec, type RegisterType, spanOf } from '#model/device-profile.ts';

const WORDS_REVERSED: readonly ByteOrder[] = ['CDAB', 'DCBA'];
const BYTES_REVERSED: readonly ByteOrder[] = ['BADC', 'DCBA'];

const SAFE = Number.MAX_SAFE_INTEGER;
const RANGES = {
  uint8High: [0, 0xff],
  uint8Low: [0, 0xff],
  int8High: [-0x80, 0x7f],
  int8Low: [-0x80, 0x7f],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  sign16: [-0x7fff, 0x7fff],
  bcd16: [0, 9_999],
  uint32: [0, 0xffff_ffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  sign32: [-0x7fff_ffff, 0x7fff_ffff],
  bcd32: [0, 99_999_999],
  uint64: [0, SAFE],
  int64: [-SAFE, SAFE],
} as const satisfies { readonly [type in Exclude<RegisterType, 'float32' | 'float64'>]: readonly [number, number] };

/** How many decimals a unit with a decimals register plays when nobody says otherwise: as it left the works. */
const decimalsOf = (spec: RegisterSpec, decimals?: number): number => decimals ?? spec.decimals?.usual ?? 0;

/** The device's code for a value: the nearest that it has. */
function codeOf(codes: NonNullable<RegisterSpec['codes']>, value: number): number {
  let best: readonly [raw: number, value: number] | undefined;
  for (const pair of codes)
    if (best === undefined || Math.abs(pair[1] - value) < Math.abs(best[1] - value)) best = pair;
  return best?.[0] ?? 0;
}

/** The raw number of the register for a value in the quantity's unit; a counter wraps, everything else stays in range. */
export function rawOf(spec: RegisterSpec, value: number, decimals?: number): number {
  const plain = (value - spec.offset) / spec.scale;
  const raw = spec.codes === undefined ? plain * 10 ** decimalsOf(spec, decimals) : codeOf(spec.codes, plain);
  if (spec.type === 'float32' || spec.type === 'float64') return raw;
  if (spec.counter !== null) {
    // A counter counts whole steps only; the small part forgives binary fractions such as 0.3 / 0.1.
    const steps = Math.floor(raw + 1e-6);
    return ((steps % spec.counter.modulus) + spec.counter.modulus) % spec.counter.modulus;
  }
  const [min, max] = spec.bits === undefined ? RANGES[spec.type] : [0, spec.bits.mask >>> spec.bits.shift];
  const whole = Math.min(max, Math.max(min, Math.round(raw)));
  return spec.bits === undefined ? whole : ((whole << spec.bits.shift) & spec.bits.mask) >>> 0;
}

const bcdOf = (raw: number): number => Number.parseInt(String(raw), 16);

const WRITE = {
  uint8High: (view, raw) => view.setUint8(0, raw),
  uint8Low: (view, raw) => view.setUint8(1, raw),
  int8High: (view, raw) => view.setInt8(0, raw),
  int8Low: (view, raw) => view.setInt8(1, raw),
  uint16: (view, raw) => view.setUint16(0, raw),
  int16: (view, raw) => view.setInt16(0, raw),
  sign16: (view, raw) => view.setUint16(0, raw < 0 ? 0x8000 - raw : raw),
  bcd16: (view, raw) => view.setUint16(0, bcdOf(raw)),
  uint32: (view, raw) => view.setUint32(0, raw),
  int32: (view, raw) => view.setInt32(0, raw),
  sign32: (view, raw) => view.setUint32(0, raw < 0 ? 0x8000_0000 - raw : raw),
  float32: (view, raw) => view.setFloat32(0, raw),
  bcd32: (view, raw) => view.setUint32(0, bcdOf(raw)),
  uint64: (view, raw) => view.setBigUint64(0, BigInt(raw)),
  int64: (view, raw) => view.setBigInt64(0, BigInt(raw)),
  float64: (view, raw) => view.setFloat64(0, raw),
} as const satisfies { readonly [type in RegisterType]: (view: DataView, raw: number) => void };

const READ = {
  uint8High: (view) => view.getUint8(0),
  uint8Low: (view) => view.getUint8(1),
  int8High: (view) => view.getInt8(0),
  int8Low: (view) => view.getInt8(1),
  uint16: (view) => view.getUint16(0),
  int16: (view) => view.getInt16(0),
  sign16: (view) => (view.getUint8(0) >> 7 === 1 ? -1 : 1) * (view.getUint16(0) & 0x7fff),
  bcd16: (view) => Number(view.getUint16(0).toString(16)),
  uint32: (view) => view.getUint32(0),
  int32: (view) => view.getInt32(0),
  sign32: (view) => (view.getUint8(0) >> 7 === 1 ? -1 : 1) * (view.getUint32(0) & 0x7fff_ffff),
  float32: (view) => view.getFloat32(0),
  bcd32: (view) => Number(view.getUint32(0).toString(16)),
  uint64: (view) => Number(view.getBigUint64(0)),
  int64: (view) => Number(view.getBigInt64(0)),
  float64: (view) => view.getFloat64(0),
} as const satisfies { readonly [type in RegisterType]: (view: DataView) => number };

type Shape = Pick<RegisterSpec, 'type' | 'order'>;

function fromView(view: DataView, order: ByteOrder): readonly number[] {
  const isLittle = BYTES_REVERSED.includes(order);
  const words = Array.from({ length: view.byteLength / 2 }, (_, index) => view.getUint16(index * 2, isLittle));
  return WORDS_REVERSED.includes(order) ? words.reverse() : words;
}

/** The 16-bit words of the register alone, in the profile's byte order. */
export function wordsOf(spec: Shape, raw: number): readonly number[] {
  const view = new DataView(new ArrayBuffer(REGISTER_TYPES[spec.type].words * 2));
  WRITE[spec.type](view, raw);
  return fromView(view, spec.order);
}

/** The raw number of words as they were served; for audits of the served log. */
export function rawOfWords(spec: Shape, words: readonly number[]): number {
  const view = new DataView(new ArrayBuffer(words.length * 2));
  const ordered = WORDS_REVERSED.includes(spec.order) ? [...words].reverse() : words;
  for (const [index, word] of ordered.entries()) view.setUint16(index * 2, word, BYTES_REVERSED.includes(spec.order));
  return READ[spec.type](view);
}

/** Words of a span and which of their bits belong to the value: a byte or a bit field leaves the rest to others. */
export type Placed = { readonly address: number; readonly words: readonly number[]; readonly masks: readonly number[] };

function maskOf(spec: RegisterSpec): readonly number[] {
  if (spec.bits !== undefined) return wordsOf(spec, spec.bits.mask);
  const { words } = REGISTER_TYPES[spec.type];
  if (!spec.type.includes('int8')) return new Array<number>(words).fill(0xffff);
  const isHigh = spec.type.endsWith('High') !== BYTES_REVERSED.includes(spec.order);
  return [isHigh ? 0xff00 : 0x00ff];
}

/** What a unit's registers hold for a raw number, together with its decimals register. */
export function placeRaw(spec: RegisterSpec, raw: number, decimals?: number): Placed {
  const { address, count } = spanOf(spec);
  const words = new Array<number>(count).fill(0);
  const masks = new Array<number>(count).fill(0);
  const at = spec.address - address;
  for (const [index, word] of wordsOf(spec, raw).entries()) words[at + index] = word;
  for (const [index, mask] of maskOf(spec).entries()) masks[at + index] = mask;
  if (spec.decimals !== undefined) {
    words[spec.decimals.address - address] = decimalsOf(spec, decimals);
    masks[spec.decimals.address - address] = 0xffff;
  }
  return { address, words, masks };
}
