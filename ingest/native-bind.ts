/**
 * Binds what a device's message holds to the county's sensors: unit, words, time. What cannot be read is a reading without
 * a value and its reason; a stamp that cannot be true is replaced by the arrival, and the reading says so.
 */
import { canonicalJson } from '#model/hash.ts';
import type { NativeDevice, NativeGateway, NativeSensor } from '#model/native.ts';
import { toSteps } from '#model/quantity.ts';
import type { BadReason, Flag, SensorId } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';
import type { Decoded, DecodeMeta, NativeReading } from './decoders/decoder.ts';
import { dpPath } from './decoders/dp.ts';
import { ANCIENT_MS, FUTURE_TOLERANCE_MS } from './verify.ts';

/** A reading that knows its sensor; the journal's transaction makes an increment of a running total. */
export type BoundReading = {
  readonly sensorId: SensorId;
  readonly atMs: EpochMs;
  /** What makes a repeat the same; null when nothing does. */
  readonly identity: string | null;
  readonly flags: readonly Flag[];
  readonly counter: NativeSensor['counter'];
  /** Steps of one count, for the counter's plausible rate. */
  readonly stepUnit: number;
} & ({ readonly value: number } | { readonly value: null; readonly reason: BadReason });

export type Bound = {
  readonly readings: readonly BoundReading[];
  /** Devices that the county does not know. */
  readonly unknown: readonly string[];
  /** Numbers of known devices that no sensor asks for. */
  readonly ignored: number;
};

const MAX_INT32 = 2 ** 31 - 1;
/** A running total may be as large as a counter's raw value. */
const MAX_TOTAL = 2 ** 32 - 1;
const NUMBER = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*$/;

type Known = ReadonlyMap<string, NativeDevice>;
const devicesOf = (gateway: NativeGateway): Known => new Map(gateway.devices.map((device) => [device.key, device]));

/** What a decoder may ask of the county. */
export function decodeMeta(gateway: NativeGateway, topic: string): DecodeMeta {
  const known = devicesOf(gateway);
  return {
    topic,
    mapping: gateway.mapping,
    codecOf: (key) => known.get(key)?.codec,
    pathsOf: (key) => known.get(key)?.sensors.map((sensor) => sensor.path) ?? [],
  };
}

export function bindDecoded(decoded: Decoded, gateway: NativeGateway, receivedAtMs: EpochMs): Bound {
  const known = devicesOf(gateway);
  const readings: BoundReading[] = [];
  let ignored = 0;
  // Running totals count in the order in which they were measured.
  const inOrder = [...decoded.readings].sort((a, b) => (a.atMs ?? receivedAtMs) - (b.atMs ?? receivedAtMs));
  for (const reading of inOrder) {
    const device = known.get(reading.device);
    if (device === undefined) continue;
    const sensors = device.sensors.filter((sensor) => isPlace(sensor, reading.path));
    if (sensors.length === 0) ignored++;
    for (const sensor of sensors) readings.push(bindReading(reading, sensor, receivedAtMs));
  }
  return { readings, unknown: decoded.devices.filter((key) => !known.has(key)), ignored };
}

const isPlace = (sensor: NativeSensor, path: string): boolean => sensor.path === path || dpPath(sensor.path) === path;

function bindReading(reading: NativeReading, sensor: NativeSensor, receivedAtMs: EpochMs): BoundReading {
  const { sensorId, quantity, counter } = sensor;
  const own = reading.atMs;
  const isDoubted = own !== null && (own > receivedAtMs + FUTURE_TOLERANCE_MS || own < ANCIENT_MS);
  const base = {
    sensorId,
    atMs: own === null || isDoubted ? receivedAtMs : own,
    identity: reading.identity === null ? null : canonicalJson([sensorId, reading.identity]),
    flags: isDoubted ? (['clock-unsure'] as const) : [],
    counter,
    stepUnit: 1 / toSteps(quantity, 1),
  };
  const read = readNumber(reading.value, sensor);
  if (typeof read === 'string') return { ...base, value: null, reason: read };
  const steps = toSteps(quantity, read * sensor.scale + sensor.offset);
  const isHeld = counter === null ? Math.abs(steps) <= MAX_INT32 : steps >= 0 && steps <= MAX_TOTAL;
  return isHeld ? { ...base, value: steps === 0 ? 0 : steps } : { ...base, value: null, reason: 'decode' };
}

function readNumber(raw: NativeReading['value'], sensor: NativeSensor): number | BadReason {
  if (raw === null) return 'sentinel';
  if (sensor.values !== null) {
    const key = String(raw);
    return Object.hasOwn(sensor.values, key) ? (sensor.values[key] ?? 'decode') : 'decode';
  }
  if (typeof raw === 'boolean') return raw ? 1 : 0;
  if (typeof raw === 'string' && !NUMBER.test(raw)) return 'decode';
  const value = Number(raw);
  return Number.isFinite(value) ? value : 'decode';
}
