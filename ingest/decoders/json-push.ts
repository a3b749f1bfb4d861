/**
 * JSON that a device or its platform pushes: our own form, `{"device","time","id","values":{…}}` or a list of such, and any
 * maker's form whose places the county names by JSON pointers (docs/protocols/http-push.md).
 */
import type { JsonMapping } from '#model/native.ts';
import { ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import {
  type Decoded,
  type DecodeError,
  type DecodeMeta,
  type Decoder,
  MAX_READINGS,
  type NativeReading,
  refuse,
} from './decoder.ts';
import { isFields, isLeaf, parseJson, parseStamp, resolvePointer } from './json.ts';

const OURS: JsonMapping = { list: null, device: '/device', time: '/time', timeUnit: 'iso', messageId: '/id' };
const MAX_KEY = 64;

/** `values` is flat: its members are the places. */
export const jsonDecoder: Decoder = {
  hasCodecs: false,
  field: () => undefined,
  decode: (bytes) =>
    readAll(bytes, OURS, (record) => {
      const values = resolvePointer(record, '/values');
      return isFields(values) ? Object.entries(values) : undefined;
    }),
};

/** Only the places that the county asks for are looked at. */
export const jsonPointerDecoder: Decoder = {
  hasCodecs: false,
  field: () => undefined,
  decode: (bytes, meta) => {
    const { mapping } = meta;
    if (mapping === null) return refuse('unsupported', 'the county names no places for this form');
    return readAll(bytes, mapping, (record, device) => namedPlaces(record, device, meta));
  },
};

function namedPlaces(record: unknown, device: string, meta: DecodeMeta): readonly (readonly [string, unknown])[] {
  return meta.pathsOf(device).flatMap((path) => {
    const value = resolvePointer(record, path);
    return value === undefined ? [] : [[path, value] as const];
  });
}

type ReadPlaces = (record: unknown, device: string) => readonly (readonly [string, unknown])[] | undefined;

function readAll(bytes: Uint8Array, mapping: JsonMapping, places: ReadPlaces): Result<Decoded, DecodeError> {
  const json = parseJson(bytes);
  if (!json.ok) return json;
  const held = mapping.list === null ? json.value : resolvePointer(json.value, mapping.list);
  const records: readonly unknown[] = Array.isArray(held) ? (held as unknown[]) : [held];
  if (records.length === 0) return refuse('shape', 'an empty list');
  const readings: NativeReading[] = [];
  const devices = new Set<string>();
  for (const [index, record] of records.entries()) {
    const read = readRecord(record, mapping, places);
    if (!read.ok) return refuse(read.error.kind, `record ${index}: ${read.error.message}`);
    devices.add(read.value.device);
    readings.push(...read.value.readings);
    if (readings.length > MAX_READINGS) return refuse('size', `more than ${MAX_READINGS} readings`);
  }
  return ok({ readings, devices: [...devices] });
}

type OneRecord = { readonly device: string; readonly readings: readonly NativeReading[] };

function readRecord(record: unknown, mapping: JsonMapping, places: ReadPlaces): Result<OneRecord, DecodeError> {
  const named = resolvePointer(record, mapping.device);
  if ((typeof named !== 'string' && typeof named !== 'number') || String(named) === '')
    return refuse('shape', `no device at ${mapping.device}`);
  const device = String(named);
  if (device.length > MAX_KEY) return refuse('shape', `the device's name is longer than ${MAX_KEY}`);
  const raw = mapping.time === null ? null : (resolvePointer(record, mapping.time) ?? null);
  const atMs = raw === null ? null : readTime(raw, mapping.timeUnit);
  if (atMs === undefined) return refuse('shape', `the time at ${String(mapping.time)} is none`);
  const found = places(record, device);
  if (found === undefined) return refuse('shape', 'no values');
  const message = mapping.messageId === null ? undefined : resolvePointer(record, mapping.messageId);
  const marks = typeof message === 'string' || typeof message === 'number' ? `#${message}` : '';
  const readings = found.flatMap(([path, value]): NativeReading[] => {
    if (!isLeaf(value)) return [];
    const known =
      atMs === null && marks === '' ? null : `${device}|${path}|${String(atMs)}${marks}|${JSON.stringify(value)}`;
    return [{ device, path, atMs, value, identity: known }];
  });
  return ok({ device, readings });
}

function readTime(raw: unknown, unit: JsonMapping['timeUnit']): EpochMs | undefined {
  if (unit === 'iso') return typeof raw === 'number' ? undefined : parseStamp(raw);
  const count =
    typeof raw === 'number' ? raw : typeof raw === 'string' && /^\d{1,16}$/.test(raw) ? Number(raw) : Number.NaN;
  const atMs = Math.round(unit === 's' ? count * 1_000 : count);
  return Number.isSafeInteger(atMs) ? atMs : undefined;
}
