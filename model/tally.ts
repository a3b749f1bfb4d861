/**
 * Count and checksum of a set of readings that do not depend on their order, so that two stores can be compared series
 * by series and day by day without carrying the readings over.
 */
import type { HistoryPoint } from '#model/history.ts';
import { BAD_REASONS, flagBits } from '#model/reading.ts';

export type Tally = {
  readonly add: (point: HistoryPoint) => void;
  readonly n: () => number;
  readonly checksum: () => string;
};

const PRIME = 0x01000193;
const MIX = 0x9e3779b1;

function mix(hash: number, value: number): number {
  // Low and high part: values pass 2^32, and -1 must not look like 2^32 − 1.
  const high = Math.floor(value / 0x1_0000_0000);
  let mixed = Math.imul(hash ^ (value >>> 0), PRIME);
  mixed = Math.imul(mixed ^ (high >>> 0), MIX);
  return mixed ^ (mixed >>> 15);
}

const NONE = 0x5bd1_e995;
const QUALITY = { good: 0, suspect: 1, bad: 2 } as const;

/** A number that two equal readings share and different ones hardly ever do; half of 64 bits a seed. */
export function digestOf(point: HistoryPoint, seed: number): number {
  const { atMs, value, raw, quality, flags, reason } = point;
  const code = QUALITY[quality] + (reason === undefined ? 0 : BAD_REASONS.indexOf(reason));
  let hash = mix(seed | 0, atMs);
  hash = value === undefined ? mix(hash ^ NONE, 0) : mix(hash, value);
  hash = raw === undefined ? mix(hash ^ NONE, 1) : mix(hash, raw);
  return mix(mix(hash, code), flagBits(flags)) >>> 0;
}

/** Sums of two digests, modulo 2^32 each: 16 hexadecimal digits. */
export function createTally(): Tally {
  let n = 0;
  let a = 0;
  let b = 0;
  return {
    add: (point) => {
      n++;
      a = (a + digestOf(point, 1)) >>> 0;
      b = (b + digestOf(point, 0x85eb_ca6b)) >>> 0;
    },
    n: () => n,
    checksum: () => `${a.toString(16).padStart(8, '0')}${b.toString(16).padStart(8, '0')}`,
  };
}
