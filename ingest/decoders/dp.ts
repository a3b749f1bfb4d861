/**
 * The geological-hazard platform's `$dp` message: one type byte, a length, then JSON of device → sensor → stamp → value;
 * bare JSON is seen in the field as well. Stamps are UTC. Sensor ids are class_type_number, and the class decides:
 * YL is rain in L3 and stress in L2 (docs/protocols/native-mqtt.md).
 */
import { ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import {
  type Decoded,
  type DecodeError,
  type Decoder,
  MAX_READINGS,
  type NativeField,
  type NativeReading,
  refuse,
} from './decoder.ts';
import { type Fields, isFields, isLeaf, parseJson, parseStamp } from './json.ts';

const HEAD_BYTES = 3;
const TYPES = [1, 2]; // 1 status, 2 data
const BINARY = 0x10;
const BRACE = 0x7b;
const SENSOR = /^[A-Z]\d_[A-Z]{2}_\d{1,3}$/;

const field = (quantity: NativeField['quantity'], scale = 1, counter = false): NativeField => ({
  quantity,
  scale,
  counter,
});

/** What the format says of a place. Of L4_NW no unit is established: metres unless the county says otherwise. */
const FIELDS: readonly (readonly [RegExp, NativeField])[] = [
  [/^L1_LF_\d+\.value$/, field('displacement')],
  [/^L1_GP_\d+\.gpsTotal[XYZ]$/, field('displacement')],
  [/^L1_QJ_\d+\.(X|Y|Z|angle)$/, field('tilt')],
  [/^L2_YL_\d+\./, field(null)], // stress in kN, where L3 has rain
  [/^L3_YL_\d+\.totalValue$/, field('rain', 1, true)],
  [/^L3_YL_\d+\.value$/, field('rain')],
  [/^L3_QW_\d+\.value$/, field('temperature')],
  [/^L4_NW_\d+\.value$/, field('level')],
  [/^S1_ZT_\d+\.temp$/, field('temperature')],
  [/^S1_ZT_\d+\.battery_dump_energy$/, field('battery')],
  [/^S1_ZT_\d+\.sensor_state\.[A-Z]\d_[A-Z]{2}_\d+$/, field('fault')],
];

/** A place without a field name is the sensor's one value. */
export const dpPath = (path: string): string => (SENSOR.test(path) ? `${path}.value` : path);

export const dpDecoder: Decoder = {
  hasCodecs: false,
  field: (path) => FIELDS.find(([pattern]) => pattern.test(dpPath(path)))?.[1],
  decode: (bytes) => {
    const opened = openFrame(bytes);
    return opened.ok ? readDevices(opened.value) : opened;
  },
};

function openFrame(bytes: Uint8Array): Result<Fields, DecodeError> {
  const [type = -1, high = 0, low = 0] = bytes;
  if (bytes.length === 0) return refuse('size', 'an empty message');
  if (type === BINARY) return refuse('encrypted', 'the binary form 0x10 is not published: it cannot be opened');
  const isFramed = TYPES.includes(type);
  if (!isFramed && ![BRACE, 0x20, 0x09, 0x0a, 0x0d].includes(type))
    return refuse('unsupported', `type byte ${type} is neither 1 (status), 2 (data) nor the begin of JSON`);
  if (isFramed && bytes.length < HEAD_BYTES) return refuse('size', 'shorter than its head', bytes.length);
  const length = high * 256 + low;
  if (isFramed && length > bytes.length - HEAD_BYTES)
    return refuse('size', `announces ${length} bytes and brings ${bytes.length - HEAD_BYTES}`, 1);
  const body = isFramed ? bytes.subarray(HEAD_BYTES, HEAD_BYTES + length) : bytes;
  const json = parseJson(body, isFramed ? HEAD_BYTES : 0);
  if (!json.ok) return json;
  if (!isFields(json.value)) return refuse('shape', 'the message is an object of devices');
  if (isFields(json.value['header']) && json.value['bodies'] !== undefined)
    return refuse('encrypted', 'an encrypted envelope (header, bodies): its key belongs to the platform');
  return ok(json.value);
}

function readDevices(root: Fields): Result<Decoded, DecodeError> {
  const readings: NativeReading[] = [];
  for (const [device, sensors] of Object.entries(root)) {
    if (!isFields(sensors)) return refuse('shape', `${device}: a device is an object of sensors`);
    for (const [sensor, held] of Object.entries(sensors)) {
      if (!SENSOR.test(sensor)) return refuse('shape', `${device}.${sensor}: a sensor id is class_type_number`);
      const stamped = splitStamps(held);
      if (stamped === undefined) return refuse('shape', `${device}.${sensor}: stamps and values are mixed`);
      for (const [stamp, atMs, value] of stamped) collect(readings, { device, stamp, atMs }, sensor, value, 0);
      if (readings.length > MAX_READINGS) return refuse('size', `more than ${MAX_READINGS} readings`);
    }
  }
  return ok({ readings, devices: Object.keys(root) });
}

type Stamped = readonly (readonly [stamp: string, atMs: EpochMs | null, value: unknown])[];

/** `{stamp: value, …}`, or a value without any stamp. */
function splitStamps(held: unknown): Stamped | undefined {
  if (!isFields(held)) return [['', null, held]];
  const entries = Object.entries(held).map(([key, value]) => [key, parseStamp(key), value] as const);
  if (entries.every(([, atMs]) => atMs === undefined)) return [['', null, held]];
  const stamped = entries.flatMap(([key, atMs, value]) => (atMs === undefined ? [] : [[key, atMs, value] as const]));
  return stamped.length === entries.length ? stamped : undefined;
}

type At = { readonly device: string; readonly stamp: string; readonly atMs: EpochMs | null };

function collect(into: NativeReading[], at: At, path: string, value: unknown, depth: number): void {
  if (into.length > MAX_READINGS) return;
  if (isFields(value) && depth < 3) {
    for (const [key, inner] of Object.entries(value)) collect(into, at, `${path}.${key}`, inner, depth + 1);
    return;
  }
  if (!isLeaf(value)) return; // A list of raw observations (RTCM) is no number of ours.
  const place = dpPath(path);
  const identity = at.atMs === null ? null : `${at.device}|${place}|${at.atMs}|${JSON.stringify(value)}`;
  into.push({ device: at.device, path: place, atMs: at.atMs, value, identity });
}
