/** What comes from the network, read from its PDU: a message (SMS-DELIVER) or what became of ours (SMS-STATUS-REPORT). */
import { err, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import { textOfSeptets, unpackSeptets } from './alphabet.ts';
import { type OctetReader, octetsOf, readAddress, readOctets, readServiceCentre, readTimeStamp } from './octets.ts';

export type Concat = { readonly reference: number; readonly total: number; readonly n: number };
export type Deliver = {
  readonly kind: 'deliver';
  readonly serviceCentre: string | null;
  readonly from: string;
  /** The service centre's own time; null when it makes no sense. */
  readonly atMs: EpochMs | null;
  /** Null: no text (binary data). */
  readonly text: string | null;
  readonly concat: Concat | null;
};
export type StatusReport = {
  readonly kind: 'report';
  /** The reference that the modem gave our message. */
  readonly reference: number;
  readonly to: string;
  readonly fate: 'delivered' | 'trying' | 'failed';
  readonly status: number;
  readonly atMs: EpochMs | null;
};
export type Incoming = Deliver | StatusReport;

const HEADER_PRESENT = 0x40;

/** Information elements of a user data header (9.2.3.24): the two forms of concatenation; others are passed over. */
function concatOf(header: Uint8Array): Concat | null {
  for (let at = 0; at + 1 < header.length; ) {
    const [id = 0, length = 0] = header.subarray(at, at + 2);
    const body = header.subarray(at + 2, at + 2 + length);
    const [a = 0, b = 0, c = 0, d = 0] = body;
    const found =
      id === 0x00 && body.length === 3
        ? { reference: a, total: b, n: c }
        : id === 0x08 && body.length === 4
          ? { reference: (a << 8) | b, total: c, n: d }
          : null;
    if (found !== null && found.total > 1 && found.n >= 1 && found.n <= found.total) return found;
    at += 2 + length;
  }
  return null;
}

type Coding = 'gsm7' | 'ucs2' | 'octets';
/** 23.038, 4: general groups and message classes; anything compressed or unknown is no text. */
function codingOf(dcs: number): Coding {
  const general = dcs < 0x80;
  if (general) {
    if ((dcs & 0x20) !== 0) return 'octets';
    return (['gsm7', 'octets', 'ucs2', 'gsm7'] as const)[(dcs >> 2) & 3] ?? 'gsm7';
  }
  if (dcs >= 0xe0 && dcs <= 0xef) return 'ucs2';
  if (dcs >= 0xc0 && dcs <= 0xdf) return 'gsm7';
  return dcs >= 0xf0 ? ((dcs & 4) === 0 ? 'gsm7' : 'octets') : 'octets';
}

const ucs2Text = (octets: Uint8Array): string => {
  let text = '';
  for (let at = 0; at + 1 < octets.length; at += 2)
    text += String.fromCharCode(((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0));
  return text;
};

function readUserData(reader: OctetReader, coding: Coding, hasHeader: boolean) {
  const length = reader.next();
  const octets = reader.take(coding === 'gsm7' ? Math.ceil((length * 7) / 8) : length);
  const headerOctets = hasHeader ? (octets[0] ?? 0) + 1 : 0;
  const concat = hasHeader ? concatOf(octets.subarray(1, headerOctets)) : null;
  if (coding === 'octets') return { text: null, concat };
  if (coding === 'ucs2') return { text: ucs2Text(octets.subarray(headerOctets)), concat };
  // The header takes whole septets, filled up.
  const taken = Math.ceil((headerOctets * 8) / 7);
  const septets = unpackSeptets(octets, Math.max(0, length - taken), taken * 7);
  return { text: textOfSeptets(septets), concat };
}

function readDeliver(reader: OctetReader, first: number, serviceCentre: string | null): Deliver {
  const from = readAddress(reader);
  reader.next(); // Protocol identifier.
  const coding = codingOf(reader.next());
  const atMs = readTimeStamp(reader);
  return {
    kind: 'deliver',
    serviceCentre,
    from,
    atMs,
    ...readUserData(reader, coding, (first & HEADER_PRESENT) !== 0),
  };
}

/** 9.2.3.15: below 0x20 done, to 0x3f still trying, above it has given up. */
const fateOf = (status: number): StatusReport['fate'] =>
  status < 0x20 ? 'delivered' : status < 0x40 ? 'trying' : 'failed';

function readStatusReport(reader: OctetReader): StatusReport {
  const reference = reader.next();
  const to = readAddress(reader);
  readTimeStamp(reader); // When the service centre took it.
  const atMs = readTimeStamp(reader);
  const status = reader.next();
  return { kind: 'report', reference, to, fate: fateOf(status), status, atMs };
}

/** A PDU as the modem gives it, with the service centre in front. */
export function parseIncoming(hex: string): Result<Incoming, string> {
  const octets = octetsOf(hex.trim());
  if (!octets.ok) return octets;
  const reader = readOctets(octets.value);
  const serviceCentre = readServiceCentre(reader);
  const first = reader.next();
  const kind = first & 3;
  if (kind !== 0 && kind !== 2) return err(`a PDU of type ${kind} does not come from the network`);
  const read = kind === 0 ? readDeliver(reader, first, serviceCentre) : readStatusReport(reader);
  return reader.overran() ? err('the PDU ends too early') : ok(read);
}
