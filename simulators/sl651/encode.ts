/** What an SL 651-2014 station sends, written from the standard's tables without the edge's decoder. */

export type StationIdentity = {
  /** Ten digits. */
  readonly station: string;
  readonly centre: number;
  /** Four hexadecimal digits. */
  readonly password: string;
  /** P rain, H river, K reservoir … */
  readonly stationClass: string;
  readonly form: 'hex' | 'ascii';
};

/** A decimal text (`14.420`, `-3.5`) or null for "missing", on so many bytes. */
export type SimulatedElement = { readonly id: string; readonly value: string | null; readonly bytes: number };

export type SimulatedGroup = {
  readonly observedAtMs: number;
  readonly elements: readonly SimulatedElement[];
  /** F4: twelve increments in 0.1 mm; null is missing. */
  readonly rainHour?: readonly (number | null)[];
};

export type SimulatedReport = {
  readonly func: string;
  readonly serial: number;
  readonly sendTimeMs: number;
  readonly groups: readonly SimulatedGroup[];
};

const ASCII_NAMES: { readonly [id: string]: string } = {
  '20': 'PJ',
  '26': 'PT',
  '39': 'Z',
  '3B': 'ZU',
  '38': 'VT',
  '45': 'ZT',
  F4: 'DRP',
};

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');
const twelve = (atMs: number): string => new Date(atMs + 8 * 3_600_000).toISOString().replace(/\D/g, '').slice(2, 14);
const ten = (atMs: number): string => twelve(atMs).slice(0, 10);

/** Bit by bit, low bit first, as the standard's annex has it. */
function checksum(bytes: readonly number[]): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

function hexElement({ id, value, bytes }: SimulatedElement): string {
  if (id === '45') return `4520${(value ?? 'FFFFFFFF').padStart(8, '0')}`;
  const decimals = value?.split('.')[1]?.length ?? 0;
  const head = id + hex(bytes * 8 + decimals, 2);
  if (value === null) return head + 'F'.repeat(bytes * 2);
  const digits = value.replace(/[-.]/g, '');
  return value.startsWith('-')
    ? `${head}FF${digits.padStart(bytes * 2 - 2, '0')}`
    : head + digits.padStart(bytes * 2, '0');
}

const samples = (rain: readonly (number | null)[]): string => rain.map((tenths) => hex(tenths ?? 0xff, 2)).join('');

function hexBody(who: StationIdentity, report: SimulatedReport): string {
  const head = hex(report.serial, 4) + twelve(report.sendTimeMs);
  if (report.func === '2F') return head;
  const groups = report.groups.map(({ observedAtMs, elements, rainHour }) => {
    const hour = rainHour === undefined ? '' : `F460${samples(rainHour)}`;
    return `F0F0${ten(observedAtMs)}${hour}${elements.map(hexElement).join('')}`;
  });
  const letter = hex(who.stationClass.charCodeAt(0), 2);
  return `${head}F1F1${who.station}${letter}${groups.join('')}`;
}

function asciiBody(who: StationIdentity, report: SimulatedReport): string {
  const head = hex(report.serial, 4) + twelve(report.sendTimeMs);
  if (report.func === '2F') return head;
  const groups = report.groups.map(({ observedAtMs, elements, rainHour }) => {
    const hour = rainHour === undefined ? [] : [`DRP ${samples(rainHour)}`];
    const values = elements.map(({ id, value }) => `${ASCII_NAMES[id] ?? id} ${value ?? 'M'}`);
    return [`TT ${ten(observedAtMs)}`, ...hour, ...values].join(' ');
  });
  return `${head} ST ${who.station} ${who.stationClass} ${groups.join(' ')}`;
}

function frame(who: StationIdentity, func: string, content: readonly number[], start: number, end: number): Uint8Array {
  const header = `${hex(who.centre, 2)}${who.station}${who.password}${func}0${hex(content.length, 3)}`;
  const isHex = who.form === 'hex';
  const bytes = isHex
    ? [0x7e, 0x7e, ...Buffer.from(header, 'hex'), start, ...content, end]
    : [0x01, ...Buffer.from(header, 'ascii'), start, ...content, end];
  const crc = hex(checksum(bytes), 4);
  return Uint8Array.from([...bytes, ...Buffer.from(crc, isHex ? 'hex' : 'ascii')]);
}

export function encodeReport(who: StationIdentity, report: SimulatedReport): Uint8Array {
  const content =
    who.form === 'hex' ? Buffer.from(hexBody(who, report), 'hex') : Buffer.from(asciiBody(who, report), 'ascii');
  return frame(who, report.func, [...content], 0x02, 0x03);
}

/** A picture in packets of so many bytes (36H, mode M3). */
export function encodePicture(
  who: StationIdentity,
  report: Omit<SimulatedReport, 'func' | 'groups'> & { readonly observedAtMs: number; readonly jpeg: Uint8Array },
  packetBytes: number,
): Uint8Array[] {
  const { serial, sendTimeMs, observedAtMs, jpeg } = report;
  const letter = hex(who.stationClass.charCodeAt(0), 2);
  const head = `${hex(serial, 4)}${twelve(sendTimeMs)}F1F1${who.station}${letter}F0F0${ten(observedAtMs)}F3F3`;
  const body = [...Buffer.from(head, 'hex'), ...jpeg];
  const total = Math.ceil(body.length / packetBytes);
  return Array.from({ length: total }, (_, index) => {
    const part = body.slice(index * packetBytes, (index + 1) * packetBytes);
    const numbers = Buffer.from(hex(total, 3) + hex(index + 1, 3), 'hex');
    return frame(who, '36', [...numbers, ...part], 0x16, index + 1 === total ? 0x03 : 0x17);
  });
}
