/** `native.yaml`, which a county may have: whoever brings devices' own messages to the centre, and what those devices say. */

import { z } from 'zod';
import { checkTownship } from '#cli/load/edges.ts';
import type { BoundGrids } from '#cli/load/grids.ts';
import type { NativeField as NativeRef } from '#cli/load/schemas.ts';
import { duration, text, token } from '#cli/load/schemas.ts';
import { type Path, parseList, parsePart, type Source } from '#cli/load/source.ts';
import { CODECS } from '#ingest/decoders/codecs.ts';
import type { Decoder, NativeField } from '#ingest/decoders/decoder.ts';
import { DECODERS, decoderOf } from '#ingest/decoders/registry.ts';
import { type JsonMapping, NATIVE_TRANSPORTS, type NativeSensor } from '#model/native.ts';
import type { QuantityCode } from '#model/quantity.ts';
import { ORIGINS, type SensorId } from '#model/reading.ts';
import type { EdgeUnit, Sensor } from '#model/registry.ts';
import { DAY_MS } from '#model/time.ts';

const MIN_REPORT_MS = 1_000;
const MAX_REPORT_MS = 12 * DAY_MS;
const pointer = z.string().regex(/^\/.+/, 'must be a JSON pointer such as /payload/smoke');
const mappingSchema = z.strictObject({
  list: pointer.nullable().default(null),
  device: pointer,
  time: pointer.nullable().default(null),
  timeUnit: z.enum(['iso', 's', 'ms']).default('iso'),
  messageId: pointer.nullable().default(null),
});

const fieldSchema = z.strictObject({
  id: z.string().min(1),
  path: z.string().min(1).optional(),
  scale: z.number().optional(),
  offset: z.number().default(0),
  counter: z
    .strictObject({
      modulus: z.number().int().min(2).nullable().default(null),
      maxPerMinute: z.number().positive().nullable().default(null),
    })
    .optional(),
  values: z.record(z.string(), z.number()).nullable().default(null),
});

const deviceSchema = z.strictObject({
  id: token,
  key: z.string().min(1).max(64),
  codec: z.string().optional(),
  /** The longest time between two messages in service; twice of it must fit the engine's 32 bits. */
  report: duration.refine((ms) => ms >= MIN_REPORT_MS && ms <= MAX_REPORT_MS, 'must be 1s to 12d'),
  fields: z.array(fieldSchema).default([]),
});

const gatewaySchema = z.strictObject({
  id: token,
  name: text,
  township: z.string(),
  origin: z.enum(ORIGINS),
  transport: z.enum(NATIVE_TRANSPORTS),
  decoder: z.string(),
  lostAfter: duration.optional(),
  mapping: mappingSchema.optional(),
  devices: z.array(z.unknown()).min(1),
});
type GatewayRow = z.infer<typeof gatewaySchema>;
type DeviceRow = z.infer<typeof deviceSchema>;
type FieldRow = z.infer<typeof fieldSchema>;

/** A device before its sensors are hung on it. */
export type BareNativeDevice = {
  readonly path: Path;
  readonly gatewayId: string;
  readonly decoder: Decoder;
  readonly row: DeviceRow;
};
type BareGateway = { readonly path: Path; readonly row: GatewayRow; readonly mapping: JsonMapping | null };
export type BoundNative = {
  readonly source: Source | undefined;
  readonly gateways: ReadonlyMap<string, BareGateway>;
  readonly devices: ReadonlyMap<string, BareNativeDevice>;
  /** Also those that could not be read: who names them made no mistake. */
  readonly declared: ReadonlySet<string>;
};

/** Counters of rain at most: what the strongest cloudburst on record brings in a minute, in the quantity's unit. */
const MAX_RAIN_PER_MINUTE = 40;
/** A device is missed when two of its messages stayed away. */
const MISSED_REPORTS = 2;
/** A gateway of which nothing is heard is lost before its first sensor is missed. */
const LOST_SHARE = 0.9;

