/** Spoils valid bytes in the ways that wires, memories and liars do; the same seed spoils the same way. */

export type Random = () => number;

export const below = (random: Random, limit: number): number => Math.floor(random() * limit);

const pick = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)] as T;

const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

const MAX_BYTES = 20_000;
/** Values that lengths and counts break at. */
const EDGES = [0, 1, 0x7e, 0x7f, 0x80, 0xff, 0x68, 0x16, 0x02, 0x03, 0xf0, 0xf4, 0xfc];

type Spoil = (bytes: Uint8Array, random: Random, seeds: readonly Uint8Array[]) => Uint8Array;

const SPOILS: readonly Spoil[] = [
  // Bits fall over.
  (bytes, random) => {
    const out = bytes.slice();
    for (let count = 1 + below(random, 8); count > 0 && out.length > 0; count--) {
      const at = below(random, out.length);
      out[at] = (out[at] as number) ^ (1 << below(random, 8));
    }
    return out;
  },
  // A byte lies: a length, a count, a mark.
  (bytes, random) => {
    const out = bytes.slice();
    if (out.length > 0) out[below(random, Math.min(out.length, 48))] = pick(random, EDGES);
    return out;
  },
  // Something is cut out.
  (bytes, random) => {
    const from = below(random, bytes.length + 1);
    return join(bytes.subarray(0, from), bytes.subarray(from + below(random, bytes.length - from + 1)));
  },
  (bytes, random) => bytes.slice(0, below(random, bytes.length + 1)),
  (bytes, random) => bytes.slice(below(random, bytes.length + 1)),
  // The end of another.
  (bytes, random, seeds) => {
    const other = pick(random, seeds);
    return join(bytes.subarray(0, below(random, bytes.length + 1)), other.subarray(below(random, other.length + 1)));
  },
  // Something comes twice, or many times.
  (bytes, random) => {
    const from = below(random, bytes.length + 1);
    const part = bytes.subarray(from, from + below(random, 64));
    const times = Math.min(1 + below(random, 40), Math.floor(MAX_BYTES / Math.max(1, part.length)));
    return join(bytes.subarray(0, from), ...Array.from({ length: times }, () => part), bytes.subarray(from));
  },
  // Noise between.
  (bytes, random) => {
    const at = below(random, bytes.length + 1);
    const noise = Uint8Array.from({ length: 1 + below(random, 40) }, () => below(random, 256));
    return join(bytes.subarray(0, at), noise, bytes.subarray(at));
  },
];

export function mutate(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = pick(random, seeds);
  for (let times = 1 + below(random, 3); times > 0; times--) bytes = pick(random, SPOILS)(bytes, random, seeds);
  return bytes.slice(0, MAX_BYTES);
}
