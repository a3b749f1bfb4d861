/** The shipped catalogue, and frames read the way the wire is read. */
import { readdirSync, readFileSync } from 'node:fs';
import { type DeviceFile, parseDeviceFile } from '#cli/load/devices.ts';
import { crc16 } from '#edge/modbus/crc16.ts';
import type { ReadRequest, WriteRequest } from '#edge/modbus/frame.ts';
import type { RegisterSpec } from '#model/device-profile.ts';
import { formatLint } from '#model/result.ts';

const folder = new URL('../../devices/', import.meta.url);

export const catalogue = (): readonly DeviceFile[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => {
      const parsed = parseDeviceFile(`devices/${name}`, readFileSync(new URL(name, folder), 'utf8'));
      if (!parsed.ok) throw new Error(parsed.error.map(formatLint).join('\n'));
      return parsed.value;
    });

export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** A request of 01 to 06 as it stands on the wire, or why it is none. */
export function parseRequest(bytes: Uint8Array): ReadRequest | WriteRequest | string {
  const [unitId = 0, functionCode = 0] = bytes;
  if (bytes.length !== 8) return `${bytes.length} bytes`;
  if (crc16(bytes, 6) !== ((bytes[6] ?? 0) | ((bytes[7] ?? 0) << 8))) return 'wrong CRC';
  const address = word(bytes, 2);
  const last = word(bytes, 4);
  if (functionCode === 1 || functionCode === 2 || functionCode === 3 || functionCode === 4)
    return { unitId, functionCode, address, count: last };
  if (functionCode === 5 || functionCode === 6) return { unitId, functionCode, address, value: last };
  return `function ${functionCode}`;
}

/** The reply to a read that holds these words, written here and not by the edge or the simulator. */
export function replyOf(request: ReadRequest, words: readonly number[]): Uint8Array {
  const data =
    request.functionCode <= 2
      ? Array.from({ length: Math.ceil(request.count / 8) }, (_, byte) =>
          words.slice(byte * 8, byte * 8 + 8).reduce((sum, bit, index) => sum | (bit << index), 0),
        )
      : words.flatMap((value) => [value >> 8, value & 0xff]);
  const body = Uint8Array.from([request.unitId, request.functionCode, data.length, ...data]);
  const crc = crc16(body, body.length);
  return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
}

export const covers = (request: ReadRequest, spec: RegisterSpec, span: { address: number; count: number }): boolean =>
  spec.functionCode === request.functionCode &&
  span.address >= request.address &&
  span.address + span.count <= request.address + request.count;
