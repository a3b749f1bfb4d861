/** A device model as data: one YAML file under devices/, read by edge, simulators, tests and documentation alike. */
import type { QuantityCode } from '#model/quantity.ts';
import type { Text } from '#model/text.ts';

/**
 * Register types; width follows from the type. `…High` and `…Low` are one byte of a register; `sign…` is a sign bit and a
 * magnitude. 64-bit integers beyond 2^53 are no value, since a number cannot hold them.
 */
export const REGISTER_TYPES = {
  uint8High: { words: 1 },
  uint8Low: { words: 1 },
  int8High: { words: 1 },
  int8Low: { words: 1 },
  uint16: { words: 1 },
  int16: { words: 1 },
  sign16: { words: 1 },
  bcd16: { words: 1 },
  uint32: { words: 2 },
  int32: { words: 2 },
  sign32: { words: 2 },
  float32: { words: 2 },
  bcd32: { words: 2 },
  uint64: { words: 4 },
  int64: { words: 4 },
  float64: { words: 4 },
} as const satisfies { readonly [type: string]: { readonly words: 1 | 2 | 4 } };
export type RegisterType = keyof typeof REGISTER_TYPES;

/**
 * Bytes A B C D of the value as they stand on the wire; `ABCD` is big-endian. Never mapped by another library's names.
 * Other widths follow: C and D before A and B reverses the words, B before A the bytes of each word.
 */
export type ByteOrder = 'ABCD' | 'CDAB' | 'BADC' | 'DCBA';

export type RegisterSpec = {
  /** The name in the maker's manual. */
  readonly name: string;
  /** Key within the profile that a sensor refers to, e.g. `accumulated`. */
  readonly key: string;
  readonly quantity: QuantityCode;
  /** 3 holding, 4 input, 1 coil, 2 discrete input. */
  readonly functionCode: 1 | 2 | 3 | 4;
  /** Zero-based address on the wire. */
  readonly address: number;
  readonly type: RegisterType;
  readonly order: ByteOrder;
  /** Value in the quantity's unit = raw × scale + offset. */
  readonly scale: number;
  readonly offset: number;
  /** A field of an unsigned register: `(register & mask) >>> shift`. */
  readonly bits?: { readonly mask: number; readonly shift: number };
  /** A code of the device and what it stands for; a code that is not listed is no value. */
  readonly codes?: readonly (readonly [raw: number, value: number])[];
  /** The value is divided by 10 to the power of this register, which the same request reads. */
  readonly decimals?: DecimalsSpec;
  /** Raw numbers of the register that mean "no value". */
  readonly sentinels: readonly number[];
  /** A counter: the reading is the increment. */
  readonly counter: CounterSpec | null;
  /** How it is switched, when it is an output: a coil or register that an edge may write. */
  readonly write?: { readonly functionCode: 5 | 6 | 15 | 16; readonly on: number; readonly off: number };
  /** Plausible values in the quantity's unit (of the increment rate for a counter: per minute). */
  readonly plausible: { readonly min: number; readonly max: number; readonly maxPerMinute: number | null };
  /** A value that does not move at all for so long is doubted; left out where standing still is usual. */
  readonly flatAfterMs?: number;
  /** The largest step, in the quantity's unit, that is believed before the next reading confirms it. */
  readonly spike?: number;
};

/** Registers that move while the device measures (minutes running, a sequence, its clock). */
export type AliveSpec = {
  readonly functionCode: 3 | 4;
  readonly address: number;
  readonly count: number;
  /** Standing still for longer means that what the unit answers is old: its values are not taken. */
  readonly withinMs: number;
};

export type CounterSpec = {
  /** Where the raw count wraps: 65536, 2^32, 10^D. */
  readonly modulus: number;
  /**
   * What a fall is that is no wrap. `zero` (the default): the device began again at 0 after a loss of power or a
   * command. `never`: its memory is permanent, so that a fall says that the device was changed or is broken.
   */
  readonly reset?: 'zero' | 'never';
};

/** A plain uint16 of the same function code, near enough to the value that one request reads both. */
export type DecimalsSpec = {
  readonly address: number;
  /** As the device leaves the works. */
  readonly usual: number;
};

export type Span = { readonly address: number; readonly count: number };

/** The bits that a request must ask for so that a board which knows whole bytes only answers. */
export function wholeBytesOf({ address, count }: Span): Span {
  const first = address - (address % 8);
  return { address: first, count: Math.ceil((address + count - first) / 8) * 8 };
}

/** The registers, or the one bit, that a reader must fetch in one request for this value. */
export function spanOf(
  spec: Pick<RegisterSpec, 'address' | 'type' | 'functionCode'> & { readonly decimals?: DecimalsSpec | undefined },
): Span {
  if (spec.functionCode <= 2) return { address: spec.address, count: 1 };
  const end = spec.address + REGISTER_TYPES[spec.type].words;
  if (spec.decimals === undefined) return { address: spec.address, count: end - spec.address };
  const address = Math.min(spec.address, spec.decimals.address);
  return { address, count: Math.max(end, spec.decimals.address + 1) - address };
}

export type DeviceProfile = {
  /** File name without extension, e.g. `sl651-rain-gauge`. */
  readonly id: string;
  readonly maker: string;
  readonly model: string;
  readonly name: Text;
  /** Manual or standard, with the page or clause. */
  readonly source: string;
  readonly baudRate: number;
  readonly parity: 'none' | 'even' | 'odd';
  /** Registers that one request may read. */
  readonly maxRegistersPerRead: number;
  /** Some boards answer to coils and discrete inputs only by whole bytes: 8, 16 … bits from a multiple of 8. */
  readonly wholeBytes?: boolean;
  readonly alive?: AliveSpec;
  readonly timeoutMs: number;
  /** Quiet time that the unit wants between frames, beyond 3.5 characters. */
  readonly gapMs: number;
  readonly registers: readonly RegisterSpec[];
};
