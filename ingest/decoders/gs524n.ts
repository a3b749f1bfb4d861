/**
 * Milesight GS524N smoke detector, six bytes (the maker's payload definition, Milesight-IoT/SensorDecoders
 * GS_Series/GS524N/README.md): versions, type and message, battery %, smoke %, temperature, and a byte that brings the
 * sum to 0 modulo 256. Each message says only what it knows: a removed detector says nothing of smoke.
 */
import { ok } from '#model/result.ts';
import { type Codec, type CodecValue, refuse } from './decoder.ts';

const BYTES = 6;
const SMOKE_SENSOR = 1;
const ALARM = 2; // of the quantity `smoke`: 0 normal, 1 pre-alarm, 2 alarm

/** Message → what it states. Silenced (2) and test (14, 15) state nothing of smoke: the last value stands. */
const MESSAGES: { readonly [code: number]: { readonly [path: string]: number } } = {
  1: { smoke: ALARM },
  2: {},
  4: { lowBattery: 1 },
  5: { fault: 1 },
  7: { smoke: 0, lowBattery: 0, fault: 0, tamper: 0, selfTest: 0 },
  10: { tamper: 1 },
  11: { tamper: 0 },
  14: { selfTest: 1, lowBattery: 0 },
  15: { selfTest: 1, lowBattery: 1 },
};

export const gs524nCodec: Codec = {
  fields: {
    smoke: 'smoke',
    smokeConcentration: 'smokeConcentration',
    temperature: 'temperature',
    battery: 'battery',
    lowBattery: 'lowBattery',
    fault: 'fault',
    tamper: 'tamper',
    selfTest: 'selfTest',
  },
  decode: (bytes) => {
    if (bytes.length !== BYTES) return refuse('size', `${bytes.length} bytes, not ${BYTES}`, bytes.length);
    const [, kind = 0, battery = 0, smoke = 0, temperature = 0] = bytes;
    if (bytes.reduce((sum, byte) => sum + byte, 0) % 256 !== 0)
      return refuse('checksum', 'the sum of the bytes is not 0 modulo 256', BYTES - 1);
    if (kind >> 4 !== SMOKE_SENSOR) return refuse('unsupported', `sensor type ${kind >> 4} is no smoke detector`, 1);
    const stated = MESSAGES[kind & 0x0f];
    if (stated === undefined) return refuse('unsupported', `message type ${kind & 0x0f} is not in the definition`, 1);
    const values: CodecValue[] = [
      ...Object.entries(stated).map(([path, value]) => ({ path, value })),
      { path: 'battery', value: battery <= 100 ? battery : null },
      { path: 'smokeConcentration', value: smoke <= 100 ? smoke : null },
      { path: 'temperature', value: temperature > 127 ? temperature - 256 : temperature },
    ];
    return ok(values);
  },
};
