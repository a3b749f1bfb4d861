/** A registry with gateways that bring devices' own messages, and what tests read back of them. */
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { decodeBatch } from '#model/batch.ts';
import type { NativeDevice, NativeGateway, NativeSensor } from '#model/native.ts';
import { partitionOf } from '#model/partition.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Reading } from '#model/reading.ts';
import type { Registry } from '#model/registry.ts';
import { testRegistry } from '#test/ingest/centre.ts';

export const TOWNSHIP = '331004001';

export const sensorAt = (
  sensorId: string,
  quantity: QuantityCode,
  path: string,
  more: Partial<NativeSensor> = {},
): NativeSensor => ({ sensorId, quantity, path, scale: 1, offset: 0, counter: null, values: null, ...more });

export const RAIN_TOTAL = { counter: { modulus: null, maxPerMinute: 40 } };

const device = (id: string, key: string, codec: string | null, sensors: readonly NativeSensor[]): NativeDevice => ({
  ...{ id, key, codec, sensors },
});

const gateway = (
  transport: NativeGateway['transport'],
  decoder: string,
  devices: readonly NativeDevice[],
): NativeGateway => ({ transport, decoder, devices, lostAfterMs: 3_600_000, mapping: null });

export const GATEWAYS: { readonly [id: string]: NativeGateway } = {
  'dp-1': gateway('mqtt', 'dp', [
    device('station', 'SK01', null, [
      sensorAt('dp-rain', 'rain', 'L3_YL_1.totalValue', RAIN_TOTAL),
      sensorAt('dp-crack', 'displacement', 'L1_LF_1'),
      sensorAt('dp-gnss-x', 'displacement', 'L1_GP_1.gpsTotalX'),
    ]),
  ]),
  'lora-1': gateway('mqtt', 'chirpstack', [
    device('smoke-1', '24e124126a000001', 'milesight-gs524n', [
      sensorAt('lora-smoke', 'smoke', 'smoke'),
      sensorAt('lora-battery', 'battery', 'battery'),
      sensorAt('lora-tamper', 'tamper', 'tamper'),
    ]),
  ]),
  'push-1': gateway('http', 'json', [
    device('nb-1', 'IMEI1', null, [
      sensorAt('nb-smoke', 'smoke', 'smoke', { values: { alarm: 2, normal: 0 } }),
      sensorAt('nb-battery', 'battery', 'battery'),
    ]),
  ]),
};

/** The registry of these gateways; `only` leaves out what a test wants to be learnt later. */
export function nativeRegistry(gateways: typeof GATEWAYS = GATEWAYS, version = '1'): Registry {
  const ids = Object.fromEntries(
    Object.entries(gateways).map(([id, one]) => [
      id,
      one.devices.flatMap((each) => each.sensors.map((sensor) => sensor.sensorId)),
    ]),
  );
  const base = testRegistry(ids, version);
  const edges = new Map(
    [...base.edges].map(([id, edge]) => {
      const native = gateways[id];
      return [id, native === undefined ? edge : { ...edge, native }] as const;
    }),
  );
  return { ...base, edges };
}

/** Every reading in the journal, in its order, with the rows that they came in. */
export function journalled(dataDir: string): { readonly rows: number; readonly readings: readonly Reading[] } {
  const journal = openJournalReader(dataDir);
  try {
    const rows = journal.read(partitionOf(TOWNSHIP), 0, 100_000).filter((row) => row.kind === 'batch');
    const readings = rows.flatMap((row) => {
      const batch = decodeBatch(row.kind === 'batch' ? row.body : '');
      if (!batch.ok) throw new Error(batch.error.message);
      return batch.value.readings;
    });
    return { rows: rows.length, readings };
  } finally {
    journal.close();
  }
}

export const valuesOf = (dataDir: string, sensorId: string): readonly (number | string)[] =>
  journalled(dataDir)
    .readings.filter((reading) => reading.sensorId === sensorId)
    .map((reading) => (reading.quality === 'bad' ? reading.reason : reading.value));

/** A `$dp` frame: type, length, JSON. */
export function dpFrame(content: unknown, type = 2): Buffer {
  const json = Buffer.from(JSON.stringify(content));
  return Buffer.concat([Buffer.from([type, json.length >> 8, json.length & 0xff]), json]);
}

export const uplink = (hex: string, fCnt: number, more: { readonly [key: string]: unknown } = {}): string =>
  JSON.stringify({
    deduplicationId: `00000000-0000-0000-0000-${String(fCnt).padStart(12, '0')}`,
    time: new Date().toISOString(),
    deviceInfo: { devEui: '24e124126a000001', deviceName: 'smoke' },
    devAddr: '01020304',
    fCnt,
    fPort: 85,
    data: Buffer.from(hex, 'hex').toString('base64'),
    ...more,
  });
export const UPLINK_TOPIC = 'application/1/device/24e124126a000001/event/up';
