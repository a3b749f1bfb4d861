/**
 * The network's side of short messages (3GPP TS 23.040): reads what a terminal submits, makes what it is given. Written
 * for itself, not shared with the gateway's own codec: the two check each other, and gammu checks both.
 */
import type { EpochMs } from '#model/time.ts';

export type Submitted = {
  readonly number: string;
  readonly text: string;
  readonly wantsReport: boolean;
  readonly concat: { readonly reference: number; readonly total: number; readonly n: number } | null;
};

const GSM7 =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';

const octet = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');

function swappedDigits(hex: string): string {
  return hex.replace(/(.)(.)/g, '$2$1').replace(/F$/, '');
}

function readBits7(hex: string, septets: number, skip: number): string {
  const bits = (hex.match(/../g) ?? [])
    .map((pair) => Number.parseInt(pair, 16).toString(2).padStart(8, '0'))
    .toReversed()
    .join('');
  let text = '';
  for (let n = skip; n < septets; n++) {
    const end = bits.length - 7 * n;
    text += GSM7[Number.parseInt(bits.slice(end - 7, end), 2)] ?? '';
  }
  return text;
}

/** Undefined when it is no SMS-SUBMIT, or when it is not as long as AT+CMGS said. */
export function readSubmit(hex: string, length: number): Submitted | undefined {
  if (!/^([0-9A-F]{2})+$/.test(hex)) return undefined;
  const centre = Number.parseInt(hex.slice(0, 2), 16);
  const tpdu = hex.slice(2 + 2 * centre);
  if (tpdu.length !== 2 * length) return undefined;
  const first = Number.parseInt(tpdu.slice(0, 2), 16);
  if ((first & 3) !== 1) return undefined;
  const digits = Number.parseInt(tpdu.slice(4, 6), 16);
  const plus = ((Number.parseInt(tpdu.slice(6, 8), 16) >> 4) & 7) === 1 ? '+' : '';
  let at = 8 + 2 * Math.ceil(digits / 2);
  const number = plus + swappedDigits(tpdu.slice(8, at)).slice(0, digits);
  const dcs = Number.parseInt(tpdu.slice(at + 2, at + 4), 16);
  const validity = (first >> 3) & 3;
  at += 4 + (validity === 0 ? 0 : validity === 2 ? 2 : 14);
  const dataLength = Number.parseInt(tpdu.slice(at, at + 2), 16);
  const data = tpdu.slice(at + 2);
  const hasHeader = (first & 0x40) !== 0;
  const headerOctets = hasHeader ? Number.parseInt(data.slice(0, 2), 16) + 1 : 0;
  const concat = /^050003(..)(..)(..)/.exec(hasHeader ? data : '');
  const ucs2 = (dcs & 0x0c) === 0x08;
  if (ucs2 && data.length !== 2 * dataLength) return undefined;
  if (dataLength > (ucs2 ? 140 : 160)) return undefined;
  const body = data.slice(2 * headerOctets);
  const text = ucs2
    ? (body.match(/..../g) ?? []).map((unit) => String.fromCharCode(Number.parseInt(unit, 16))).join('')
    : readBits7(data, dataLength, Math.ceil((headerOctets * 8) / 7));
  const hexNumber = (n: number): number => Number.parseInt(concat?.[n] ?? '0', 16);
  return {
    number,
    text,
    wantsReport: (first & 0x20) !== 0,
    concat: concat === null ? null : { reference: hexNumber(1), total: hexNumber(2), n: hexNumber(3) },
  };
}

function address(number: string): string {
  const digits = number.replace(/^\+/, '');
  const padded = digits.length % 2 === 0 ? digits : `${digits}F`;
  return octet(digits.length) + (number.startsWith('+') ? '91' : '81') + padded.replace(/(.)(.)/g, '$2$1');
}

/** In the zone of China. */
function stamp(atMs: EpochMs): string {
  const local = new Date(atMs + 8 * 3_600_000).toISOString();
  const digits = local.slice(2, 19).replace(/\D/g, '');
  return `${digits}32`.replace(/(.)(.)/g, '$2$1');
}

const CENTRE = '0891683108200505F0';
export type Pdu = { readonly pdu: string; readonly length: number };
const withCentre = (tpdu: string): Pdu => ({ pdu: CENTRE + tpdu, length: tpdu.length / 2 });

/** A message to the terminal, in UCS-2; up to 70 units. */
export function deliverPdu(from: string, text: string, atMs: EpochMs): Pdu {
  const data = Array.from(
    { length: text.length },
    (_, n) => octet(text.charCodeAt(n) >> 8) + octet(text.charCodeAt(n) & 255),
  );
  return withCentre(`04${address(from)}0008${stamp(atMs)}${octet(2 * text.length)}${data.join('')}`);
}

export function reportPdu(reference: number, to: string, takenAtMs: EpochMs, atMs: EpochMs, status: number): Pdu {
  return withCentre(`06${octet(reference)}${address(to)}${stamp(takenAtMs)}${stamp(atMs)}${octet(status)}`);
}
