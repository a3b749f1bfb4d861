/** Takes frames apart for whoever stands at a device; one line a protocol in the table below. */
import { createInterface } from 'node:readline';
import type { FrameProtocol } from '#cli/io/decode-command.ts';
import { crc16 } from '#edge/modbus/crc16.ts';
import { decodeSl427, sl427Json } from '#edge/sl427/report.ts';
import { SL651_ELEMENTS } from '#edge/sl651/elements.ts';
import { SL651_FUNCTIONS } from '#edge/sl651/functions.ts';
import { decodeSl651, sl651Json } from '#edge/sl651/report.ts';
import { CODECS } from '#ingest/decoders/codecs.ts';
import { decoderOf } from '#ingest/decoders/registry.ts';
import { err, ok, type Result } from '#model/result.ts';

type Fault = { readonly message: string; readonly offset: number };
type FrameDecoder = (bytes: Uint8Array) => Result<unknown, Fault>;

function decodeModbus(bytes: Uint8Array): Result<unknown, Fault> {
  if (bytes.length < 4) return err({ message: 'a frame has at least 4 bytes', offset: bytes.length });
  const at = bytes.length - 2;
  const got = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  const due = crc16(bytes, at);
  const hex = (crc: number) => [crc & 0xff, crc >> 8].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (got !== due) return err({ message: `checksum is ${hex(got)}, calculated ${hex(due)}`, offset: at });
  const [unit = 0, func = 0, count = 0] = bytes;
  const data = bytes.subarray(2, at);
  const head = { unit, func: func & 0x7f };
  if ((func & 0x80) !== 0) return ok({ ...head, exception: data[0] ?? null });
  const isReply = count === data.length - 1 && (func === 3 || func === 4) && count % 2 === 0;
  if (!isReply) return ok({ ...head, data: Buffer.from(data).toString('hex') });
  const view = Buffer.from(data.subarray(1));
  return ok({ ...head, registers: Array.from({ length: count / 2 }, (_, index) => view.readUInt16BE(2 * index)) });
}

/** The decoders that the centre has for devices' own messages. `payload` is a small device's own bytes. */
const message = (name: string): FrameDecoder => {
  const decoder = decoderOf(name);
  return (bytes) => {
    if (decoder === undefined) return err({ message: `there is no decoder ${name}`, offset: 0 });
    const meta = { topic: '', codecOf: () => null, pathsOf: () => [], mapping: null };
    return decoder.decode(bytes, meta);
  };
};
const payload =
  (name: string, port: number): FrameDecoder =>
  (bytes) => {
    const codec = CODECS[name];
    return codec === undefined ? err({ message: `there is no codec ${name}`, offset: 0 }) : codec.decode(bytes, port);
  };

const DECODERS: { readonly [protocol in FrameProtocol]: FrameDecoder } = {
  sl651: (bytes) => {
    const decoded = decodeSl651(bytes);
    return decoded.ok ? ok(sl651Json(decoded.value.frame, decoded.value.report)) : decoded;
  },
  sl427: (bytes) => {
    const decoded = decodeSl427(bytes);
    return decoded.ok ? ok(sl427Json(decoded.value.frame, decoded.value.report)) : decoded;
  },
  'modbus-rtu': decodeModbus,
  gs524n: payload('milesight-gs524n', 85),
  tg563a: payload('tg563a', 1),
  ra02g: payload('netvox-ra02g', 6),
  dp: message('dp'),
  chirpstack: message('chirpstack'),
};

/** Spaces, colons, commas and `0x` between bytes are let through, since manuals print frames in many ways. */
function parseHex(text: string): Result<Uint8Array, Fault> {
  const clean = text.replace(/0x/gi, '').replace(/[\s:,-]/g, '');
  const wrong = clean.search(/[^0-9A-Fa-f]/);
  if (wrong >= 0) return err({ message: `"${clean.charAt(wrong)}" is no hexadecimal digit`, offset: wrong >> 1 });
  if (clean.length === 0) return err({ message: 'there are no bytes', offset: 0 });
  if (clean.length % 2 === 1) return err({ message: 'the last byte has one digit only', offset: clean.length >> 1 });
  return ok(Buffer.from(clean, 'hex'));
}

export function decodeHex(protocol: FrameProtocol, text: string): Result<unknown, Fault> {
  const bytes = parseHex(text);
  return bytes.ok ? DECODERS[protocol](bytes.value) : bytes;
}

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Names beside the codes, for people. */
function humanText(value: unknown): string {
  if (!isRecord(value)) return JSON.stringify(value, null, 2);
  const lines: string[] = [];
  for (const [key, field] of Object.entries(value)) {
    if (key === 'items') continue;
    const name = key === 'func' ? SL651_FUNCTIONS[String(field)]?.name : undefined;
    lines.push(`${key.padEnd(10)} ${shown(field)}${name === undefined ? '' : `  ${name.zh} ${name.en}`}`);
  }
  for (const item of Array.isArray(value['items']) ? (value['items'] as unknown[]) : []) {
    if (!isRecord(item)) continue;
    const element = SL651_ELEMENTS.get(String(item['id']));
    const unit = element === undefined ? '' : ` ${element.unit}`;
    const name = element === undefined ? '' : `  ${element.name.zh} ${element.name.en}`;
    const text = item['value'] === null ? '—' : `${shown(item['value'])}${unit}`;
    lines.push(
      `  ${String(item['id']).padEnd(8)} ${text}${name}${item['observedAt'] ? `  ${shown(item['observedAt'])}` : ''}`,
    );
  }
  return lines.join('\n');
}

/** Prints one frame; false when it was refused. */
function printFrame(protocol: FrameProtocol, text: string, json: boolean): boolean {
  const decoded = decodeHex(protocol, text);
  if (decoded.ok) console.log(json ? JSON.stringify(decoded.value) : humanText(decoded.value));
  else if (json) console.log(JSON.stringify({ error: decoded.error.message, offset: decoded.error.offset }));
  else console.error(`${decoded.error.message} (byte ${decoded.error.offset})`);
  return decoded.ok;
}

/**
 * Without frames on the command line, or with `-`, they come from standard input: each is answered when its line ends, so
 * that a capture can be watched as it grows. Exits 1 when one was refused, or none came.
 */
export async function decodeFrames(
  protocol: FrameProtocol,
  words: readonly string[],
  json: boolean,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<number> {
  const given = words.join('');
  if (words.length > 0 && given !== '-') return printFrame(protocol, given, json) ? 0 : 1;
  // Whoever reads the answers has seen enough (`| head`).
  process.stdout.once('error', () => process.exit(1));
  let frames = 0;
  let refused = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    frames++;
    if (!printFrame(protocol, line, json)) refused++;
  }
  if (frames === 0) console.error('no frame came on standard input: one a line, in hexadecimal digits');
  return frames > 0 && refused === 0 ? 0 : 1;
}
