/**
 * A message as SMS-SUBMIT PDUs (3GPP TS 23.040, 9.2.2.2): UCS-2, a report asked for, in as many parts as it needs. A part
 * never ends in the middle of a surrogate pair, and the parts of one message bear one reference (9.2.3.24.1).
 */
import { addressOctets, hexOf } from './octets.ts';

export type SubmitPart = {
  readonly pdu: string;
  /** What `AT+CMGS=` wants: octets of the TPDU, without the service centre. */
  readonly length: number;
};

const ALONE_UNITS = 70;
const PART_UNITS = 67;
/** 8-bit references and counts. */
const MAX_PARTS = 255;

const SUBMIT = 0x01;
const RELATIVE_VALIDITY = 0x10;
const REPORT_ASKED = 0x20;
const HEADER_PRESENT = 0x40;
const UCS2 = 0x08;

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** Cuts a text into parts of at most so many UTF-16 units, never inside a surrogate pair. */
export function splitUnits(text: string, atMost: number): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  while (from < text.length) {
    let to = Math.min(from + atMost, text.length);
    if (to < text.length && isHigh(text.charCodeAt(to - 1)) && isLow(text.charCodeAt(to))) to--;
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts.length === 0 ? [''] : parts;
}

const ucs2 = (text: string): readonly number[] =>
  Array.from({ length: text.length }, (_, n) => text.charCodeAt(n)).flatMap((unit) => [unit >> 8, unit & 255]);

/** 9.2.3.12.1; what lies in between is rounded up. */
export function validityOctet(minutes: number): number {
  if (minutes <= 720) return Math.max(0, Math.ceil(minutes / 5) - 1);
  if (minutes <= 1_440) return 143 + Math.ceil((minutes - 720) / 30);
  if (minutes <= 43_200) return 166 + Math.ceil(minutes / 1_440);
  return Math.min(255, 192 + Math.ceil(minutes / 10_080));
}

export type Submit = {
  readonly number: string;
  readonly text: string;
  /** 0 to 255; the same message repeated under the same reference is put together by the telephone once. */
  readonly reference: number;
  /** After that the network gives up: a warning of yesterday helps nobody. */
  readonly validMinutes: number;
};

export function encodeSubmit({ number, text, reference, validMinutes }: Submit): readonly SubmitPart[] {
  const alone = text.length <= ALONE_UNITS;
  const texts = alone ? [text] : splitUnits(text, PART_UNITS).slice(0, MAX_PARTS);
  return texts.map((part, n) => {
    const header = alone ? [] : [5, 0, 3, reference & 255, texts.length, n + 1];
    const data = [...header, ...ucs2(part)];
    const first = SUBMIT | RELATIVE_VALIDITY | REPORT_ASKED | (alone ? 0 : HEADER_PRESENT);
    const tpdu = [first, 0, ...addressOctets(number), 0, UCS2, validityOctet(validMinutes), data.length, ...data];
    // No service centre of our own: the one on the SIM.
    return { pdu: `00${hexOf(tpdu)}`, length: tpdu.length };
  });
}