/** Reads `native.yaml`; a county without it has no such devices. */
export function bindNative(source: Source | undefined, grids: BoundGrids, edges: ReadonlySet<string>): BoundNative {
  const gateways = new Map<string, BareGateway>();
  const devices = new Map<string, BareNativeDevice>();
  const declared = new Set<string>();
  if (source === undefined) return { source, gateways, devices, declared };
  for (const { path, value } of parseList(source, 'gateways', gatewaySchema, 'id', new Set<string>())) {
    checkTownship(source, path, value.township, grids);
    if (edges.has(value.id)) {
      const message = `"${value.id}" is an edge of edges.yaml`;
      source.find([...path, 'id'], { kind: 'duplicate', message, mend: 'give one of the two another id' });
    }
    const decoder = findDecoder(source, path, value);
    const keys = new Set<string>();
    value.devices.forEach((raw, index) => {
      const here = [...path, 'devices', index];
      const id = (raw as { readonly id?: unknown } | null)?.id;
      if (typeof id === 'string' && declared.has(id)) {
        const message = `device "${id}" stands twice`;
        source.find([...here, 'id'], { kind: 'duplicate', message, mend: 'give one of the two another id' });
        return;
      }
      if (typeof id === 'string') declared.add(id);
      const row = parsePart(source, here, raw, deviceSchema);
      if (row === undefined || decoder === undefined) return;
      checkDevice(source, here, row, decoder, keys);
      devices.set(row.id, { path: here, gatewayId: value.id, decoder, row });
    });
    gateways.set(value.id, { path, row: value, mapping: value.mapping ?? null });
  }
  return { source, gateways, devices, declared };
}

function findDecoder(source: Source, path: Path, row: GatewayRow): Decoder | undefined {
  const decoder = decoderOf(row.decoder);
  if (decoder === undefined) {
    const message = `there is no decoder "${row.decoder}"`;
    source.find([...path, 'decoder'], { kind: 'unknown-decoder', message, mend: oneOf(Object.keys(DECODERS)) });
  }
  if ((row.decoder === 'json-pointer') !== (row.mapping !== undefined)) {
    const kind = 'mapping';
    if (row.mapping === undefined)
      source.find(path, {
        kind,
        message: 'the decoder json-pointer needs "mapping:"',
        mend: 'name at least "device:"',
      });
    else
      source.find([...path, 'mapping'], { kind, message: `${row.decoder} has places of its own`, mend: 'remove it' });
  }
  return decoder;
}

const oneOf = (names: readonly string[]): string => `use one of ${names.join(', ')}`;

function checkDevice(source: Source, path: Path, row: DeviceRow, decoder: Decoder, keys: Set<string>): void {
  const key = decoder.hasCodecs ? row.key.toLowerCase() : row.key;
  if (keys.has(key)) {
    const message = `two devices of this gateway are called ${row.key} in messages`;
    source.find([...path, 'key'], { kind: 'duplicate', message, mend: 'mend the key of one' });
  }
  keys.add(key);
  const known = row.codec !== undefined && Object.hasOwn(CODECS, row.codec);
  if (decoder.hasCodecs && !known) {
    const at = row.codec === undefined ? path : [...path, 'codec'];
    const message = row.codec === undefined ? '"codec" is missing' : `there is no payload codec "${row.codec}"`;
    source.find(at, { kind: 'unknown-codec', message, mend: oneOf(Object.keys(CODECS)) });
  }
  if (!decoder.hasCodecs && row.codec !== undefined)
    source.find([...path, 'codec'], {
      kind: 'unknown-codec',
      message: 'this decoder knows no codecs',
      mend: 'remove it',
    });
}

export type NativeSpot = {
  readonly gatewayId: string;
  readonly missedMs: number;
  readonly sensor: Omit<NativeSensor, 'sensorId'>;
};

/** The device and field that a sensor names; a finding when there is none. */
export function findNative(
  source: Source,
  path: Path,
  ref: NativeRef,
  quantity: QuantityCode,
  bound: BoundNative,
): NativeSpot | undefined {
  const device = bound.devices.get(ref.native);
  if (device === undefined) {
    const message = `there is no device "${ref.native}"`;
    const mend = 'mend the id, or add the device to native.yaml';
    if (!bound.declared.has(ref.native))
      source.find([...path, 'device', 'native'], { kind: 'unknown-device', message, mend });
    return undefined;
  }
  const row = device.row.fields.find(({ id }) => id === ref.field);
  const place = row?.path ?? ref.field;
  const known = fieldOf(source, path, ref, device, place);
  if (known === null) return undefined;
  if (known !== undefined && known.quantity !== quantity) {
    const is = known.quantity ?? 'nothing that has a quantity here';
    const message = `${ref.field} of "${ref.native}" is ${is}, not ${quantity}`;
    const mend = known.quantity === null ? 'name another field' : `write "quantity: ${known.quantity}"`;
    source.find([...path, 'quantity'], { kind: 'quantity', message, mend });
  }
  const sensor = { quantity, path: place, ...unitOf(row, known, quantity) };
  return { gatewayId: device.gatewayId, missedMs: MISSED_REPORTS * device.row.report, sensor };
}

