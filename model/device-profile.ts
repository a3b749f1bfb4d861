/** A device model as data: one YAML file under devices/, read by edge, simulators, tests and documentation alike. */
import type { QuantityCode } from '#model/quantity.ts';
import type { Text } from '#model/text.ts';

/** Register types; width follows from the type. */
export const REGISTER_TYPES = {
  uint16: { words: 1 },
  int16: { words: 1 },
  uint32: { words: 2 },
  int32: { words: 2 },
  float32: { words: 2 },
  bcd32: { words: 2 },
} as const satisfies { readonly [type: string]: { readonly words: 1 | 2 } };
export type RegisterType = keyof typeof REGISTER_TYPES;

/** Bytes A B C D of the value as they stand on the wire; `ABCD` is big-endian. Never mapped by another library's names. */
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
  /** Raw codes that mean "no value". */
  readonly sentinels: readonly number[];
  /** A counter: the reading is the increment; `modulus` is where the raw count wraps (65536, 2^32, 10^D). */
  readonly counter: { readonly modulus: number } | null;
  /** Plausible values in the quantity's unit (of the increment rate for a counter: per minute). */
  readonly plausible: { readonly min: number; readonly max: number; readonly maxPerMinute: number | null };
};

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
  readonly timeoutMs: number;
  /** Quiet time that the unit wants between frames, beyond 3.5 characters. */
  readonly gapMs: number;
  readonly registers: readonly RegisterSpec[];
};
