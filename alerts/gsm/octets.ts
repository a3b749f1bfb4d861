/** Octets of a PDU as a reader that cannot run over its end, and the forms of 3GPP TS 23.040: addresses, instants. */
import { err, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import { textOfSeptets, unpackSeptets } from './alphabet.ts';

export const hexOf = (octets: Iterable<number>): string =>
  [...octets].map((octet) => octet.toString(16).toUpperCase().padStart(2, '0')).join('');

export function octetsOf(hex: string): Result<Uint8Array, string> {
  if (hex.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(hex)) return err('not hexadecimal octets');
  return ok(Uint8Array.from({ length: hex.length / 2 }, (_, n) => Number.parseInt(hex.slice(2 * n, 2 * n + 2), 16)));
}

/** Reads on; past the end it gives zeros and remembers that it did. */
export type OctetReader = {
  readonly next: () => number;
  readonly take: (count: number) => Uint8Array;
  readonly left: () => number;
  readonly overran: () => boolean;
};
export function readOctets(octets: Uint8Array): OctetReader {
  let at = 0;
  let over = false;
  const take = (count: number): Uint8Array => {
    const part = octets.subarray(at, at + count);
    if (part.length < count) over = true;
    at = Math.min(at + count, octets.length);
    return part;
  };
  return { next: () => take(1)[0] ?? 0, take, left: () => octets.length - at, overran: () => over };
}

const DIGITS = '0123456789*#abc';
const swapped = (octets: Uint8Array): readonly number[] => [...octets].flatMap((octet) => [octet & 15, octet >> 4]);
/** Semi-octets, the low one first; a filler ends them. */
const digitsOf = (octets: Uint8Array): string => {
  const nibbles = swapped(octets);
  const end = nibbles.indexOf(15);
  return (end < 0 ? nibbles : nibbles.slice(0, end)).map((nibble) => DIGITS[nibble] ?? '').join('');
};

const INTERNATIONAL = 0x91;
const UNKNOWN_TYPE = 0x81;
const typeOfNumber = (octet: number): number => (octet >> 4) & 7;

/** A destination (9.1.2.5): its length counts digits, not octets. */
export function addressOctets(number: string): readonly number[] {
  const digits = number.replace(/^\+/, '');
  const padded = digits.length % 2 === 0 ? digits : `${digits}F`;
  const pairs = padded.match(/../g) ?? [];
  return [
    digits.length,
    number.startsWith('+') ? INTERNATIONAL : UNKNOWN_TYPE,
    ...pairs.map((pair) => Number.parseInt(`${pair[1]}${pair[0]}`, 16)),
  ];
}

/** An originating or recipient address; a name in letters (type 5) is packed in septets. */
export function readAddress(reader: OctetReader): string {
  const semiOctets = reader.next();
  const type = reader.next();
  const octets = reader.take(Math.ceil(semiOctets / 2));
  if (typeOfNumber(type) === 5) return textOfSeptets(unpackSeptets(octets, Math.floor((semiOctets * 4) / 7)));
  return `${typeOfNumber(type) === 1 ? '+' : ''}${digitsOf(octets)}`;
}

/** The service centre before the TPDU (27.005, 3.1): its length counts octets, with the type. */
export function readServiceCentre(reader: OctetReader): string | null {
  const length = reader.next();
  if (length === 0) return null;
  const type = reader.next();
  return `${typeOfNumber(type) === 1 ? '+' : ''}${digitsOf(reader.take(length - 1))}`;
}

/** 9.2.3.11: two digits each, then the zone in quarters of an hour with its sign in bit 3 of the first half. */
export function readTimeStamp(reader: OctetReader): EpochMs | null {
  const nibbles = swapped(reader.take(7));
  const two = (n: number): number => (nibbles[2 * n] ?? 0) * 10 + (nibbles[2 * n + 1] ?? 0);
  const zone = nibbles[12] ?? 0;
  const quarters = (zone & 7) * 10 + (nibbles[13] ?? 0);
  const year = two(0) + (two(0) >= 90 ? 1900 : 2000);
  const [month, day, hour, minute, second] = [two(1), two(2), two(3), two(4), two(5)] as const;
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) return null;
  const offsetMs = ((zone & 8) === 0 ? 1 : -1) * quarters * 15 * 60_000;
  return Date.UTC(year, month - 1, day, hour, minute, second) - offsetMs;
}