type Known = NativeField;

/** What the format says of a place: undefined when it says nothing, null when it has no such place. */
function fieldOf(
  source: Source,
  path: Path,
  ref: NativeRef,
  device: BareNativeDevice,
  place: string,
): Known | undefined | null {
  const { decoder, row } = device;
  if (!decoder.hasCodecs) return decoder.field(place);
  const fields = row.codec !== undefined && Object.hasOwn(CODECS, row.codec) ? CODECS[row.codec]?.fields : undefined;
  if (fields === undefined) return undefined;
  const quantity = Object.hasOwn(fields, place) ? fields[place] : undefined;
  if (quantity !== undefined) return { quantity, scale: 1, counter: false };
  const message = `codec "${String(row.codec)}" has no field "${ref.field}"`;
  const mend = oneOf(Object.keys(fields));
  source.find([...path, 'device', 'field'], { kind: 'unknown-field', message, mend });
  return null;
}

function unitOf(
  row: FieldRow | undefined,
  known: Known | undefined,
  quantity: QuantityCode,
): Pick<NativeSensor, 'scale' | 'offset' | 'counter' | 'values'> {
  const maxPerMinute = quantity === 'rain' ? MAX_RAIN_PER_MINUTE : null;
  const counter = row?.counter ?? (known?.counter === true ? { modulus: null, maxPerMinute } : null);
  return { scale: row?.scale ?? known?.scale ?? 1, offset: row?.offset ?? 0, counter, values: row?.values ?? null };
}

const staleAfter = (sensors: ReadonlyMap<SensorId, Sensor>, { sensorId }: NativeSensor): number =>
  sensors.get(sensorId)?.staleAfterMs ?? Number.MAX_SAFE_INTEGER;

/** One device's silence is its own; when the two that speak most often are both overdue, it is the gateway's. */
function defaultLostAfter(staleMs: readonly number[]): number {
  const [first = Number.MAX_SAFE_INTEGER, second = first] = staleMs.filter(Number.isFinite).sort((a, b) => a - b);
  return Math.floor(LOST_SHARE * second);
}

/** The gateways as edges without buses, with the sensors that name their devices. */
export function hangNative(
  bound: BoundNative,
  hung: ReadonlyMap<string, readonly NativeSensor[]>,
  sensors: ReadonlyMap<SensorId, Sensor>,
  complete: boolean,
): ReadonlyMap<string, EdgeUnit> {
  const out = new Map<string, EdgeUnit>();
  for (const [id, { row, mapping }] of bound.gateways) {
    const own = [...bound.devices.values()].filter((device) => device.gatewayId === id);
    const devices = own.map(({ path, decoder, row: device }) => {
      const used = hung.get(device.id) ?? [];
      if (used.length === 0 && complete)
        bound.source?.find(path, {
          kind: 'unused-device',
          message: `no sensor is fed by device "${device.id}"`,
          mend: 'name it in a sensor of points.yaml, or remove it',
          severity: 'warning',
        });
      const key = decoder.hasCodecs ? device.key.toLowerCase() : device.key;
      return { id: device.id, key, codec: device.codec ?? null, sensors: used };
    });
    const staleMs = devices.map((device) => Math.min(...device.sensors.map((one) => staleAfter(sensors, one))));
    const lostAfterMs = row.lostAfter ?? defaultLostAfter(staleMs);
    const { name, township, origin, transport, decoder } = row;
    const native = { transport, decoder, lostAfterMs, devices, mapping };
    out.set(id, { id, township, origin, name, buses: [], links: [], outputs: [], mutes: [], native });
  }
  return out;
}
